import Testing
import Verification

@testable import Reporting

@Suite("Exit codes")
struct ExitCodeTests {
    @Test("Every combination of verdict, thresholds and interruption has its code")
    func decision() {
        let expected: [(verdict: Verdict, thresholdsMet: Bool, interrupted: Bool, code: Int32)] = [
            (.pass, true, false, 0),
            (.pass, false, false, 99),
            (.violation, true, false, 120),
            (.violation, false, false, 120),
            (.inconclusive, true, false, 121),
            (.inconclusive, false, false, 121),
            (.pass, true, true, 105),
            (.pass, false, true, 105),
            (.violation, true, true, 105),
            (.violation, false, true, 105),
            (.inconclusive, true, true, 105),
            (.inconclusive, false, true, 105),
        ]
        for (verdict, thresholdsMet, interrupted, code) in expected {
            #expect(
                ExitCode(verdict: verdict, thresholdsMet: thresholdsMet, interrupted: interrupted).rawValue == code,
                "\(verdict), thresholds met \(thresholdsMet), interrupted \(interrupted)")
        }
    }

    @Test("The numbers are those that callers know")
    func numbers() {
        #expect(ExitCode.allCases.map(\.rawValue) == [0, 1, 99, 104, 105, 120, 121])
    }

    @Test("A result carries the code of its verdict, thresholds and interruption")
    func results() {
        #expect(Examples.good.exitCode == .ok)
        #expect(Examples.bad.exitCode == .violation)
        #expect(Examples.stopped.exitCode == .interrupted)
    }
}
