/// What the checker found in the traces of one run.
public struct CheckReport: Codable, Equatable, Sendable {
    /// The verdict over all rules.
    public var verdict: Verdict
    /// Why the verdict is inconclusive, one plain sentence each; empty otherwise unless there are both violations and doubts.
    public var doubts: [String]
    /// Every class of violation that occurred, most severe first; empty when nothing was violated.
    public var anomalies: [Anomaly]
    /// Counts over the whole run.
    public var totals: DeliveryTotals
    /// The same counts for each publishing group and QoS, in the order of the groups.
    public var parts: [Part]
    /// What was found out about causes and effects.
    public var causality: CausalityReport
    /// What the locks of the run come to; `nil` where there are none.
    public var locks: Locks?
    /// What the workflow of the run comes to; `nil` where the trace has none.
    public var workflow: Workflow?
    /// What became of each documented limit that the expectations name, in their order.
    public var limits: [Limit]
    /// How often that happened which the rules are about.
    public var exercised: Exercise
    /// What a session got of a message that several of its filters match.
    public var overlap: Overlap
    /// What the clients of each group that subscribed received, in the order of the groups.
    public var receivers: [Receiver]
    /// What came that was none of the run's, at a broker that others use too.
    public var strangers: Strangers

    /// The counts of the messages that one group published at one QoS.
    public struct Part: Codable, Equatable, Sendable {
        /// The group of the publishers.
        public var group: String
        /// The QoS of the publish, 0, 1 or 2.
        public var qos: Int
        /// The counts.
        public var totals: DeliveryTotals
        /// Why messages were refused, the most frequent reason first.
        public var refusals: [Refusal]

        /// Refusals of one reason.
        public struct Refusal: Codable, Equatable, Sendable {
            /// The reason code (MQTT 5.0, 2.4).
            public var reason: Int
            /// How many.
            public var count: Int

            /// Makes refusals.
            public init(reason: Int, count: Int) {
                self.reason = reason
                self.count = count
            }
        }

        /// Makes a part.
        public init(group: String, qos: Int, totals: DeliveryTotals, refusals: [Refusal] = []) {
            self.group = group
            self.qos = qos
            self.totals = totals
            self.refusals = refusals
        }
    }

    /// Makes a report.
    public init(
        verdict: Verdict, doubts: [String], anomalies: [Anomaly], totals: DeliveryTotals, parts: [Part],
        causality: CausalityReport = .init(), locks: Locks? = nil, workflow: Workflow? = nil, limits: [Limit] = [],
        exercised: Exercise = .init(), overlap: Overlap = .init(), receivers: [Receiver] = [], strangers: Strangers = .init()
    ) {
        self.verdict = verdict
        self.doubts = doubts
        self.anomalies = anomalies
        self.totals = totals
        self.parts = parts
        self.causality = causality
        self.locks = locks
        self.workflow = workflow
        self.limits = limits
        self.exercised = exercised
        self.overlap = overlap
        self.receivers = receivers
        self.strangers = strangers
    }
}

extension CheckReport {
    /// The same with further reasons for doubt: a pass becomes inconclusive.
    public func doubted(_ more: [String]) -> CheckReport {
        var report = self
        report.doubts += more
        if report.verdict == .pass, !more.isEmpty { report.verdict = .inconclusive }
        return report
    }
}

/// Three values, because a checker that could not see must not say that all is well.
public enum Verdict: String, Codable, Sendable {
    /// Every rule was checked over the whole run and held.
    case pass
    /// At least one rule was broken; there is a witness.
    case violation
    /// Nothing was seen to be broken, but part of the run could not be seen or never came to rest.
    case inconclusive
}

/// All violations of one class.
public struct Anomaly: Codable, Equatable, Sendable {
    /// The name of the class, as docs/model.md lists them: `lost`, `duplicate-qos2`, …
    public var `class`: String
    /// How many there are; exact.
    public var count: Int
    /// The first of them, at most ``Anomaly/witnessLimit``.
    public var witnesses: [Witness]
    /// Of class `lost`: how many were missing before the first message of their stream that did arrive; the others were missing in its
    /// middle, and those at its end are class `unseen`. `nil` for other classes, and where documented limits cover some: which ones is not
    /// known.
    public var atBeginning: Int?
    /// Of classes `lost`, `unseen` and `shared-lost`: the messages that reached nobody at all; `nil` where there are none, and for other classes.
    public var unheard: Unheard?

