import Foundation
import Harness
internal import Measurement
import Shop
import Testing
import Trace
import Verification
import Workload

/// A shop whose broker or services die although nobody asked for it. Orders go on for half an hour, so the time limit shows that nobody waits for that.
@Suite(.serialized, .timeLimit(.minutes(2))) struct ShopDeathTests {
    /// Runs a shop, and kills the process whose number stands in such a file of the run's directory once orders are confirmed.
    private func killing(_ file: String, _ keys: String = "", _ body: (ShopRun) async throws -> Void) async throws {
        try await withTemporaryDirectory { directory in
            var scenario = ShopScenario("stock: 100000" + keys)
            scenario.orders = 200_000
            var run = ShopRun(profile: try scenario.profile(), output: directory, executable: ShopRun.waybill)
            run.progress = { sample in
                guard sample.receivedPerSecond > 0,
                    let made = try? FileManager.default.contentsOfDirectory(atPath: directory).first(where: { $0 != "latest" }),
                    let text = try? String(contentsOfFile: "\(directory)/\(made)/\(file)", encoding: .utf8),
                    let process = Int32(text.split(separator: "\n").first ?? "")
                else { return }
                kill(process, SIGKILL)
            }
            try await body(run)
        }
    }

    @Test func aBrokerThatDiesIsNamedAndTheRunIsInconclusive() async throws {
        try await killing("broker.pid") { run in
            let outcome = try await run.execute()
            #expect(outcome.check.verdict == .inconclusive, "\(outcome.check)")
            #expect(!outcome.interrupted && (outcome.shop?.placed ?? 0) > 0)
            let sentence = outcome.check.doubts.first { $0.hasPrefix("The broker of the run ended by signal 9") }
            #expect(sentence?.contains("Its last lines: '") == true, "\(outcome.check.doubts)")
        }
    }

    @Test func aServiceThatDiesUnaskedIsNamedWithItsEnd() async throws {
        try await killing("packaging.pid", "\nprocesses: true") { run in
            let error = await #expect(throws: HarnessError.self) { try await run.execute() }
            #expect(
                error?.description.hasPrefix("The packaging service ended with signal 9 in the middle of the run.") == true,
                "\(error?.description ?? "")")
        }
    }
}

extension ShopRun {
    /// The program beside these tests.
    fileprivate static var waybill: String {
        URL(filePath: thisProgram).deletingLastPathComponent().appending(path: "waybill").path
    }
}
