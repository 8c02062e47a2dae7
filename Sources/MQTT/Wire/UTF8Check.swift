/// Whether bytes are a text of MQTT: well-formed UTF-8 without U+0000 and without surrogates (MQTT 1.5.3; 1.5.4 of 5.0).
enum UTF8Check {
    @inline(__always)
    static func isText(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Bool {
        // Nearly all topics are ASCII: one pass, no branch for each byte.
        var all: UInt8 = 0
        var hasNull = false
        for index in range {
            let byte = bytes[index]
            all |= byte
            hasNull = hasNull || byte == 0
        }
        if hasNull { return false }
        return all < 0x80 || isWellFormed(bytes, range)
    }

    /// Table 3-7 of the Unicode standard.
    private static func isWellFormed(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Bool {
        var index = range.lowerBound
        while index < range.upperBound {
            let first = bytes[index]
            index += 1
            let (count, least, greatest): (Int, UInt8, UInt8)
            switch first {
            case 0x00...0x7F: continue
            case 0xC2...0xDF: (count, least, greatest) = (1, 0x80, 0xBF)
            case 0xE0: (count, least, greatest) = (2, 0xA0, 0xBF)
            case 0xED: (count, least, greatest) = (2, 0x80, 0x9F)
            case 0xE1...0xEF: (count, least, greatest) = (2, 0x80, 0xBF)
            case 0xF0: (count, least, greatest) = (3, 0x90, 0xBF)
            case 0xF1...0xF3: (count, least, greatest) = (3, 0x80, 0xBF)
            case 0xF4: (count, least, greatest) = (3, 0x80, 0x8F)
            default: return false
            }
            guard index + count <= range.upperBound, (least...greatest).contains(bytes[index]) else { return false }
            for later in index + 1..<index + count where !(0x80...0xBF).contains(bytes[later]) { return false }
            index += count
        }
        return true
    }
}
