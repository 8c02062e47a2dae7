import Trace

/// What the model broker knows of one client's session, and the truth about its subscriptions for the expectations.
final class BrokerSession {
    /// The client that connected last to it.
    var client: Int
    let isKept: Bool
    var link: Link?
    var subscriptions: [Held] = []
    /// Sent and not fully acknowledged, in the order of sending.
    var inFlight: [Outgoing] = []
    /// Waiting for room in the window.
    var waiting: [Outgoing] = []
    var lastID: UInt16 = 0
    /// QoS 2 packets of the client between PUBLISH and PUBREL, and their messages.
    var incoming: [(id: UInt16, message: Int)] = []
    /// What was released last, for a PUBREL that comes again.
    var released: [UInt16: Int] = [:]
    /// What the client knows of its subscriptions, the ended ones too.
    var granted: [Granted] = []
    /// Whether the client was told that it is present.
    var wasResumed = false
    /// Every SUBSCRIBE that was answered: when it was sent, and when SUBACK was read.
    var answered: [(filter: String, sent: UInt64, at: UInt64)] = []
    /// Every SUBSCRIBE that was not: when it was sent, and when the connection ended.
    var unanswered: [(filter: String, sent: UInt64, at: UInt64)] = []
    /// Every SUBSCRIBE, answered or not, with the QoS that was granted or else asked for.
    var grants: [Grant] = []
    /// When the client last sent UNSUBSCRIBE for each filter.
    var withdrawn: [String: UInt64] = [:]
    /// Whether the client was told that it is new.
    var wasBegun = false
    /// When the present connection resumed the session.
    var resumedAt: UInt64?
    /// Every resume: when the connection before had ended, and when the client was told.
    var resumes: [(lost: UInt64, at: UInt64)] = []

    struct Held {
        var filter: String
        var qos: UInt8
        var options: SubscriptionOptions = []

        var isShared: Bool { filter.hasPrefix("$share/") }
        /// The filter itself, without the name of the group.
        var plain: String {
            isShared ? filter.split(separator: "/", maxSplits: 2).last.map(String.init) ?? "" : filter
        }
    }

    struct Outgoing {
        var packet: PublishPacket
        /// Whether PUBREC came, so that PUBREL is what is sent again.
        var isReceived = false
        var wasSent = false
    }

    /// One subscription from SUBACK to UNSUBSCRIBE, as the client saw them.
    struct Granted {
        var filter: String
        var qos: UInt8
        var from: UInt64
        var to = UInt64.max
    }

    /// One SUBSCRIBE as its client saw it.
    struct Grant {
        var filter: String
        var qos: UInt8
        var isAnswered: Bool
        var options: SubscriptionOptions
        var sent: UInt64
        /// When SUBACK came, or the connection ended without it.
        var at: UInt64
    }

    /// The QoS at which a message may rightly come by the plain subscriptions that its client knows of.
    func rightQoS(_ message: Message, at: UInt64) -> Set<UInt8> {
        var right: Set<UInt8> = []
        for filter in Set(grants.map(\.filter)) where !filter.hasPrefix("$share/") && TopicFilter.matches(filter, message.topic) {
            var own = grants.filter { $0.filter == filter }
            if let inForce = own.lastIndex(where: { $0.isAnswered && $0.at < message.sent }) { own = Array(own[inForce...]) }
            for grant in own where grant.sent <= at {
                right.formUnion((grant.isAnswered ? [grant.qos] : Array(0...grant.qos)).map { min($0, message.qos) })
            }
        }
        return right
    }

    init(client: Int, isKept: Bool) {
        self.client = client
        self.isKept = isKept
    }

    /// When the client first renewed its subscriptions after a moment, for all that it knows; the end of time where it did not.
    func renewed(after moment: UInt64) -> UInt64 {
        (answered + unanswered).map(\.at).filter { $0 > moment }.min() ?? .max
    }

    func matching(_ topic: String) -> [Held] {
        subscriptions.filter { !$0.isShared && TopicFilter.matches($0.filter, topic) }
    }

    /// The QoS that the session was surely granted for a message; `nil` where it may not have been covered.
    func surelyGranted(_ message: Message) -> UInt8? {
        let completed = message.completed ?? .max
        return granted.filter {
            TopicFilter.matches($0.filter, message.topic) && $0.from < message.sent && completed < $0.to
        }.map { min($0.qos, lowest(of: $0.filter, sent: message.sent, completed: completed)) }.max()
    }

    /// How many filters were surely granted more than QoS 0 for a message.
    func filtersSurelyGranted(_ message: Message) -> Int {
        let completed = message.completed ?? .max
        let filters = granted.filter {
            TopicFilter.matches($0.filter, message.topic) && $0.from < message.sent && completed < $0.to
                && min($0.qos, message.qos, lowest(of: $0.filter, sent: message.sent, completed: completed)) > 0
        }
        return Set(filters.map(\.filter)).count
    }

    /// The lowest QoS that a filter may have had while a message was under way: a SUBSCRIBE without an answer may have been granted any.
    func lowest(of filter: String, sent: UInt64, completed: UInt64) -> UInt8 {
        let own = grants.filter { $0.filter == filter }
        guard let inForce = own.lastIndex(where: { $0.isAnswered && $0.at < sent }) else { return 2 }
        let meanwhile = own[(inForce + 1)...].filter { $0.sent <= completed }
        return ([own[inForce].qos] + meanwhile.map { $0.isAnswered ? $0.qos : 0 }).min() ?? 2
    }

    /// An unused packet identifier, in turn.
    func takeID(upTo last: UInt16) -> UInt16 {
        repeat { lastID = lastID >= last ? 1 : lastID + 1 } while inFlight.contains { $0.packet.id == lastID }
        return lastID
    }
}