    /// Messages that were acknowledged and due, and reached nobody. A broker that forbids a publish may acknowledge it all the same
    /// [MQTT-3.3.5-2], so its access rules can be the cause.
    public struct Unheard: Codable, Equatable, Sendable {
        /// How many messages.
        public var messages: Int
        /// Their topics, at most ``topicLimit``, in order.
        public var topics: [String]

        /// The greatest number of topics that are kept.
        public static let topicLimit = 5

        /// Makes one.
        public init(messages: Int, topics: [String]) {
            self.messages = messages
            self.topics = topics
        }
    }

    /// The greatest number of witnesses that are kept of one class.
    public static let witnessLimit = 20

    /// Makes an anomaly.
    public init(class: String, count: Int, witnesses: [Witness], atBeginning: Int? = nil, unheard: Unheard? = nil) {
        self.class = `class`
        self.count = count
        self.witnesses = witnesses
        self.atBeginning = atBeginning
        self.unheard = unheard
    }
}

/// One violation, told by the events that show it.
public struct Witness: Codable, Equatable, Sendable {
    /// One plain sentence that says what happened.
    public var sentence: String
    /// The client that published the message; `nil` where nobody did.
    public var publisher: String?
    /// The publisher's sequence number of the message.
    public var sequence: UInt64?
    /// The topic it was published on, or where nobody published it, delivered on.
    public var topic: String
    /// The client that received it or should have.
    public var subscriber: String?
    /// The two or three events that show it, in the order of time.
    public var events: [Event]

    /// One event of the trace.
    public struct Event: Codable, Equatable, Sendable {
        /// What happened, in a few words: `published`, `acked`, `delivered`, …
        public var what: String
        /// The monotonic clock of the host that wrote it, in nanoseconds.
        public var time: UInt64
        /// The trace file's name.
        public var file: String
        /// The offset of the event's first byte in that file.
        public var offset: Int

        /// Makes an event.
        public init(what: String, time: UInt64, file: String, offset: Int) {
            self.what = what
            self.time = time
            self.file = file
            self.offset = offset
        }
    }

    /// Makes a witness.
    public init(
        sentence: String, publisher: String? = nil, sequence: UInt64? = nil, topic: String, subscriber: String? = nil, events: [Event]
    ) {
        self.sentence = sentence
        self.publisher = publisher
        self.sequence = sequence
        self.topic = topic
        self.subscriber = subscriber
        self.events = events
    }
}

/// Counts of messages and of their deliveries. A message published once and due at three subscribers has three deliveries.
public struct DeliveryTotals: Codable, Equatable, Sendable {
    /// Attempts to publish that left, or were queued to be written.
    public var published = 0
    /// Attempts whose QoS flow was completed: PUBACK, PUBCOMP, at QoS 0 written to the socket.
    public var acked = 0
    /// Attempts that the broker refused, and those that the client held back because the broker would not have taken them.
    public var refused = 0
    /// Attempts without an outcome when the run ended or the session was lost.
    public var unknown = 0
    /// Attempts that were due and never made. Only who made the load knows: `nil` where nothing but the trace was read.
    public var unsent: Int?
    /// Connections that ended although nobody asked for it; `nil` where nothing but the trace was read.
    public var connectionsLost: Int?
    /// Deliveries that were owed: a message and a subscriber session it was due at, above effective QoS 0.
    public var due = 0
    /// First copies that arrived, at any QoS.
    public var delivered = 0
    /// Deliveries that were owed and did not arrive although a later message of the same stream did.
    public var lost = 0
    /// Deliveries that were owed and did not arrive, at the tail of their stream.
    public var unseen = 0
    /// Messages at effective QoS 0 that did not arrive, which is legal.
    public var dropped = 0
    /// Copies beyond what the QoS allows.
    public var duplicates = 0
    /// Further copies that QoS 1 allows.
    public var redelivered = 0
    /// Further copies that came because several subscriptions of a session match.
    public var repeated = 0

    /// All counts 0.
    public init() {}

    /// Adds the counts of two parts.
    public static func += (left: inout DeliveryTotals, right: DeliveryTotals) {
        left.published += right.published
        left.acked += right.acked
        left.refused += right.refused
        left.unknown += right.unknown
        left.due += right.due
        left.delivered += right.delivered
        left.lost += right.lost
        left.unseen += right.unseen
        left.dropped += right.dropped
        left.duplicates += right.duplicates
        left.redelivered += right.redelivered
        left.repeated += right.repeated
        if let more = right.unsent { left.unsent = (left.unsent ?? 0) + more }
        if let more = right.connectionsLost { left.connectionsLost = (left.connectionsLost ?? 0) + more }
    }
}
