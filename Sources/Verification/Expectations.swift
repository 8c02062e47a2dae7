/// What the checker expects where MQTT leaves the broker a choice.
public struct Expectations: Codable, Equatable, Sendable {
    /// How many copies a session gets that holds several subscriptions matching one topic [MQTT-3.3.5-1].
    public enum OverlappingSubscriptions: String, Codable, Sendable {
        /// One copy a message.
        case once
        /// One copy for each matching subscription.
        case each
    }

    /// Whether further copies that QoS 1 allows are accepted.
    public enum Redelivery: String, Codable, Sendable {
        /// They are counted and no violation.
        case allowed
        /// Each is a violation of class `redelivered`.
        case forbidden
    }

    /// The copies of a session with overlapping subscriptions.
    public var overlappingSubscriptions: OverlappingSubscriptions
    /// Whether QoS 1 redelivery is accepted.
    public var redelivery: Redelivery

    /// Makes expectations; what is left out is what MQTT demands of every broker.
    public init(overlappingSubscriptions: OverlappingSubscriptions = .once, redelivery: Redelivery = .allowed) {
        self.overlappingSubscriptions = overlappingSubscriptions
        self.redelivery = redelivery
    }
}
