import Causality
import Foundation
import Glibc
import Testing
import Trace
import Verification

/// An independent encoder and decoder in Python, written from docs/trace-format.md.
@Suite(.enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/python3"), "python3 is not installed"))
struct OtherLanguageTests {
    private static let repository = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("../..")
    private static let script = repository.appendingPathComponent("scripts/trace_format.py").path

    private static var document: String {
        get throws { try String(contentsOf: repository.appendingPathComponent("docs/trace-format.md"), encoding: .utf8) }
    }

    private func python(_ arguments: String...) throws -> String {
        // Foundation's Process looks through all open files of the process and reads behind their list where there are many, as there are in tests side by side.
        let words = ["/usr/bin/python3", Self.script] + arguments
        let output = try #require(popen(words.map { "'\($0)'" }.joined(separator: " "), "r"))
        var text = ""
        while let line = readLine(output) { text += line }
        #expect(pclose(output) == 0)
        return text
    }

    private func readLine(_ file: UnsafeMutablePointer<FILE>) -> String? {
        var line: UnsafeMutablePointer<CChar>?
        var capacity = 0
        defer { free(line) }
        guard getline(&line, &capacity, file) >= 0, let line else { return nil }
        return String(cString: line)
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

    /// Files of version 1, which the tests of the reader keep: they are judged as they were, and the script reads them too.
    @Test(arguments: [("reactor-0", Verdict.pass), ("small", .violation)])
    func theFirstVersionIsJudgedAndReadInPython(name: String, verdict: Verdict) throws {
        let path = Self.repository.appendingPathComponent("Tests/TraceTests/VersionOne/\(name).trace").path
        let file = try TraceFile(path: path)
        #expect(file.header.version == .one)
        let report = try Checker.check([file])
        #expect(report.verdict == verdict && report.doubts == [])
        var times: [String] = []
        file.forEach { event, _ in times.append("\(event.at)") }
        #expect(try python("read", path).split(separator: "\n").map { $0.split(separator: " ")[1] } == times.map { $0[...] })
    }

    @Test func aTraceWrittenHereIsReadInPython() async throws {
        let directory = try TemporaryDirectory()
        let history = History("s sub a/# 1; p pub a/b 1; p resend 1; p ack 1; s recv p/1; s corrupt a/b 2; s gone; s resume; s unsub a/#")
        let paths = try await history.write(to: directory, files: 1, flushEvery: 4)
        let lines = try python("read", paths[0]).split(separator: "\n").map(String.init)
        #expect(
            lines == [
                "connected 1001000 1 6", "subscribed 1002000 1 a/# 1 1 0 0", "connected 1003000 2 6",
                "published 1004000 2 0 1 1 1 0 2=1 full",
                "resent 1005000 2 1 1", "completed 1006000 2 1 1 0 0", "delivered 1007000 1 2 1 1 0 1 1",
                "deliveredUnreadable 1008000 1 0 2 1 0", "disconnected 1009000 1 0 0", "connected 1010000 1 5",
                "unsubscribed 1011000 1 a/#",
                "mark 1012000 4 ",
            ])
    }

    @Test func everyKindWrittenInPythonIsReadHere() throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/python.trace"
        _ = try python("write-all", path)
        let file = try TraceFile(path: path)
        var lines: [String] = []
        let columns = ExportedEvent.csvHeader.split(separator: ",")
        let damages = file.forEach { event, offset in
            let values = ExportedEvent(event, at: offset, of: file).csvRow.split(separator: ",", omittingEmptySubsequences: false)
            #expect(values.count == columns.count)
            lines.append(
                zip(columns, values).filter { !$1.isEmpty && !["file", "offset", "client", "group"].contains($0) }
                    .map { $0 == "event" ? String($1) : "\($0)=\($1)" }.joined(separator: " "))
        }
        #expect(file.damages == [] && damages == [])
        let expected = """
            connected time=1000000 process=1 session_present=true clean=false version_5=true
            connection_refused time=1001000 process=1 reason=135
            disconnected time=1002000 process=1 reason=142 by_client=true
            subscribed time=1003000 process=1 filter=a/# requested=2 granted=1 options=12 sent=1002500
            subscribed time=1004000 process=1 filter=old requested=1 granted=1
            subscribed time=1005000 process=1 filter=unsaid requested=1 granted=128
            unsubscribed time=1006000 process=1 filter=a/#
            published time=1007000 process=1 sequence=1099511627776 attempt=2 topic=a/ü qos=2 retain=true intended=1006950 empty=true \
            stamp=1:7 3:1099511627776
            resent time=1008000 process=1 sequence=1099511627776 attempt=2
            completed time=1009000 process=1 sequence=1099511627776 attempt=2 outcome=refused reason=151
            delivered time=1010000 process=1 publisher=3 sequence=1099511627776 attempt=2 topic=a/ü qos=2 retain=true dup=true \
            packet_id=65535
            delivered_unreadable time=1011000 process=1 topic=a/ü qos=1 retain=false packet_id=9 cause=foreign
            mark time=1012000 mark=note text=a note
            lock_created time=1013000 process=1 lock=till written=-5
            acquired time=1014000 process=1 lock=till token=1 read=-5 delta=-3 invoked=1013750
            released time=1015000 process=1 lock=till token=1 written=-8 invoked=1015000
            counted time=1016000 process=1 counter=order/placed value=-1099511627776
            acknowledged time=1017000 process=1 packet_id=65535
            processed time=1018000 process=1 publisher=3 sequence=1099511627776 attempt=2 timed_out=true
            will time=1019000 process=1 sequence=8 attempt=1 topic=a/ü qos=1 retain=true
            entered time=1020000 process=1 machine=order entity=o-ü state=placed
            moved time=1021000 process=1 entity=o-ü quantity=stock account=item-1 to=on_hand amount=1099511627776
            published time=1022000 process=1 sequence=7 attempt=1 topic=a/ü qos=1 retain=false intended=1021950 stamp=1:8 3:5
            published time=1023000 process=2 sequence=7 attempt=1 topic=a/ü qos=2 retain=false intended=1023000 stamp=2:7
            completed time=1024000 process=1 sequence=7 attempt=1 outcome=acked reason=0
            delivered time=1025000 process=1 publisher=3 sequence=9 attempt=1 topic=a/ü qos=1 retain=false packet_id=65534
            acknowledged time=1026000 process=1 packet_id=65534
            acknowledged time=1026000 process=1 packet_id=65535
            delivered time=1025000 process=1 publisher=3 sequence=10 attempt=1 topic=a/ü qos=1 retain=false packet_id=65535
            delivered time=1027000 process=1 publisher=3 sequence=6 attempt=1 topic=a/ü qos=1 retain=false packet_id=100
            acknowledged time=1027000 process=1 packet_id=8
            completed time=1027000 process=1 sequence=9 attempt=1 outcome=acked reason=0
            published time=1027010 process=1 sequence=8 attempt=1 topic=a/ü qos=1 retain=false intended=1027010 stamp=1:9
            published time=1027010 process=2 sequence=10 attempt=1 topic=a/ü qos=2 retain=false intended=1027010 stamp=2:10
            delivered time=1028010 process=1 publisher=3 sequence=9 attempt=1 topic=a/ü qos=0 retain=false packet_id=0
            delivered time=1028010 process=1 publisher=3 sequence=10 attempt=1 topic=a/ü qos=0 retain=false packet_id=0
            """
        #expect(lines == expected.split(separator: "\n").map(String.init))
    }

    @Test func everyKindWrittenHereIsReadInPython() async throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/swift.trace"
        let writer = try TraceWriter(path: path, run: 7, writer: 3, name: "swift")
        let number: UInt64 = 1 << 40
        writer.connected(process: 1, at: 1000, sessionPresent: true, clean: false, isVersion5: true)
        writer.connectionRefused(process: 1, at: 2000, reason: 135)
        writer.disconnected(process: 1, at: 3000, reason: 142, byClient: true)
        writer.subscribed(
            process: 1, at: 4000, filter: "a/#", requested: 2, granted: 1, options: [.retainAsPublished, .noLocal], sent: 3500)
        writer.subscribed(process: 1, at: 5000, filter: "unsaid", requested: 1, granted: 128)
        writer.unsubscribed(process: 1, at: 6000, filter: "a/#")
        writer.published(
            process: 1, at: 7000, topic: writer.topic("a/ü"), qos: 2, retain: true, sequence: number, attempt: 2, intended: 6950,
            stamp: VectorTimestamp([.init(process: 1, count: 7), .init(process: 3, count: number)]), isEmpty: true)
        writer.resent(process: 1, at: 8000, sequence: number, attempt: 2)
        writer.completed(process: 1, at: 9000, sequence: number, attempt: 2, outcome: .refused, reason: 151)
        writer.delivered(
            process: 1, at: 10_000, publisher: 3, sequence: number, attempt: 2, topic: 0, qos: 2, retain: true, dup: true, packetID: 65_535)
        writer.deliveredUnreadable(process: 1, at: 11_000, topic: 0, qos: 1, retain: false, dup: nil, packetID: 9, cause: .foreign)
        writer.mark(at: 12_000, .note, text: "a note")
        writer.lockCreated(process: 1, at: 13_000, lock: "till", initial: -5)
        writer.acquired(process: 1, at: 14_000, lock: "till", token: 1, read: -5, delta: -3, invoked: 13_750)
        writer.released(process: 1, at: 15_000, lock: "till", token: 1, written: -8, invoked: 15_000)
        writer.counted(process: 1, at: 16_000, counter: "order/placed", value: -1 << 40)
        writer.acknowledged(process: 1, at: 17_000, packetID: 65_535)
        writer.processed(process: 1, at: 18_000, publisher: 3, sequence: number, attempt: 2, timedOut: true)
        writer.will(process: 1, at: 19_000, topic: 0, qos: 1, retain: true, sequence: 8, attempt: 1)
        writer.entered(process: 1, at: 20_000, machine: "order", entity: "o-ü", state: "placed")
        writer.moved(
            process: 1, at: 21_000, quantity: "stock", account: "item-1", from: "", to: "on_hand", amount: number, entity: "o-ü")
        try await writer.close()
        let expected = """
            connected 1000 1 5
            connectionRefused 2000 1 135
            disconnected 3000 1 142 1
            subscribed 4000 1 a/# 2 1 12 501
            subscribed 5000 1 unsaid 1 128 0 0
            unsubscribed 6000 1 a/#
            published 7000 1 0 14 1099511627776 2 -50 1=7 3=1099511627776 full
            resent 8000 1 1099511627776 2
            completed 9000 1 1099511627776 2 1 151
            delivered 10000 1 3 1099511627776 2 0 30 65535
            deliveredUnreadable 11000 1 0 1 9 1
            mark 12000 7 a note
            lockCreated 13000 1 till -5
            acquired 14000 1 till 1 -5 -3 250
            released 15000 1 till 1 -8 0
            counted 16000 1 order/placed -1099511627776
            acknowledged 17000 1 65535
            processed 18000 1 3 1099511627776 2 1
            will 19000 1 0 5 8 1
            entered 20000 1 order o-ü placed
            moved 21000 1 stock item-1  on_hand 1099511627776 o-ü
            """
        #expect(try python("read", path).split(separator: "\n") == expected.split(separator: "\n"))
    }

    /// The dump in docs/trace-format.md is what the script writes.
    @Test func theSmallFileOfTheDocumentIsTrue() throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/small.trace"
        _ = try python("write", path)
        let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
        func hex(_ number: Int, _ width: Int) -> String {
            let digits = String(number, radix: 16)
            return String(repeating: "0", count: width - digits.count) + digits
        }
        let dump = stride(from: 0, to: bytes.count, by: 16).map { start in
            let row = bytes[start..<min(start + 16, bytes.count)]
            let numbers = row.map { hex(Int($0), 2) }.joined(separator: " ")
            let text = row.map { (32..<127).contains($0) ? String(UnicodeScalar($0)) : "." }.joined()
            return "\(hex(start, 8)): \(numbers)\(String(repeating: " ", count: 47 - numbers.count))  \(text)\n"
        }
        #expect(try Self.document.contains("```\n" + dump.joined() + "```\n"))
    }

    /// Every key that an export can have is explained.
    @Test func everyKeyOfTheExportIsInTheDocument() throws {
        let table = try #require(try Self.document.components(separatedBy: "\n### JSON lines and CSV\n").last)
        for key in ExportedEvent.csvHeader.split(separator: ",") { #expect(table.contains("`\(key)`"), "\(key) is not explained") }
    }
}
