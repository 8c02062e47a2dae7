/// The frames of a WebSocket (RFC 6455, 5.2).
enum WebSocketFrame {
    enum Opcode: UInt8 {
        case continuation = 0
        case text = 1
        case binary = 2
        case close = 8
        case ping = 9
        case pong = 10
    }

    /// Appends a frame of a client, whose payload has to be masked (5.3).
    static func append(_ payload: UnsafeRawBufferPointer, opcode: Opcode, to bytes: inout [UInt8]) {
        bytes.append(0x80 | opcode.rawValue)
        switch payload.count {
        case 0..<126: bytes.append(0x80 | UInt8(payload.count))
        case 126...65_535: bytes += [0x80 | 126, UInt8(payload.count >> 8), UInt8(payload.count & 0xFF)]
        default:
            bytes.append(0x80 | 127)
            for shift in stride(from: 56, through: 0, by: -8) {
                bytes.append(UInt8(truncatingIfNeeded: UInt64(payload.count) >> UInt64(shift)))
            }
        }
        let mask = UInt32.random(in: 0 ... .max)
        let key = [
            UInt8(truncatingIfNeeded: mask >> 24), UInt8(truncatingIfNeeded: mask >> 16), UInt8(truncatingIfNeeded: mask >> 8),
            UInt8(truncatingIfNeeded: mask),
        ]
        bytes += key
        let start = bytes.count
        bytes.append(contentsOf: payload)
        bytes.withUnsafeMutableBufferPointer { all in
            for index in start..<all.count { all[index] ^= key[(index - start) & 3] }
        }
    }
}

/// Takes what a server sends out of its frames, in place. A frame may come in any number of pieces, and a message in any number of frames (MQTT-6.0.0-2).
struct WebSocketReader {
    /// The beginning of a frame's header.
    private var header: [UInt8] = []
    /// How many bytes of the present frame's payload are to come.
    private var left: UInt64 = 0
    private var opcode = WebSocketFrame.Opcode.binary
    /// The payload of a control frame.
    private var control: [UInt8] = []
    /// What has to be answered.
    var replies: [UInt8] = []
    /// The server said that it closes.
    private(set) var isClosed = false

    /// Moves the payloads of the data frames in some bytes to the front.
    /// - Returns: how many bytes they are.
    mutating func unpack(_ bytes: UnsafeMutableRawBufferPointer) throws(WireError) -> Int {
        var source = 0
        var target = 0
        while source < bytes.count, !isClosed {
            if left == 0 {
                header.append(bytes[source])
                source += 1
                try readHeader()
                continue
            }
            let count = Int(min(left, UInt64(bytes.count - source)))
            let piece = UnsafeMutableRawBufferPointer(rebasing: bytes[source..<source + count])
            if opcode.rawValue >= 8 {
                control += piece
            } else {
                if target != source {
                    UnsafeMutableRawBufferPointer(rebasing: bytes[target..<target + count]).copyMemory(from: UnsafeRawBufferPointer(piece))
                }
                target += count
            }
            source += count
            left -= UInt64(count)
            if left == 0, opcode.rawValue >= 8 { endControl() }
        }
        return target
    }

    private mutating func readHeader() throws(WireError) {
        guard header.count >= 2 else { return }
        let short = header[1] & 0x7F
        let length = 2 + (short == 126 ? 2 : short == 127 ? 8 : 0)
        guard header.count == length else { return }
        guard header[1] < 0x80 else { throw .malformed("a frame of the server is masked") }
        guard header[0] & 0x70 == 0, let code = WebSocketFrame.Opcode(rawValue: header[0] & 0x0F) else {
            throw .malformed("a frame begins with the byte \(header[0])")
        }
        // MQTT-6.0.0-1.
        guard code != .text else { throw .malformed("a text frame, where MQTT has binary ones") }
        left = length == 2 ? UInt64(short) : header[2...].reduce(0) { $0 << 8 | UInt64($1) }
        header = []
        opcode = code
        guard code.rawValue < 8 || left < 126 else { throw .malformed("a control frame of \(left) bytes") }
        if left == 0, code.rawValue >= 8 { endControl() }
    }

    private mutating func endControl() {
        switch opcode {
        case .close: isClosed = true
        case .ping: control.withUnsafeBytes { WebSocketFrame.append($0, opcode: .pong, to: &replies) }
        default: break
        }
        control = []
    }
}
