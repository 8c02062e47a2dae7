/// One event with its names filled in, as `waybill export` writes it. What an event does not have is absent.
public struct ExportedEvent: Encodable, Sendable {
    /// What happened: `published`, `completed`, `delivered`, …
    public var event: String
    /// The writer's monotonic clock, in nanoseconds.
    public var time: UInt64
    /// The trace file's name.
    public var file: String
    /// The offset of the event's first byte in that file.
    public var offset: Int
    /// The id of the client it happened at.
    public var process: UInt32?
    /// That client's name.
    public var client: String?
    /// The group of that client.
    public var group: String?
    /// The id of the publisher that a delivered payload names.
    public var publisher: UInt32?
    /// The publisher's number of the message.
    public var sequence: UInt64?
    /// Which attempt to publish it.
    public var attempt: UInt32?
    /// The topic.
    public var topic: String?
    /// The topic filter of a subscription.
    public var filter: String?
    /// The QoS of the packet.
    public var qos: UInt8?
    /// The QoS that a subscription asked for.
    public var requested: UInt8?
    /// The QoS that was granted; 128 and above is a refusal, ``TraceEvent/Subscribed/unanswered`` says that no SUBACK came.
    public var granted: UInt8?
    /// The RETAIN flag.
    public var retain: Bool?
    /// The DUP flag, where the engine shows it.
    public var dup: Bool?
    /// The packet identifier, 0 at QoS 0.
    public var packetID: UInt16?
    /// When the schedule meant a message to be sent, in nanoseconds of the same clock as `time`.
    public var intended: UInt64?
    /// How a publish ended: `acked`, `refused` or `unknown`.
    public var outcome: String?
    /// The MQTT reason code.
    public var reason: UInt8?
    /// Whether the client meant to end the connection.
    public var byClient: Bool?
    /// The session-present flag.
    public var sessionPresent: Bool?
    /// Whether the client asked for a clean session.
    public var clean: Bool?
    /// Why a payload is not a message of the run: `corrupt` or `foreign`.
    public var cause: String?
    /// Which step of the run: `allSubscribed`, `hold`, `quiescent`, …
    public var mark: String?
    /// More about a mark.
    public var text: String?
    /// Whether the connection speaks MQTT 5.0; absent where not.
    public var version5: Bool?
    /// What a subscription asked for beside the QoS: the bits of the options byte of MQTT 5.0 as the trace has them.
    public var options: UInt8?
    /// When SUBSCRIBE was sent, in nanoseconds of the same clock as `time`.
    public var sent: UInt64?
    /// Whether a published payload is empty; absent where not.
    public var empty: Bool?
    /// The name of a lock.
    public var lock: String?
    /// The number of a section protected by a lock.
    public var token: UInt64?
    /// The guarded number as a section found it.
    public var read: Int64?
    /// By how much a section means to change it.
    public var delta: Int64?
    /// The guarded number as a section left it, or as the lock was made with.
    public var written: Int64?
    /// When a lock or its release was asked for, in nanoseconds of the same clock as `time`.
    public var invoked: UInt64?
    /// The name of a counter.
    public var counter: String?
    /// What a counter reads.
    public var value: Int64?
    /// Whether a causal inbox gave up waiting; absent where not.
    public var timedOut: Bool?
    /// The state machine of a workflow.
    public var machine: String?
    /// The thing of a workflow.
    public var entity: String?
    /// The state it entered.
    public var state: String?
    /// The quantity of a workflow.
    public var quantity: String?
    /// Of what it is a quantity.
    public var account: String?
    /// The term a quantity left.
    public var from: String?
    /// The term it went to.
    public var to: String?
    /// How much moved.
    public var amount: UInt64?
    /// The entries of the publisher's vector timestamp that changed since its publish before, as `process:count` separated by spaces.
    public var stamp: String?

    enum CodingKeys: String, CodingKey, CaseIterable {
        case event, time, file, offset, process, client, group, publisher, sequence, attempt, topic, filter, qos, requested, granted,
            retain, dup
        case packetID = "packet_id"
        case intended, outcome, reason
        case byClient = "by_client"
        case sessionPresent = "session_present"
        case clean
        case version5 = "version_5"
        case options, sent, empty, cause, mark, text, lock, token, read, delta, written, invoked, counter, value
        case timedOut = "timed_out"
        case machine, entity, state, quantity, account, from, to, amount, stamp
    }

