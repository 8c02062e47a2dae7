internal import Glibc

/// Who publishes: a process, and which life of it.
///
/// A process that comes back with the past it had (its ``CausalPublisher`` was saved) is the same publisher. One that forgot its past
/// counts from 1 again, and must come back with a greater incarnation: otherwise its new messages look like copies of its old ones.
public struct PublisherID: Hashable, Comparable, Sendable {
    /// The number of the process.
    public var process: UInt32
    /// Which life of the process it is, 0 for the only one.
    public var incarnation: UInt32

    /// Makes the name of a publisher.
    public init(process: UInt32, incarnation: UInt32) {
        self.process = process
        self.incarnation = incarnation
    }

    /// By process, then by incarnation.
    public static func < (left: PublisherID, right: PublisherID) -> Bool {
        (left.process, left.incarnation) < (right.process, right.incarnation)
    }
}

extension PublisherID: CustomStringConvertible {
    /// `7`, or `7.2` for the incarnation 2.
    public var description: String { incarnation == 0 ? "\(process)" : "\(process).\(incarnation)" }
}

/// What one publisher sends to one topic, at any QoS: the unit in which a dependency is counted.
///
/// Topics are compared byte by byte, as MQTT does. The equality of `String` will not do: it takes a letter with an accent and the letter
/// followed by the accent for the same text, which are two topics.
struct PublisherTopic: Hashable, Sendable {
    var publisher: PublisherID
    var topic: String

    static func == (left: PublisherTopic, right: PublisherTopic) -> Bool {
        left.publisher == right.publisher && left.topic.compareBytes(to: right.topic) == 0
    }

    func hash(into hasher: inout Hasher) {
        hasher.combine(publisher)
        topic.utf8.withContiguousBytes { hasher.combine(bytes: $0) }
    }
}

extension String {
    /// Less than 0, 0 or more than 0 as the UTF-8 of this text stands to that of the other in the order of bytes.
    func compareBytes(to other: String) -> Int {
        utf8.withContiguousBytes { left in
            other.utf8.withContiguousBytes { right in
                let common = Swift.min(left.count, right.count)
                if common > 0, let a = left.baseAddress, let b = right.baseAddress {
                    let order = Int(memcmp(a, b, common))
                    if order != 0 { return order }
                }
                return left.count - right.count
            }
        }
    }
}

extension String.UTF8View {
    /// The bytes, without a copy where the text is stored as UTF-8, which on Linux it always is.
    func withContiguousBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        withContiguousStorageIfAvailable { body(UnsafeRawBufferPointer($0)) } ?? Array(self).withUnsafeBytes(body)
    }
}
