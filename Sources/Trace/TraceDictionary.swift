/// The names that a file's dictionary records give.
struct TraceDictionary {
    private(set) var processes: [UInt32: TraceFile.Process] = [:]
    private(set) var topics: [String?] = []

    /// Reads the dictionary part of one chunk.
    /// - Returns: the offset of the first record that cannot be read; the rest of this part is then left out.
    mutating func read(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Int? {
        var offset = range.lowerBound
        while offset < range.upperBound {
            let type = bytes[offset]
            var head = RecordBody(offset: offset + 1, end: range.upperBound)
            let length = head.number(bytes)
            guard head.isValid, length <= UInt64(range.upperBound - head.offset) else { return offset }
            let end = head.offset + Int(length)
            var body = RecordBody(offset: head.offset, end: end)
            switch RecordType(rawValue: type) {
            case .process:
                let process = body.small(bytes)
                let name = body.text(bytes)
                let group = body.text(bytes)
                guard body.isValid else { return offset }
                processes[process] = .init(
                    name: TraceFile.text(bytes, name.offset, name.length), group: TraceFile.text(bytes, group.offset, group.length))
            case .topic:
                let id = Int(body.small(bytes))
                let name = body.text(bytes)
                // Ids are given in order; whole chunks may be missing, but a chunk cannot skip more topics than a file can hold.
                guard body.isValid, id <= bytes.count else { return offset }
                while topics.count <= id { topics.append(nil) }
                topics[id] = TraceFile.text(bytes, name.offset, name.length)
            default:
                break
            }
            offset = end
        }
        return nil
    }
}

/// Reads the head of a file.
enum HeaderReader {
    /// Whether a file is no more than the beginning of a header.
    static func isPartOfHeader(_ bytes: Span<UInt8>) -> Bool {
        guard (0..<min(bytes.count, TraceFormat.magic.count)).allSatisfy({ bytes[$0] == TraceFormat.magic[$0] }) else { return false }
        guard bytes.count >= TraceFormat.fixedHeaderLength + 4 else { return true }
        // Only where all lengths agree: a damaged one must not make a whole file pass for the beginning of one.
        let names = Int(LittleEndian.read16(bytes, at: 44)) + Int(LittleEndian.read16(bytes, at: 46))
        let length = TraceFormat.fixedHeaderLength + names + 4
        return length == Int(LittleEndian.read32(bytes, at: 12)) && bytes.count < length
    }

    static func read(_ bytes: Span<UInt8>, path: String) throws(TraceError) -> (header: TraceHeader, length: Int) {
        guard bytes.count >= TraceFormat.magic.count, TraceFormat.magic.indices.allSatisfy({ bytes[$0] == TraceFormat.magic[$0] }) else {
            throw TraceError(
                bytes.count < TraceFormat.magic.count
                    ? "\(path) is no trace: it has only \(bytes.count) bytes." : "\(path) is no trace: it does not begin as one.")
        }
        guard bytes.count >= TraceFormat.fixedHeaderLength + 4 else {
            throw TraceError("The trace \(path) ends inside its header: it has only \(bytes.count) bytes.")
        }
        let number = LittleEndian.read16(bytes, at: 8)
        guard let version = TraceVersion(rawValue: number) else {
            throw TraceError(
                "The trace \(path) is of version \(number) of the format; this program reads versions \(TraceVersion.one.rawValue) and \(TraceVersion.two.rawValue)."
            )
        }
        let length = Int(LittleEndian.read32(bytes, at: 12))
        let nameLength = Int(LittleEndian.read16(bytes, at: 44))
        let hostLength = Int(LittleEndian.read16(bytes, at: 46))
        guard length <= bytes.count else {
            throw TraceError("The trace \(path) ends inside its header: it has \(bytes.count) bytes, the header \(length).")
        }
        guard length >= TraceFormat.fixedHeaderLength + nameLength + hostLength + 4,
            version.checksum(bytes, 0..<length - 4) == LittleEndian.read32(bytes, at: length - 4)
        else {
            throw TraceError("The header of the trace \(path) is damaged: its checksum is wrong.")
        }
        let names = TraceFormat.fixedHeaderLength
        let header = TraceHeader(
            run: LittleEndian.read64(bytes, at: 16), writer: LittleEndian.read32(bytes, at: 40),
            name: TraceFile.text(bytes, names, nameLength), host: TraceFile.text(bytes, names + nameLength, hostLength),
            clock: (48..<64).map { bytes[$0] },
            anchor: ClockAnchor(monotonic: LittleEndian.read64(bytes, at: 24), wall: LittleEndian.read64(bytes, at: 32)), version: version)
        return (header, length)
    }
}
