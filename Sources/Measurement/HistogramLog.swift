internal import Foundation
internal import Histogram

/// The text of a log of histograms as HdrHistogram tools read it (format 1.3): one line for each span of time, and one for each tag in it.
package enum HistogramLog {
    /// The lines before the first histogram.
    /// - Parameter start: the time 0 of the lines behind them, in seconds since 1970.
    package static func header(start: Double) -> String {
        let date = Date(timeIntervalSince1970: start).formatted(.iso8601)
        return """
            #[Latencies in nanoseconds, from the intended time; the maximum in milliseconds]
            #[Histogram log format version 1.3]
            #[StartTime: \(decimal(start, 3)) (seconds since epoch), \(date)]
            "StartTimestamp","Interval_Length","Interval_Max","Interval_Compressed_Histogram"

            """
    }

    /// One line.
    /// - Parameters:
    ///   - tag: what the histogram is about; `nil` for everything. What a tag cannot have becomes `_`.
    ///   - begin: seconds since the start.
    ///   - length: seconds.
    package static func line(tag: String?, begin: Double, length: Double, _ histogram: LatencyHistogram) -> String {
        let label = tag.map { "Tag=\(String($0.map { $0 == "," || $0.isWhitespace ? "_" : $0 }))," } ?? ""
        let greatest = decimal((histogram.maximum ?? 0) * 1_000, 3)
        let body = Data(histogram.compressed).base64EncodedString()
        return "\(label)\(decimal(begin, 3)),\(decimal(length, 3)),\(greatest),\(body)\n"
    }
}

extension LatencyHistogram {
    /// The distribution as HdrHistogram tools print it, in milliseconds: value, percentile, how many are no greater, and 1/(1 − percentile).
    package var percentileDistribution: String {
        var text = ""
        histogram.outputPercentileDistribution(to: &text, outputValueUnitScalingRatio: 1e6)
        return text
    }
}

/// A number with so many decimals, and without an exponent.
func decimal(_ number: Double, _ decimals: Int) -> String { String(format: "%.\(decimals)f", number) }
