/// One event as it stands in a trace file. Plain values only: texts and stamps are references into the file, read on demand.
public enum TraceEvent: Sendable {
    /// A CONNACK accepted the connection.
    case connected(Connected)
    /// A CONNACK refused the connection.
    case connectionRefused(ConnectionRefused)
    /// The connection ended.
    case disconnected(Disconnected)
    /// A SUBACK answered for one filter, or none came before the connection ended.
    case subscribed(Subscribed)
    /// UNSUBSCRIBE was sent for one filter.
    case unsubscribed(Unsubscribed)
    /// An attempt to publish.
    case published(Published)
    /// The client sent PUBLISH again by itself.
    case resent(Resent)
    /// An attempt ended.
    case completed(Completed)
    /// A load message of this run arrived whole.
    case delivered(Delivered)
    /// A message arrived that is not a whole load message of this run.
    case deliveredUnreadable(DeliveredUnreadable)
    /// A step of the run as a whole.
    case mark(Mark)
    /// A lock that guards a number came into being.
    case lockCreated(LockCreated)
    /// A section protected by a lock began.
    case acquired(Acquired)
    /// A section protected by a lock ended.
    case released(Released)
    /// A process says what one of its counters reads.
    case counted(Counted)
    /// A subscriber's last acknowledgement of a packet left.
    case acknowledged(Acknowledged)
    /// A message came out of a causal inbox.
    case processed(Processed)
    /// A CONNECT registered a will.
    case will(Will)
    /// A thing of a workflow entered a state.
    case entered(Entered)
    /// A quantity of a workflow moved.
    case moved(Moved)

    /// See ``TraceWriter/connected(process:at:sessionPresent:clean:)``.
    public struct Connected: Sendable {
        /// The client.
        public var process: UInt32
        /// Nanoseconds of the writer's monotonic clock; the same in all events.
        public var at: UInt64
        /// The session-present flag of the CONNACK.
        public var sessionPresent: Bool
        /// Whether the client asked for a clean session.
        public var clean: Bool
        /// Whether the connection speaks MQTT 5.0.
        public var isVersion5: Bool
    }

    /// See ``TraceWriter/connectionRefused(process:at:reason:)``.
    public struct ConnectionRefused: Sendable {
        /// The client.
        public var process: UInt32
        /// When.
        public var at: UInt64
        /// The reason code of the CONNACK.
        public var reason: UInt8
    }

    /// See ``TraceWriter/disconnected(process:at:reason:byClient:)``.
    public struct Disconnected: Sendable {
        /// The client.
        public var process: UInt32
        /// When.
        public var at: UInt64
        /// The reason code, 0 where there was none.
        public var reason: UInt8
        /// Whether the client meant to end it.
        public var byClient: Bool
    }

    /// See ``TraceWriter/subscribed(process:at:filter:requested:granted:)``.
    public struct Subscribed: Sendable {
        /// What ``granted`` says where the connection ended before SUBACK.
        public static let unanswered: UInt8 = 0xFF

        /// The client.
        public var process: UInt32
        /// When the SUBACK was read, or when it was known that none would come.
        public var at: UInt64
        /// The topic filter.
        public var filter: TextReference
        /// The QoS asked for.
        public var requested: UInt8
        /// The QoS granted; 0x80 and above where it was refused; ``TraceEvent/Subscribed/unanswered`` where no SUBACK came.
        public var granted: UInt8
        /// What else was asked for.
        public var options: SubscriptionOptions
        /// When SUBSCRIBE was sent; `nil` where the writer does not say.
        public var sent: UInt64?
    }

    /// See ``TraceWriter/unsubscribed(process:at:filter:)``.
    public struct Unsubscribed: Sendable {
        /// The client.
        public var process: UInt32
        /// When UNSUBSCRIBE was sent.
        public var at: UInt64
        /// The topic filter.
        public var filter: TextReference
    }

