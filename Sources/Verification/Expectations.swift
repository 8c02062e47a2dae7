/// What the checker expects where MQTT leaves the broker a choice.
public struct Expectations: Codable, Equatable, Sendable {
    /// How many copies a session gets that holds several subscriptions matching one topic [MQTT-3.3.5-1].
    public enum OverlappingSubscriptions: String, Codable, Sendable {
        /// One copy a message, or up to one for each matching subscription: what MQTT allows.
        case any
        /// One copy a message.
        case once
        /// One copy for each matching subscription.
        case each
    }

    /// In which order the broker acknowledges what it receives. [MQTT-4.6.0-2] demands an order of clients only.
    public enum AcknowledgementOrder: String, Codable, Sendable {
        /// As it likes.
        case any
        /// In the order in which the messages were sent: each PUBACK that comes after that of a later message is a violation of class
        /// `ack-order`.
        case kept
    }

    /// Whether further copies that QoS 1 allows are accepted.
    public enum Redelivery: String, Codable, Sendable {
        /// They are counted and no violation.
        case allowed
        /// Each is a violation of class `redelivered`.
        case forbidden
    }

    /// At which level an effect must not come before its cause.
    public enum CausalOrder: String, Codable, Sendable {
        /// Behind causal inboxes only: MQTT promises no order across streams.
        case processed
        /// On the wire too: each inversion is a violation of class `causal-inversion`.
        case wire
    }

    /// What a limit can cover.
    public enum LimitedClass: String, Codable, CaseIterable, Sendable {
        /// Deliveries that were owed and did not arrive: `lost`, and at the end of their stream `unseen`.
        case lost
    }

    /// A limit that the broker is known to have, and that it counts itself when it is reached.
    public struct Limit: Codable, Equatable, Sendable {
        /// What reports call it.
        public var name: String
        /// What it can cover.
        public var `class`: LimitedClass
        /// The broker's counter that says how much, as `counted` events of the trace name it: `broker.dropped`.
        public var counter: String
        /// Which limit it is, for people.
        public var note: String

        /// Makes a limit.
        public init(name: String, class: LimitedClass, counter: String, note: String) {
            self.name = name
            self.class = `class`
            self.counter = counter
            self.note = note
        }
    }

    /// The copies of a session with overlapping subscriptions.
    public var overlappingSubscriptions: OverlappingSubscriptions
    /// Whether QoS 1 redelivery is accepted.
    public var redelivery: Redelivery
    /// At which level causal order is demanded.
    public var causalOrder: CausalOrder
    /// In which order the broker acknowledges.
    public var acknowledgementOrder: AcknowledgementOrder
    /// The limits that the broker is known to have.
    public var limits: [Limit]

    /// Makes expectations; what is left out is what MQTT demands of every broker.
    public init(
        overlappingSubscriptions: OverlappingSubscriptions = .any, redelivery: Redelivery = .allowed,
        causalOrder: CausalOrder = .processed, acknowledgementOrder: AcknowledgementOrder = .any, limits: [Limit] = []
    ) {
        self.overlappingSubscriptions = overlappingSubscriptions
        self.acknowledgementOrder = acknowledgementOrder
        self.redelivery = redelivery
        self.causalOrder = causalOrder
        self.limits = limits
    }
}
