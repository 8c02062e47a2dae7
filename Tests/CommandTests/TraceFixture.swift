import Causality
import Foundation
import Trace

/// A small run as trace files, for what the command line makes of it.
struct TraceFixture {
    var run: UInt64 = 42
    /// Messages of one publisher, and which of them arrive.
    var published: UInt64 = 4
    var delivered: [UInt64] = [1, 2, 3, 4]
    var isQuiescent = true
    /// What the broker counted as dropped before and after.
    var dropped: [Int64] = []
    /// The subscriber's clock is behind the publisher's by so much.
    var skew: UInt64 = 0

    /// Writes a file for the publisher and one for the subscriber into a directory, which is made.
    /// - Returns: their paths.
    @discardableResult
    func write(to directory: String, names: (String, String) = ("publisher.trace", "subscriber.trace")) async throws -> [String] {
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        let paths = [directory + "/" + names.0, directory + "/" + names.1]
        let one = try TraceWriter(path: paths[0], run: run, writer: 0, name: "one")
        let other = try TraceWriter(path: paths[1], run: run, writer: 1, name: "other")
        one.define(process: 1, name: "p-0", group: "makers")
        other.define(process: 2, name: "s-0", group: "takers")
        if let before = dropped.first { one.counted(process: 3, at: 900, counter: "broker.dropped", value: before) }
        one.connected(process: 1, at: 1_000_000, sessionPresent: false, clean: true)
        other.connected(process: 2, at: 1_100_000 - skew, sessionPresent: false, clean: true)
        other.subscribed(process: 2, at: 1_200_000 - skew, filter: "t/#", requested: 1, granted: 1)
        for number in 1...published {
            let at = 10_000_000 * number
            one.published(
                process: 1, at: at, topic: one.topic("t/0"), qos: 1, retain: false, sequence: number, attempt: 1, intended: at - 5_000,
                stamp: VectorTimestamp([.init(process: 1, count: number)]))
            one.completed(process: 1, at: at + 300_000, sequence: number, attempt: 1, outcome: .acked, reason: 0)
        }
        for number in delivered {
            other.delivered(
                process: 2, at: 10_000_000 * number + 400_000 - skew, publisher: 1, sequence: number, attempt: 1, topic: other.topic("t/0"),
                qos: 1, retain: false, dup: nil, packetID: UInt16(number))
        }
        if isQuiescent { one.mark(at: 900_000_000, .quiescent, text: "") }
        if dropped.count > 1 {
            one.define(process: 3, name: "$SYS", group: "$SYS")
            one.counted(process: 3, at: 910_000_000, counter: "broker.dropped", value: dropped[1])
        }
        try await one.close()
        try await other.close()
        return paths
    }
}