    /// See ``TraceWriter/published(process:at:topic:qos:retain:sequence:attempt:intended:stamp:)``.
    public struct Published: Sendable {
        /// The publisher.
        public var process: UInt32
        /// When it was handed to the network.
        public var at: UInt64
        /// The topic, as an id of the file.
        public var topic: UInt32
        /// 0, 1 or 2.
        public var qos: UInt8
        /// The RETAIN flag.
        public var retain: Bool
        /// Whether the payload is empty, so that with ``retain`` it clears the retained message of the topic.
        public var isEmpty: Bool
        /// The publisher's number of the message.
        public var sequence: UInt64
        /// Which attempt to publish it.
        public var attempt: UInt32
        /// When the schedule meant it to be sent.
        public var intended: UInt64
        /// What changed of the publisher's stamp.
        public var stamp: StampReference
    }

    /// See ``TraceWriter/resent(process:at:sequence:attempt:)``.
    public struct Resent: Sendable {
        /// The publisher.
        public var process: UInt32
        /// When.
        public var at: UInt64
        /// The number of the message.
        public var sequence: UInt64
        /// The attempt.
        public var attempt: UInt32
    }

    /// See ``TraceWriter/completed(process:at:sequence:attempt:outcome:reason:)``.
    public struct Completed: Sendable {
        /// The publisher.
        public var process: UInt32
        /// When.
        public var at: UInt64
        /// The number of the message.
        public var sequence: UInt64
        /// The attempt.
        public var attempt: UInt32
        /// How it ended.
        public var outcome: PublishOutcome
        /// The reason code, 0 where there was none.
        public var reason: UInt8
    }

    /// See ``TraceWriter/delivered(process:at:publisher:sequence:attempt:topic:qos:retain:dup:packetID:)``.
    public struct Delivered: Sendable {
        /// The subscriber.
        public var process: UInt32
        /// When it was read.
        public var at: UInt64
        /// The publisher that the payload names.
        public var publisher: UInt32
        /// The number of the message.
        public var sequence: UInt64
        /// The attempt.
        public var attempt: UInt32
        /// The topic of the packet, as an id of the file.
        public var topic: UInt32
        /// The packet identifier, 0 at QoS 0.
        public var packetID: UInt16
        /// The QoS of the packet.
        public var qos: UInt8
        /// The RETAIN flag of the packet.
        public var retain: Bool
        /// The DUP flag; `nil` where the engine does not show it.
        public var dup: Bool?
    }

    /// See ``TraceWriter/deliveredUnreadable(process:at:topic:qos:retain:dup:packetID:cause:)``.
    public struct DeliveredUnreadable: Sendable {
        /// The subscriber.
        public var process: UInt32
        /// When it was read.
        public var at: UInt64
        /// The topic of the packet, as an id of the file.
        public var topic: UInt32
        /// The packet identifier, 0 at QoS 0.
        public var packetID: UInt16
        /// The QoS of the packet.
        public var qos: UInt8
        /// The RETAIN flag of the packet.
        public var retain: Bool
        /// The DUP flag; `nil` where the engine does not show it.
        public var dup: Bool?
        /// What is wrong with the payload.
        public var cause: Unreadable
    }

    /// See ``TraceWriter/mark(at:_:text:)``.
    public struct Mark: Sendable {
        /// When.
        public var at: UInt64
        /// Which step.
        public var kind: MarkKind
        /// More about it.
        public var text: TextReference
    }

    /// A text in the file: ``TraceFile/text(_:)`` reads it.
    public struct TextReference: Sendable {
        var offset: Int
        var length: Int
    }

    /// The entries of a stamp that changed since the publisher's publish before: ``TraceFile/forEachEntry(of:_:)`` reads them.
    public struct StampReference: Sendable {
        /// Where the entries are.
        enum Place {
            /// In the file, from an offset.
            case written(Int)
            /// Nowhere: only the publisher's own count went on, to this.
            case own(process: UInt32, count: UInt64)
        }

        var place: Place
        /// The number of entries.
        public var count: Int
        /// Whether it is the whole stamp and not only what changed.
        public var isFull: Bool
    }
}
