/// One event with its names filled in, as `waybill export` writes it. What an event does not have is absent.
public struct ExportedEvent: Encodable {
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
    /// The QoS that was granted; 128 and above is a refusal.
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
    /// The entries of the publisher's vector timestamp that changed since its publish before, as `process:count` separated by spaces.
    public var stamp: String?

    enum CodingKeys: String, CodingKey, CaseIterable {
        case event, time, file, offset, process, client, group, publisher, sequence, attempt, topic, filter, qos, requested, granted,
            retain, dup
        case packetID = "packet_id"
        case intended, outcome, reason
        case byClient = "by_client"
        case sessionPresent = "session_present"
        case clean, cause, mark, text, stamp
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
        case .connectionRefused(let one):
            begin("connection_refused", one.at, one.process)
            reason = one.reason
        case .disconnected(let one):
            begin("disconnected", one.at, one.process)
            (reason, byClient) = (one.reason, one.byClient)
        case .subscribed(let one):
            begin("subscribed", one.at, one.process)
            (filter, requested, granted) = (file.text(one.filter), one.requested, one.granted)
        case .unsubscribed(let one):
            begin("unsubscribed", one.at, one.process)
            filter = file.text(one.filter)
        case .published(let one):
            begin("published", one.at, one.process)
            (sequence, attempt, qos, retain, intended) = (one.sequence, one.attempt, one.qos, one.retain, one.intended)
            topic = Self.topic(one.topic, file)
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
