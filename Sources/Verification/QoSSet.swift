/// Some of the three QoS.
struct QoSSet: Equatable {
    private(set) var bits: UInt8 = 0

    static let none = QoSSet()
    static let all = QoSSet(upTo: 2)

    init() {}

    init(_ qos: UInt8) { bits = 1 << qos }

    /// Every QoS up to one.
    init(upTo qos: UInt8) { bits = (2 << min(qos, 2)) - 1 }

    var isEmpty: Bool { bits == 0 }
    /// The QoS where it is one.
    var only: UInt8? { bits != 0 && bits & (bits - 1) == 0 ? UInt8(bits.trailingZeroBitCount) : nil }
    var lowest: UInt8? { isEmpty ? nil : UInt8(bits.trailingZeroBitCount) }

    func contains(_ qos: UInt8) -> Bool { qos < 3 && bits & 1 << qos != 0 }

    mutating func insert(_ qos: UInt8) { bits |= 1 << qos }

    mutating func formUnion(_ other: QoSSet) { bits |= other.bits }

    /// The QoS at which a message of one QoS comes by subscriptions of these: the lesser of both [MQTT-3.8.4-6].
    func limited(to qos: UInt8) -> QoSSet {
        var set = QoSSet()
        set.bits = bits & (1 << qos - 1) | (bits >> qos != 0 ? 1 << qos : 0)
        return set
    }

    /// Those of at least one QoS.
    func from(_ qos: UInt8) -> QoSSet {
        var set = QoSSet()
        set.bits = (bits >> qos) << qos
        return set
    }
}
