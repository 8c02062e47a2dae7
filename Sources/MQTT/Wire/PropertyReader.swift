/// The properties of MQTT 5.0 that a client receives (2.2.2.2).
enum PropertyID: UInt8 {
    case payloadFormat = 0x01
    case messageExpiry = 0x02
    case contentType = 0x03
    case responseTopic = 0x08
    case correlationData = 0x09
    case subscriptionIdentifier = 0x0B
    case sessionExpiry = 0x11
    case assignedClientID = 0x12
    case serverKeepAlive = 0x13
    case authenticationMethod = 0x15
    case authenticationData = 0x16
    case willDelay = 0x18
    case responseInformation = 0x1A
    case serverReference = 0x1C
    case reasonString = 0x1F
    case receiveMaximum = 0x21
    case topicAliasMaximum = 0x22
    case topicAlias = 0x23
    case maximumQoS = 0x24
    case retainAvailable = 0x25
    case userProperty = 0x26
    case maximumPacketSize = 0x27
    case wildcardsAvailable = 0x28
    case subscriptionIdentifiersAvailable = 0x29
    case sharedSubscriptionsAvailable = 0x2A

    /// How its value is written.
    enum Form { case flag, byte, short, long, variable, text, data, pair }

    var form: Form {
        switch self {
        case .payloadFormat, .maximumQoS, .retainAvailable, .wildcardsAvailable, .subscriptionIdentifiersAvailable,
            .sharedSubscriptionsAvailable:
            .flag
        case .messageExpiry, .sessionExpiry, .willDelay, .maximumPacketSize: .long
        case .contentType, .responseTopic, .assignedClientID, .authenticationMethod, .responseInformation, .serverReference, .reasonString:
            .text
        case .correlationData, .authenticationData: .data
        case .subscriptionIdentifier: .variable
        case .serverKeepAlive, .receiveMaximum, .topicAliasMaximum, .topicAlias: .short
        case .userProperty: .pair
        }
    }

    /// Whether a broker may send it in a packet of this type.
    func isAllowed(in packet: PacketType) -> Bool {
        switch self {
        case .userProperty: true
        case .payloadFormat, .messageExpiry, .contentType, .responseTopic, .correlationData, .subscriptionIdentifier, .topicAlias:
            packet == .publish
        case .reasonString: packet != .publish
        case .serverReference: packet == .connack || packet == .disconnect
        case .willDelay: false
        default: packet == .connack
        }
    }

    /// Whether 0 means nothing and is an error (3.1.2.11.3 and others).
    var mayBeZero: Bool {
        switch self {
        case .receiveMaximum, .maximumPacketSize, .topicAlias, .subscriptionIdentifier: false
        default: true
        }
    }

    /// Whether it may come several times in one packet.
    func isRepeatable(in packet: PacketType) -> Bool { self == .userProperty || (self == .subscriptionIdentifier && packet == .publish) }
}

/// One property as it stands in a packet.
struct Property {
    var id: PropertyID
    /// Its number, where it is one.
    var number = 0
    /// Its text or data, or the key of a pair.
    var range = 0..<0
    /// The value of a pair.
    var value = 0..<0
}

extension FieldReader {
    /// Reads the properties of a packet and hands out each.
    mutating func properties(
        _ bytes: Span<UInt8>, of packet: PacketType, _ body: (Property) -> Void
    ) throws(WireError) {
        let length = try variable(bytes)
        guard length > 0 else { return }
        guard length <= left else { throw .malformed("properties of \(packet.name) that are longer than the packet") }
        var reader = FieldReader(from: offset, to: offset + length)
        var seen: UInt64 = 0
        while reader.left > 0 {
            let property = try reader.property(bytes, of: packet)
            let bit: UInt64 = 1 << UInt64(property.id.rawValue)
            guard seen & bit == 0 || property.id.isRepeatable(in: packet) else {
                throw .violation("the property 0x\(String(property.id.rawValue, radix: 16)) twice in one \(packet.name)")
            }
            seen |= bit
            body(property)
        }
        try skip(length)
    }

    private mutating func property(_ bytes: Span<UInt8>, of packet: PacketType) throws(WireError) -> Property {
        let number = try variable(bytes)
        guard let id = UInt8(exactly: number).flatMap(PropertyID.init(rawValue:)), id.isAllowed(in: packet) else {
            throw .malformed("the property 0x\(String(number, radix: 16)) in \(packet.name), where it may not be")
        }
        var property = Property(id: id)
        switch id.form {
        case .flag, .byte:
            property.number = Int(try byte(bytes))
            guard id.form == .byte || property.number <= 1 else {
                throw .violation("the value \(property.number) of the property 0x\(String(number, radix: 16)), which is 0 or 1")
            }
        case .short: property.number = Int(try short(bytes))
        case .long: property.number = Int(try long(bytes))
        case .variable: property.number = try variable(bytes)
        case .text: property.range = try text(bytes)
        case .data: property.range = try data(bytes)
        case .pair:
            property.range = try text(bytes)
            property.value = try text(bytes)
        }
        switch id.form {
        case .short, .long, .variable:
            guard property.number > 0 || id.mayBeZero else {
                throw .violation("the property 0x\(String(number, radix: 16)) with the value 0, which means nothing")
            }
        default: break
        }
        return property
    }
}

extension String {
    /// The text of a range that was checked to be UTF-8.
    init(_ bytes: Span<UInt8>, _ range: Range<Int>) {
        self = bytes.extracting(range).withUnsafeBufferPointer { String(decoding: $0, as: UTF8.self) }
    }
}
