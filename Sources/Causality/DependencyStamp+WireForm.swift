/// The wire form names topics by their text, so that services which share no numbering understand each other. Topics ascend, and each is
/// written as what it has in common with the one before; numbers are ``Varint``:
///
/// 1. the number of topics;
/// 2. for each topic: how many of its first bytes are those of the topic before, how many bytes follow, these bytes, the number of its
///    publishers, at least 1;
/// 3. for each of these: twice the distance of its process from the publisher before (from 0 for the first of a topic), plus 1 if
///    an incarnation other than 0 follows; that incarnation; the count, at least 1.
///
/// The empty stamp is one zero byte.
extension DependencyStamp {
    /// The most bytes that the topics of one stamp may have together. A few bytes can repeat most of a long topic, so without a bound
    /// a small message could ask for far more memory than it has bytes.
    public static let greatestTopicBytes = 1 << 20

    /// The number of bytes that ``encode(into:)`` appends.
    public var encodedLength: Int {
        var bytes: [UInt8] = []
        encode(into: &bytes)
        return bytes.count
    }

    /// Appends the wire form to `bytes`. Topics of more than ``greatestTopicBytes`` in all can be written but not be read again.
    public func encode(into bytes: inout [UInt8]) {
        var groups: [Range<Int>] = []
        var start = 0
        for index in entries.indices
        where index + 1 == entries.count || entries[index + 1].topic.compareBytes(to: entries[index].topic) != 0 {
            groups.append(start..<index + 1)
            start = index + 1
        }
        Varint.append(UInt64(groups.count), to: &bytes)
        var previous = ""
        for group in groups {
            let topic = entries[group.lowerBound].topic
            Self.append(topic, behind: previous, to: &bytes)
            previous = topic
            Varint.append(UInt64(group.count), to: &bytes)
            var process: UInt32 = 0
            for entry in entries[group] {
                let incarnation = entry.publisher.incarnation
                Varint.append(UInt64(entry.publisher.process - process) << 1 | (incarnation == 0 ? 0 : 1), to: &bytes)
                if incarnation != 0 { Varint.append(UInt64(incarnation), to: &bytes) }
                Varint.append(entry.count, to: &bytes)
                process = entry.publisher.process
            }
        }
    }

    /// Writes a topic as what it has in common with the one before, and the rest.
    private static func append(_ topic: String, behind previous: String, to bytes: inout [UInt8]) {
        topic.utf8.withContiguousBytes { name in
            let common = previous.utf8.withContiguousBytes { before in
                var count = 0
                while count < min(name.count, before.count), name[count] == before[count] { count += 1 }
                return count
            }
            Varint.append(UInt64(common), to: &bytes)
            Varint.append(UInt64(name.count - common), to: &bytes)
            bytes.append(contentsOf: name[common...])
        }
    }

    /// Reads a wire form at `offset` and moves `offset` behind it.
    /// - Returns: `nil`, with `offset` unspecified, where the bytes are not a stamp: they end too early, topics or publishers do not
    ///   ascend, a count is 0, a topic is no topic name of MQTT, or the topics have more than ``greatestTopicBytes``.
    public static func decode(_ bytes: Span<UInt8>, at offset: inout Int) -> DependencyStamp? {
        // A topic takes at least four bytes with its one entry, so a corrupt count cannot ask for more memory than the bytes justify.
        guard let topics = Varint.read(bytes, at: &offset), topics <= UInt64(max(0, bytes.count - offset)) / 4 else { return nil }
        var entries: [Entry] = []
        var name: [UInt8] = []
        var room = greatestTopicBytes
        for _ in 0..<topics {
            guard readTopic(bytes, at: &offset, &name, &room), let topic = String(validating: name, as: UTF8.self) else { return nil }
            guard let count = Varint.read(bytes, at: &offset), count > 0, count <= UInt64(max(0, bytes.count - offset)) / 2 else {
                return nil
            }
            var before: PublisherID?
            for _ in 0..<count {
                guard let publisher = readPublisher(bytes, at: &offset, behind: before) else { return nil }
                guard let value = Varint.read(bytes, at: &offset), value > 0 else { return nil }
                entries.append(Entry(topic: topic, publisher: publisher, count: value))
                before = publisher
            }
        }
        return DependencyStamp(sorted: entries)
    }

    /// Reads a topic name into `name`, which holds the one before.
    private static func readTopic(_ bytes: Span<UInt8>, at offset: inout Int, _ name: inout [UInt8], _ room: inout Int) -> Bool {
        guard let common = Varint.read(bytes, at: &offset), common <= UInt64(name.count) else { return false }
        guard let length = Varint.read(bytes, at: &offset), length <= UInt64(max(0, bytes.count - offset)) else { return false }
        // Behind the common part the topic must have a greater byte than the one before, or that one must end there.
        guard length > 0, Int(common) == name.count || bytes[offset] > name[Int(common)] else { return false }
        name.removeSubrange(Int(common)...)
        for index in offset..<offset + Int(length) {
            // The null character and the wildcards stand in no topic name (MQTT-3.3.2-2, MQTT-4.7.3-2).
            guard ![0, UInt8(ascii: "+"), UInt8(ascii: "#")].contains(bytes[index]) else { return false }
            name.append(bytes[index])
        }
        offset += Int(length)
        room -= name.count
        return name.count <= Int(UInt16.max) && room >= 0
    }

    private static func readPublisher(_ bytes: Span<UInt8>, at offset: inout Int, behind before: PublisherID?) -> PublisherID? {
        guard let step = Varint.read(bytes, at: &offset), step >> 1 <= UInt64(UInt32.max) else { return nil }
        var incarnation: UInt64 = 0
        if step & 1 == 1 {
            guard let value = Varint.read(bytes, at: &offset), value > 0, value <= UInt64(UInt32.max) else { return nil }
            incarnation = value
        }
        let process = UInt64(before?.process ?? 0) + step >> 1
        guard process <= UInt64(UInt32.max) else { return nil }
        let publisher = PublisherID(process: UInt32(process), incarnation: UInt32(incarnation))
        return before.map { $0 < publisher } ?? true ? publisher : nil
    }
}