    /// Fills in an event of a file.
    public init(_ event: TraceEvent, at offset: Int, of file: TraceFile) {
        self.event = ""
        time = 0
        self.file = file.name
        self.offset = offset
        switch event {
        case .connected(let one):
            begin("connected", one.at, one.process)
            (sessionPresent, clean) = (one.sessionPresent, one.clean)
            version5 = one.isVersion5 ? true : nil
        case .connectionRefused(let one):
            begin("connection_refused", one.at, one.process)
            reason = one.reason
        case .disconnected(let one):
            begin("disconnected", one.at, one.process)
            (reason, byClient) = (one.reason, one.byClient)
        case .subscribed(let one):
            begin("subscribed", one.at, one.process)
            (filter, requested, granted, sent) = (file.text(one.filter), one.requested, one.granted, one.sent)
            options = one.options.isEmpty ? nil : one.options.rawValue
        case .unsubscribed(let one):
            begin("unsubscribed", one.at, one.process)
            filter = file.text(one.filter)
        case .published(let one):
            begin("published", one.at, one.process)
            (sequence, attempt, qos, retain, intended) = (one.sequence, one.attempt, one.qos, one.retain, one.intended)
            topic = Self.topic(one.topic, file)
            empty = one.isEmpty ? true : nil
            var entries: [String] = []
            _ = file.forEachEntry(of: one.stamp) { entries.append("\($0):\($1)") }
            stamp = entries.joined(separator: " ")
        case .resent(let one):
            begin("resent", one.at, one.process)
            (sequence, attempt) = (one.sequence, one.attempt)
        case .completed(let one):
            begin("completed", one.at, one.process)
            (sequence, attempt, outcome, reason) = (one.sequence, one.attempt, "\(one.outcome)", one.reason)
        case .delivered(let one):
            begin("delivered", one.at, one.process)
            (publisher, sequence, attempt) = (one.publisher, one.sequence, one.attempt)
            (qos, retain, dup, packetID) = (one.qos, one.retain, one.dup, one.packetID)
            topic = Self.topic(one.topic, file)
        case .deliveredUnreadable(let one):
            begin("delivered_unreadable", one.at, one.process)
            (qos, retain, dup, packetID, cause) = (one.qos, one.retain, one.dup, one.packetID, "\(one.cause)")
            topic = Self.topic(one.topic, file)
        case .mark(let one):
            begin("mark", one.at, nil)
            (mark, text) = ("\(one.kind)", file.text(one.text))
        case .lockCreated(let one):
            begin("lock_created", one.at, one.process)
            (lock, written) = (file.text(one.lock), one.initial)
        case .acquired(let one):
            begin("acquired", one.at, one.process)
            (lock, token, read, delta, invoked) = (file.text(one.lock), one.token, one.read, one.delta, one.invoked)
        case .released(let one):
            begin("released", one.at, one.process)
            (lock, token, written, invoked) = (file.text(one.lock), one.token, one.written, one.invoked)
        case .counted(let one):
            begin("counted", one.at, one.process)
            (counter, value) = (file.text(one.counter), one.value)
        case .acknowledged(let one):
            begin("acknowledged", one.at, one.process)
            packetID = one.packetID
        case .processed(let one):
            begin("processed", one.at, one.process)
            (publisher, sequence, attempt, timedOut) = (one.publisher, one.sequence, one.attempt, one.timedOut ? true : nil)
        case .will(let one):
            begin("will", one.at, one.process)
            (sequence, attempt, qos, retain) = (one.sequence, one.attempt, one.qos, one.retain)
            topic = Self.topic(one.topic, file)
        case .entered(let one):
            begin("entered", one.at, one.process)
            (machine, entity, state) = (file.text(one.machine), file.text(one.entity), file.text(one.state))
        case .moved(let one):
            begin("moved", one.at, one.process)
            (quantity, account, entity) = (file.text(one.quantity), file.text(one.account), file.text(one.entity))
            (from, to, amount) = (file.text(one.from), file.text(one.to), one.amount)
        }
        if let process, let known = file.processes[process] { (client, group) = (known.name, known.group) }
    }

    private mutating func begin(_ event: String, _ time: UInt64, _ process: UInt32?) {
        self.event = event
        self.time = time
        self.process = process
    }

    private static func topic(_ id: UInt32, _ file: TraceFile) -> String? {
        id < file.topics.count ? file.topics[Int(id)] : nil
    }
}
