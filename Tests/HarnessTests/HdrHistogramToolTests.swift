import Foundation
import Testing

@testable import Measurement

/// What Waybill writes for HdrHistogram tools is read by one that others use.
@Suite(.enabled(if: PythonReader.isThere, PythonReader.missing))
struct HdrHistogramToolTests {
    private static func random(_ count: Int) -> (histogram: LatencyHistogram, values: [Int64]) {
        var histogram = LatencyHistogram()
        // Each order of magnitude from nanoseconds to an hour is as likely as any other.
        let values = (0..<count).map { _ in Int64.random(in: 1...min(1 << Int64.random(in: 1...41), LatencyHistogram.longest)) }
        for value in values { histogram.record(value) }
        return (histogram, values)
    }

    /// Every count in its place: what the tool finds under a value is what was recorded there.
    @Test(arguments: [0, 1, 2, 7, 5_000, 200_000])
    func theToolFindsEveryCount(count: Int) throws {
        let (histogram, values) = Self.random(count)
        let encoded = Data(histogram.compressed).base64EncodedString()
        let text = try PythonReader.run(
            """
            import sys
            from hdrh.histogram import HdrHistogram
            h = HdrHistogram.decode(open(sys.argv[1]).read())
            print(h.get_total_count(), h.lowest_trackable_value, h.highest_trackable_value, h.significant_figures)
            for item in h.get_recorded_iterator():
                print(item.value_iterated_to, item.count_at_value_iterated_to)
            """, try Self.file(encoded))
        let lines = text.split(separator: "\n").map { $0.split(separator: " ").compactMap { Int64($0) } }
        #expect(lines.first == [Int64(count), 1, LatencyHistogram.longest, 3])
        var found: [Int: Int64] = [:]
        for line in lines.dropFirst() { found[LatencyHistogram.place(of: UInt64(line[0])), default: 0] += line[1] }
        let expected = Dictionary(grouping: values) { LatencyHistogram.place(of: UInt64($0)) }.mapValues { Int64($0.count) }
        #expect(found == expected)
    }

    /// A log with tags: each histogram with its time, its length, and its tag.
    @Test func theToolReadsTheLog() throws {
        let (first, second) = (Self.random(1_000).histogram, Self.random(30).histogram)
        let log =
            HistogramLog.header(start: 1_700_000_000.25) + HistogramLog.line(tag: nil, begin: 0, length: 1.001, first)
            + HistogramLog.line(tag: "two words, and a comma", begin: 0, length: 1.001, second)
            + HistogramLog.line(tag: nil, begin: 1.001, length: 0.5, LatencyHistogram())
        let text = try PythonReader.run(
            """
            import sys
            from hdrh.histogram import HdrHistogram
            from hdrh.log import HistogramLogReader
            reader = HistogramLogReader(sys.argv[1], HdrHistogram(1, 3600000000000, 3))
            while True:
                h = reader.get_next_interval_histogram()
                if h is None: break
                print(h.get_start_time_stamp(), h.get_end_time_stamp(), h.get_total_count(), h.get_tag())
            print(reader.get_start_time_sec())
            """, try Self.file(log))
        #expect(
            text.split(separator: "\n") == [
                "1700000000250.0 1700000001251.0 1000 None", "1700000000250.0 1700000001251.0 30 two_words__and_a_comma",
                "1700000001251.0 1700000001751.0 0 None", "1700000000.25",
            ])
    }

    private static func file(_ text: String) throws -> String {
        let file = FileManager.default.temporaryDirectory.appending(path: "waybill-\(UInt64.random(in: 0 ... .max)).hdr").path
        try text.write(toFile: file, atomically: true, encoding: .utf8)
        return file
    }
}
