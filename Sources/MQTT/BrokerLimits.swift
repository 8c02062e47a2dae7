/// What a broker said in CONNACK of what it takes and gives (MQTT 5.0, 3.2.2.3). MQTT 3.1.1 says nothing of it.
public struct BrokerLimits: Equatable, Sendable {
    /// The greatest QoS of a message that the broker takes (3.2.2.3.4).
    public var maximumQoS = QoS.exactlyOnce
    /// Whether the broker keeps retained messages (3.2.2.3.5).
    public var retains = true
    /// Whether a filter may have wildcards (3.2.2.3.11).
    public var takesWildcards = true
    /// Whether there are shared subscriptions (3.2.2.3.13).
    public var takesSharedSubscriptions = true
    /// Whether a subscription may have an identifier (3.2.2.3.12).
    public var takesSubscriptionIdentifiers = true
    /// The largest packet the broker takes, in bytes; `nil` where it names none (3.2.2.3.6).
    public var maximumPacketSize: Int?
    /// The most messages above QoS 0 that may be in flight to the broker; `nil` where it names none, which means 65,535 (3.2.2.3.3).
    public var receiveMaximum: Int?
    /// How many topic aliases the broker takes (3.2.2.3.8).
    public var topicAliasMaximum = 0
    /// The keep-alive in seconds that the client has to use instead of its own (3.2.2.3.14).
    public var serverKeepAlive: UInt16?
    /// For how many seconds the broker keeps the session after its connection, where that is not what the client asked for (3.2.2.3.2).
    public var sessionExpiry: UInt32?
    /// Where else the client should go (3.2.2.3.16).
    public var serverReference: String?
    /// From what a client may make topics for answers (3.2.2.3.15).
    public var responseInformation: String?
    /// The identifier that the broker gave to a client without one (3.2.2.3.7).
    public var assignedClientID: String?
    /// What the broker says of its answer, for people (3.2.2.3.9).
    public var reasonString: String?

    /// Makes limits that limit nothing: what holds where CONNACK says nothing.
    public init() {}

    /// Whether `filter` can be subscribed to; the reason where it cannot.
    public func refusal(ofFilter filter: String) -> ReasonCode? {
        if filter.utf8.starts(with: "$share/".utf8), !takesSharedSubscriptions { return .sharedSubscriptionsNotSupported }
        let hasWildcard = filter.utf8.contains { $0 == UInt8(ascii: "+") || $0 == UInt8(ascii: "#") }
        return hasWildcard && !takesWildcards ? .wildcardsNotSupported : nil
    }
}
