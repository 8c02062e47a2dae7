import Trace

/// What goes over a connection. A packet names its message by number in ``World/messages``.
enum Packet {
    case connect
    case connack(sessionPresent: Bool)
    case publish(PublishPacket)
    /// PUBACK, PUBREC, PUBREL, PUBCOMP; reasons of 0x80 and above refuse.
    case puback(UInt16, reason: UInt8)
    case pubrec(UInt16, reason: UInt8)
    case pubrel(UInt16)
    case pubcomp(UInt16)
    case subscribe(SubscribePacket)
    case suback(SubscribePacket, granted: UInt8)
    case unsubscribe(String)
    case disconnect
}

struct PublishPacket {
    var message: Int
    var topic: String
    var qos: UInt8
    var dup = false
    var retain = false
    var id: UInt16 = 0
    /// What became of the payload on its way.
    var payload = Payload.whole
    /// Whether the fault had a hand in this packet, so that its deliveries are counted.
    var isFaulty = false
    /// The shared filter by which it goes to one member of a group.
    var group: String?

    enum Payload {
        case whole
        case corrupt
        case foreign
    }
}

struct SubscribePacket {
    var filter: String
    var qos: UInt8
    var options: SubscriptionOptions
    var sent: UInt64
}

/// One network connection between a client and the broker. Packets of one direction arrive in the order in which they were sent, or not at all.
final class Link {
    let client: Int
    var isOpenAtClient = true
    var isOpenAtBroker = true
    /// Whether what was under way when it was cut is lost.
    var losesInFlight = true
    /// The session that it serves, from CONNECT on.
    var session: BrokerSession?
    var lastArrivalAtBroker: UInt64 = 0
    var lastArrivalAtClient: UInt64 = 0

    /// When the client read CONNACK, and when its end of the connection closed.
    var connectedAt: UInt64?
    var endedAt: UInt64?
    /// Whether the client ended it with DISCONNECT.
    var wasEndedByClient = false
    /// What the client has asked for on it and not been answered.
    var unanswered: [SubscribePacket] = []
    /// Whether its CONNECT asked for a kept session.
    let isKept: Bool
    /// The will that its CONNECT registered.
    var will: Int?

    init(client: Int, isKept: Bool) {
        self.client = client
        self.isKept = isKept
    }
}

/// Topic filters [MQTT-4.7].
enum TopicFilter {
    static func matches(_ filter: String, _ topic: String) -> Bool {
        let slash = UInt8(ascii: "/")
        let filter = filter.utf8
        let topic = topic.utf8
        var f = filter.startIndex
        var t = topic.startIndex
        if topic.first == UInt8(ascii: "$"), filter.first == UInt8(ascii: "#") || filter.first == UInt8(ascii: "+") { return false }
        // Level by level: `f` and `t` stand at the beginning of one each.
        while true {
            let level = filter[f...].prefix { $0 != slash }
            if level.elementsEqual("#".utf8) { return true }
            let name = topic[t...].prefix { $0 != slash }
            guard level.elementsEqual("+".utf8) || level.elementsEqual(name) else { return false }
            let (filterEnds, topicEnds) = (level.endIndex == filter.endIndex, name.endIndex == topic.endIndex)
            if topicEnds {
                // `a/#` matches `a`.
                return filterEnds || filter[filter.index(after: level.endIndex)...].elementsEqual("#".utf8)
            }
            if filterEnds { return false }
            f = filter.index(after: level.endIndex)
            t = topic.index(after: name.endIndex)
        }
    }
}
