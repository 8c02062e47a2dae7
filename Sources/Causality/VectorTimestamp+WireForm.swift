/// The compact wire form: the number of entries, then for each the distance of its process from the one before (from 0 for the
/// first) and its count, all as ``Varint``. The empty stamp is one zero byte; a small group takes two or three bytes an entry.
extension VectorTimestamp {
    /// The number of bytes that ``encode(into:)`` appends.
    public var encodedLength: Int {
        var length = Varint.length(of: UInt64(entries.count))
        var previous: UInt32 = 0
        for entry in entries {
            length += Varint.length(of: UInt64(entry.process - previous)) + Varint.length(of: entry.count)
            previous = entry.process
        }
        return length
    }

    /// Appends the wire form to `bytes`.
    public func encode(into bytes: inout [UInt8]) {
        Varint.append(UInt64(entries.count), to: &bytes)
        var previous: UInt32 = 0
        for entry in entries {
            Varint.append(UInt64(entry.process - previous), to: &bytes)
            Varint.append(entry.count, to: &bytes)
            previous = entry.process
        }
    }

    /// Reads a wire form at `offset` and moves `offset` behind it.
    /// - Returns: `nil` where the bytes are not a stamp: they end too early, processes do not ascend, or a count is 0.
    public static func decode(_ bytes: Span<UInt8>, at offset: inout Int) -> VectorTimestamp? {
        guard let count = entryCount(bytes, at: &offset) else { return nil }
        var entries: [Entry] = []
        entries.reserveCapacity(count)
        guard walk(bytes, at: &offset, count, { entries.append($0) }) else { return nil }
        return VectorTimestamp(sorted: entries)
    }

    /// Whether a stamp stands at `offset`, as ``decode(_:at:)`` reads it, and moves `offset` behind it. Nothing is made of it, so nothing is allocated.
    /// - Returns: its greatest count, 0 where it has no entry; `nil` where ``decode(_:at:)`` returns that.
    package static func greatestCount(_ bytes: Span<UInt8>, at offset: inout Int) -> UInt64? {
        guard let count = entryCount(bytes, at: &offset) else { return nil }
        var greatest: UInt64 = 0
        guard walk(bytes, at: &offset, count, { greatest = max(greatest, $0.count) }) else { return nil }
        return greatest
    }

    private static func entryCount(_ bytes: Span<UInt8>, at offset: inout Int) -> Int? {
        // Each entry takes at least two bytes, so a corrupt count cannot ask for more memory than the bytes justify.
        guard let count = Varint.read(bytes, at: &offset), count <= UInt64(max(0, bytes.count - offset)) / 2 else { return nil }
        return Int(count)
    }

    @inline(__always)
    private static func walk(_ bytes: Span<UInt8>, at offset: inout Int, _ count: Int, _ body: (Entry) -> Void) -> Bool {
        var process: UInt64 = 0
        for index in 0..<count {
            guard let step = Varint.read(bytes, at: &offset), let value = Varint.read(bytes, at: &offset) else { return false }
            guard step <= UInt64(UInt32.max), value > 0, index == 0 || step > 0 else { return false }
            process += step
            guard process <= UInt64(UInt32.max) else { return false }
            body(Entry(process: UInt32(process), count: value))
        }
        return true
    }
}
