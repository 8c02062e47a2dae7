import Foundation
import Testing
import Trace

@testable import Verification

@Suite struct LostSessionTests {
    /// A trace of one client's connections, each with what it asked for and what it got.
    private func check(_ connections: [(clean: Bool, present: Bool)]) async throws -> CheckReport {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/a.trace"
        let writer = try TraceWriter(path: path, run: 1, writer: 1, name: "w")
        writer.define(process: 1, name: "s", group: "clients")
        for (number, connection) in connections.enumerated() {
            let at = UInt64(number) * 100 + 100
            writer.connected(process: 1, at: at, sessionPresent: connection.present, clean: connection.clean)
            if !connection.present { writer.subscribed(process: 1, at: at + 1, filter: "a/#", requested: 1, granted: 1) }
            if number < connections.count - 1 { writer.disconnected(process: 1, at: at + 50, reason: 0x80, byClient: false) }
        }
        writer.mark(at: 10_000, .quiescent, text: "")
        try await writer.close()
        return try Checker.check([try TraceFile(path: path)])
    }

    @Test func aForgottenKeptSessionIsLost() async throws {
        let report = try await check([(false, false), (false, false), (false, true), (false, false)])
        #expect(report.verdict == .violation)
        #expect(report.anomalies.map(\.class) == ["session-lost"])
        #expect(report.anomalies.first?.count == 2)
        let witness = try #require(report.anomalies.first?.witnesses.first)
        #expect(witness.sentence == "The broker had forgotten the kept session of s with its subscription to a/# when it connected again.")
        #expect(witness.subscriber == "s")
        #expect(witness.events.map(\.time) == [100, 200])
        #expect(witness.events.allSatisfy { $0.what == "connected" && $0.offset > 0 })
    }

    /// Who asked for a clean session, before or now, has lost nothing.
    @Test(arguments: [
        [(false, false), (false, true)], [(true, false), (true, false)], [(true, false), (false, false)], [(false, false), (true, false)],
    ])
    func nothingElseIs(connections: [(clean: Bool, present: Bool)]) async throws {
        let report = try await check(connections)
        #expect(report.verdict == .pass, "\(report)")
    }
}
