extension TraceEvent {
    /// See ``TraceWriter/lockCreated(process:at:lock:initial:)``.
    public struct LockCreated: Sendable {
        /// Who made it.
        public var process: UInt32
        /// When.
        public var at: UInt64
        /// The name of the lock, unique in the run.
        public var lock: TextReference
        /// The number it guards, at first.
        public var initial: Int64
    }

    /// See ``TraceWriter/acquired(process:at:lock:token:read:delta:invoked:)``.
    public struct Acquired: Sendable {
        /// Who holds it now.
        public var process: UInt32
        /// When it was acquired.
        public var at: UInt64
        /// The name of the lock.
        public var lock: TextReference
        /// The number of the section, drawn inside the lock.
        public var token: UInt64
        /// The guarded number as the section found it.
        public var read: Int64
        /// By how much the section means to change it.
        public var delta: Int64
        /// When the lock was asked for.
        public var invoked: UInt64
    }

    /// See ``TraceWriter/released(process:at:lock:token:written:invoked:)``.
    public struct Released: Sendable {
        /// Who released it.
        public var process: UInt32
        /// When the release was over.
        public var at: UInt64
        /// The name of the lock.
        public var lock: TextReference
        /// The number of the section.
        public var token: UInt64
        /// The guarded number as the section left it.
        public var written: Int64
        /// When the release began.
        public var invoked: UInt64
    }

    /// See ``TraceWriter/counted(process:at:counter:value:)``.
    public struct Counted: Sendable {
        /// Who says so.
        public var process: UInt32
        /// When.
        public var at: UInt64
        /// The name of the counter.
        public var counter: TextReference
        /// What it reads.
        public var value: Int64
    }

    /// See ``TraceWriter/acknowledged(process:at:packetID:)``.
    public struct Acknowledged: Sendable {
        /// The subscriber.
        public var process: UInt32
        /// When it was sent.
        public var at: UInt64
        /// The packet identifier that is free again.
        public var packetID: UInt16
    }

    /// See ``TraceWriter/processed(process:at:publisher:sequence:attempt:timedOut:)``.
    public struct Processed: Sendable {
        /// The receiving process.
        public var process: UInt32
        /// When the application got it.
        public var at: UInt64
        /// The publisher.
        public var publisher: UInt32
        /// The number of the message.
        public var sequence: UInt64
        /// The attempt.
        public var attempt: UInt32
        /// Whether the inbox gave up waiting for what should have come before it.
        public var timedOut: Bool
    }

    /// See ``TraceWriter/will(process:at:topic:qos:retain:sequence:attempt:)``.
    public struct Will: Sendable {
        /// The client whose will it is.
        public var process: UInt32
        /// When.
        public var at: UInt64
        /// The topic, as an id of the file.
        public var topic: UInt32
        /// 0, 1 or 2.
        public var qos: UInt8
        /// The RETAIN flag.
        public var retain: Bool
        /// The number of the will message, from the client's own sequence.
        public var sequence: UInt64
        /// The attempt that the payload names.
        public var attempt: UInt32
    }

    /// See ``TraceWriter/entered(process:at:machine:entity:state:)``.
    public struct Entered: Sendable {
        /// Where it happened.
        public var process: UInt32
        /// When.
        public var at: UInt64
        /// The state machine, as the workflow file names it.
        public var machine: TextReference
        /// Which thing: the number of an order.
        public var entity: TextReference
        /// The state it is in now.
        public var state: TextReference
    }

    /// See ``TraceWriter/moved(process:at:quantity:account:from:to:amount:entity:)``.
    public struct Moved: Sendable {
        /// Where it happened.
        public var process: UInt32
        /// When.
        public var at: UInt64
        /// The quantity, as the workflow file names it: `stock`.
        public var quantity: TextReference
        /// Of what: an item.
        public var account: TextReference
        /// The term it left; empty where it came into the world.
        public var from: TextReference
        /// The term it went to; empty where it left the world.
        public var to: TextReference
        /// How much.
        public var amount: UInt64
        /// The thing it was moved for; may be empty.
        public var entity: TextReference
    }
}

/// What a SUBSCRIBE asks for beside the QoS (MQTT 5.0 section 3.8.3.1); all absent in MQTT 3.1.1.
public struct SubscriptionOptions: OptionSet, Hashable, Sendable {
    /// The bits, as the options byte of MQTT 5.0 has the last three and the trace the first two.
    public let rawValue: UInt8

    /// Makes a set of its bits.
    public init(rawValue: UInt8) {
        self.rawValue = rawValue
    }

    /// Retained messages only if the subscription is new: retain handling 1.
    public static let retainedIfNew = SubscriptionOptions(rawValue: 1)
    /// No retained messages: retain handling 2.
    public static let noRetained = SubscriptionOptions(rawValue: 2)
    /// The RETAIN flag is forwarded as it was published.
    public static let retainAsPublished = SubscriptionOptions(rawValue: 4)
    /// Not what the client itself published.
    public static let noLocal = SubscriptionOptions(rawValue: 8)
}
