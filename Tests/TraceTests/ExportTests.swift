import Causality
import Foundation
import Testing
import Trace

@Suite struct ExportTests {
    private func export() async throws -> [ExportedEvent] {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/a.trace"
        let writer = try TraceWriter(path: path, run: 1, writer: 1, name: "w")
        writer.define(process: 3, name: "p-0", group: "makers")
        writer.published(
            process: 3, at: 1_000, topic: writer.topic("a,\"b\"/c"), qos: 2, retain: true, sequence: 7, attempt: 1, intended: 900,
            stamp: VectorTimestamp([.init(process: 1, count: 4), .init(process: 3, count: 7)]))
        writer.delivered(
            process: 9, at: 2_000, publisher: 3, sequence: 7, attempt: 1, topic: writer.topic("a,\"b\"/c"), qos: 2, retain: false,
            dup: true,
            packetID: 12)
        try await writer.close()
        let file = try TraceFile(path: path)
        var events: [ExportedEvent] = []
        _ = file.forEach { event, offset in events.append(ExportedEvent(event, at: offset, of: file)) }
        return events
    }

    @Test func namesAreFilledInAndWhatIsNotThereIsAbsent() async throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let lines = try await export().map { event in
            var event = event
            event.offset = 0
            return String(decoding: try encoder.encode(event), as: UTF8.self)
        }
        #expect(
            lines == [
                #"{"attempt":1,"client":"p-0","event":"published","file":"a.trace","group":"makers","intended":900,"offset":0,"process":3,"#
                    + #""qos":2,"retain":true,"sequence":7,"stamp":"1:4 3:7","time":1000,"topic":"a,\"b\"/c"}"#,
                #"{"attempt":1,"dup":true,"event":"delivered","file":"a.trace","offset":0,"packet_id":12,"process":9,"publisher":3,"#
                    + #""qos":2,"retain":false,"sequence":7,"time":2000,"topic":"a,\"b\"/c"}"#,
            ])
    }

    @Test func aRowHasAColumnForEachKeyAndQuotesWhatItMust() async throws {
        let columns = ExportedEvent.csvHeader.split(separator: ",")
        #expect(columns.count == 49 && Set(columns).count == 49)
        let row = try #require(try await export().first).csvRow
        #expect(row.contains(#","a,""b""/c","#))
        let bare = row.replacing(#""a,""b""/c""#, with: "topic")
        let values = bare.split(separator: ",", omittingEmptySubsequences: false)
        #expect(values.count == columns.count)
        #expect(values[columns.firstIndex(of: "topic")!] == "topic" && values[columns.firstIndex(of: "stamp")!] == "1:4 3:7")
        #expect(values[columns.firstIndex(of: "qos")!] == "2" && values[columns.firstIndex(of: "retain")!] == "true")
    }
}
