import Foundation
import Testing
import Trace
import Verification

/// An independent encoder and decoder in Python, written from docs/trace-format.md.
@Suite(.enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/python3"), "python3 is not installed"))
struct OtherLanguageTests {
    private static let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent(
        "../../scripts/trace_format.py"
    ).path

    private func python(_ arguments: String...) throws -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/python3")
        process.arguments = [Self.script] + arguments
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
        return text
    }

    @Test func aTraceWrittenInPythonIsJudged() throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/python.trace"
        _ = try python("write", path)
        let file = try TraceFile(path: path)
        #expect(file.isComplete && file.header.name == "python" && file.header.host == "anywhere" && file.topics == ["a/ü"])
        let report = try Checker.check([file])
        #expect(report.verdict == .violation && report.doubts == [])
        #expect(report.anomalies.map(\.class) == ["unseen"])
        #expect(
            report.anomalies[0].witnesses.map(\.sentence) == [
                "a/ü message 3 of publisher (QoS 1, acknowledged) never reached subscriber, and nothing later of its stream did: "
                    + "the last was message 2."
            ])
        #expect(report.totals.published == 3 && report.totals.due == 3 && report.totals.delivered == 2)
    }

    @Test func aTraceWrittenHereIsReadInPython() async throws {
        let directory = try TemporaryDirectory()
        let history = History("s sub a/# 1; p pub a/b 1; p resend 1; p ack 1; s recv p/1; s corrupt a/b 2; s gone; s resume; s unsub a/#")
        let paths = try await history.write(to: directory, files: 1, flushEvery: 4)
        let lines = try python("read", paths[0]).split(separator: "\n").map(String.init)
        #expect(
            lines == [
                "connected 1001000 1 6", "subscribed 1002000 1 a/# 1 1", "connected 1003000 2 6", "published 1004000 2 0 1 1 1 0 2=1 full",
                "resent 1005000 2 1 1", "completed 1006000 2 1 1 0 0", "delivered 1007000 1 2 1 1 0 1 1",
                "deliveredUnreadable 1008000 1 0 2 1 0", "disconnected 1009000 1 0 0", "connected 1010000 1 5",
                "unsubscribed 1011000 1 a/#",
                "mark 1012000 4 ",
            ])
    }
}
