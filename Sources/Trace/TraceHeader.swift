/// What the head of a trace file says.
public struct TraceHeader: Equatable, Sendable {
    /// The number of the run, the same in all its files.
    public var run: UInt64
    /// The number of the writer, unique in the run.
    public var writer: UInt32
    /// What the writer was: `reactor-0`, `order`.
    public var name: String
    /// The name of the host.
    public var host: String
    /// Which monotonic clock the times are of: on Linux the kernel's boot id, 16 bytes; all 0 where it is not known.
    public var clock: [UInt8]
    /// The monotonic and the wall clock, read together.
    public var anchor: ClockAnchor
    /// The version of the file's format.
    package var version: TraceVersion

    /// Makes a header.
    package init(
        run: UInt64, writer: UInt32, name: String, host: String, clock: [UInt8], anchor: ClockAnchor, version: TraceVersion = .latest
    ) {
        self.run = run
        self.writer = writer
        self.name = name
        self.host = host
        self.clock = clock
        self.anchor = anchor
        self.version = version
    }

    /// Whether the times of two files are of the same clock: the same boot of the same kernel or, where that is unknown, the same host.
    public func sharesClock(with other: TraceHeader) -> Bool {
        let isKnown = clock.contains { $0 != 0 } && other.clock.contains { $0 != 0 }
        return isKnown ? clock == other.clock : host == other.host
    }

    /// The header as it stands in a file, checksum included.
    func encoded() -> [UInt8] {
        var bytes = TraceFormat.magic
        func append(_ value: some FixedWidthInteger) {
            withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
        }
        let length = TraceFormat.fixedHeaderLength + name.utf8.count + host.utf8.count + 4
        append(version.rawValue)
        append(UInt16(0))
        append(UInt32(length))
        append(run)
        append(anchor.monotonic)
        append(anchor.wall)
        append(writer)
        append(UInt16(name.utf8.count))
        append(UInt16(host.utf8.count))
        bytes.append(contentsOf: clock)
        bytes.append(contentsOf: name.utf8)
        bytes.append(contentsOf: host.utf8)
        append(bytes.withUnsafeBytes { version.checksum($0) })
        return bytes
    }
}
