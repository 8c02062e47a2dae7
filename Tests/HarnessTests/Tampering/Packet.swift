/// A control packet of MQTT as it goes over the wire. Of PUBLISH in MQTT 5.0 only one without properties can be looked into.
struct Packet: Sendable {
    var first: UInt8
    var body: [UInt8]

    init(_ first: UInt8, _ body: [UInt8]) {
        self.first = first
        self.body = body
    }

    /// An acknowledgement.
    init(_ type: Kind, id: UInt16) {
        self.init(type.rawValue << 4 | (type == .pubrel ? 2 : 0), [UInt8(id >> 8), UInt8(id & 0xFF)])
    }

    enum Kind: UInt8 {
        case connect = 1
        case connack = 2
        case publish = 3
        case puback = 4
        case pubrec = 5
        case pubrel = 6
        case pubcomp = 7
        case suback = 9
        case disconnect = 14
    }

    var kind: Kind? { Kind(rawValue: first >> 4) }
    var isPublish: Bool { kind == .publish }

    var qos: UInt8 {
        get { first >> 1 & 3 }
        set { first = first & ~0b110 | newValue << 1 }
    }

    var dup: Bool {
        get { first & 0b1000 != 0 }
        set { first = newValue ? first | 0b1000 : first & ~0b1000 }
    }

    var retain: Bool {
        get { first & 1 != 0 }
        set { first = newValue ? first | 1 : first & ~1 }
    }

    private func short(_ at: Int) -> UInt16 { UInt16(body[at]) << 8 | UInt16(body[at + 1]) }
    private var idOffset: Int { isPublish ? 2 + Int(short(0)) : 0 }

    var id: UInt16 {
        get { short(idOffset) }
        set { body.replaceSubrange(idOffset..<idOffset + 2, with: [UInt8(newValue >> 8), UInt8(newValue & 0xFF)]) }
    }

    var topic: String {
        get { String(decoding: body[2..<2 + Int(short(0))], as: UTF8.self) }
        set {
            let bytes = Array(newValue.utf8)
            body.replaceSubrange(0..<2 + Int(short(0)), with: [UInt8(bytes.count >> 8), UInt8(bytes.count & 0xFF)] + bytes)
        }
    }

    /// The payload in MQTT 3.1.1.
    var payload: [UInt8] {
        get { Array(body[(2 + Int(short(0)) + (qos > 0 ? 2 : 0))...]) }
        set { body.replaceSubrange((2 + Int(short(0)) + (qos > 0 ? 2 : 0))..., with: newValue) }
    }

    /// The same at QoS 0.
    var atMostOnce: Packet {
        guard qos > 0 else { return self }
        var lesser = self
        lesser.body.removeSubrange(idOffset..<idOffset + 2)
        lesser.first &= 1
        lesser.first |= 0x30
        return lesser
    }

    /// The client identifier of a CONNECT: behind the protocol's name, level, flags and keep-alive, and in MQTT 5.0 short properties.
    var clientID: String {
        let start = 10 + (body[6] == 5 ? 1 + Int(body[10]) : 0)
        return String(decoding: body[start + 2..<start + 2 + Int(short(start))], as: UTF8.self)
    }

    var bytes: [UInt8] {
        var length: [UInt8] = []
        var rest = body.count
        repeat {
            length.append(UInt8(rest & 0x7F) | (rest >= 0x80 ? 0x80 : 0))
            rest >>= 7
        } while rest > 0
        return [first] + length + body
    }
}
