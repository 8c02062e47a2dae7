internal import Causality

extension TraceWriter {
    /// Names a process. Call it before the process's first event.
    /// - Parameters:
    ///   - process: the number of the process, unique in the run.
    ///   - name: its name, as witnesses show it.
    ///   - group: the client group it belongs to; totals are summed by group.
    public func define(process: UInt32, name: String, group: String) {
        var body: [UInt8] = []
        Varint.append(UInt64(process), to: &body)
        for text in [name, group] {
            Varint.append(UInt64(text.utf8.count), to: &body)
            body.append(contentsOf: text.utf8)
        }
        define(.process, body)
    }

    /// The id of a topic in this file; its name is written at first use.
    public func topic(_ name: String) -> UInt32 {
        topic(name.utf8.span)
    }

    /// The id of a topic in this file, from its bytes as they came in a packet; its name is written at first use.
    public func topic(_ bytes: Span<UInt8>) -> UInt32 {
        let (id, isNew) = recorder.pointee.topics.identify(bytes)
        if isNew { define(topic: id) }
        return id
    }

    private func define(topic id: UInt32) {
        let name = recorder.pointee.topics.name(id)
        var body: [UInt8] = []
        Varint.append(UInt64(id), to: &body)
        Varint.append(UInt64(name.count), to: &body)
        body.append(contentsOf: name)
        define(.topic, body)
    }

    /// A CONNACK accepted the connection.
    /// - Parameters:
    ///   - process: the client.
    ///   - at: when the CONNACK was read.
    ///   - sessionPresent: the session-present flag of the CONNACK.
    ///   - clean: whether the client asked for a clean session or a clean start.
    ///   - isVersion5: whether the connection speaks MQTT 5.0.
    public func connected(process: UInt32, at: UInt64, sessionPresent: Bool, clean: Bool, isVersion5: Bool = false) {
        var record = begin(.connected, at: at)
        record.put(process)
        record.put(byte: (sessionPresent ? 1 : 0) | (clean ? 2 : 0) | (isVersion5 ? 4 : 0))
        end(record)
    }

    /// A CONNACK refused the connection with a reason code.
    public func connectionRefused(process: UInt32, at: UInt64, reason: UInt8) {
        var record = begin(.connectionRefused, at: at)
        record.put(process)
        record.put(byte: reason)
        end(record)
    }

    /// The connection ended.
    /// - Parameters:
    ///   - process: the client.
    ///   - at: when it ended or, where the client ended it, when DISCONNECT was sent.
    ///   - reason: the reason code of DISCONNECT, 0 where there was none.
    ///   - byClient: whether the client meant to end it.
    public func disconnected(process: UInt32, at: UInt64, reason: UInt8, byClient: Bool) {
        var record = begin(.disconnected, at: at)
        record.put(process)
        record.put(byte: reason)
        record.put(byte: byClient ? 1 : 0)
        end(record)
    }

    /// A SUBACK answered for one filter, or none came before the connection ended.
    /// - Parameters:
    ///   - process: the client.
    ///   - at: when the SUBACK was read, or when it was known that none would come.
    ///   - filter: the topic filter.
    ///   - requested: the QoS asked for.
    ///   - granted: the QoS granted; 0x80 and above where the subscription was refused; ``TraceEvent/Subscribed/unanswered`` where the connection
    ///     ended before SUBACK, so that nobody knows whether the broker has the subscription.
    ///   - options: what else was asked for.
    ///   - sent: when SUBSCRIBE was sent, at most `at`; `nil` where that is not known.
    public func subscribed(
        process: UInt32, at: UInt64, filter: String, requested: UInt8, granted: UInt8, options: SubscriptionOptions = [],
        sent: UInt64? = nil
    ) {
        var record = begin(.subscribed, at: at, room: 64 + filter.utf8.count)
        record.put(process)
        record.put(text: filter)
        record.put(byte: requested)
        record.put(byte: granted)
        record.put(byte: options.rawValue)
        record.put(sent.map { at &- min($0, at) &+ 1 } ?? 0)
        end(record)
    }

    /// The client withdrew a subscription.
    /// - Parameters:
    ///   - process: the client.
    ///   - at: when UNSUBSCRIBE was sent: from then on the broker may stop at any moment.
    ///   - filter: the topic filter.
    public func unsubscribed(process: UInt32, at: UInt64, filter: String) {
        var record = begin(.unsubscribed, at: at, room: 64 + filter.utf8.count)
        record.put(process)
        record.put(text: filter)
        end(record)
    }

    /// The client sent PUBLISH again by itself, after a reconnect for example, with the same attempt.
    public func resent(process: UInt32, at: UInt64, sequence: UInt64, attempt: UInt32) {
        var record = begin(.resent, at: at)
        record.put(process)
        record.put(sequence)
        record.put(attempt)
        end(record)
    }

    /// A message arrived whose payload is not a whole load message of this run.
    public func deliveredUnreadable(
        process: UInt32, at: UInt64, topic: UInt32, qos: UInt8, retain: Bool, dup: Bool?, packetID: UInt16, cause: Unreadable
    ) {
        var record = begin(.deliveredUnreadable, at: at)
        record.put(process)
        record.put(topic)
        record.put(byte: DeliveryFlags.byte(qos: qos, retain: retain, dup: dup))
        record.put(UInt64(packetID))
        record.put(byte: cause.rawValue)
        end(record)
    }

    /// A step of the run as a whole.
    public func mark(at: UInt64, _ kind: MarkKind, text: String) {
        var record = begin(.mark, at: at, room: 64 + text.utf8.count)
        record.put(byte: kind.rawValue)
        record.put(text: text)
        end(record)
    }

    private func define(_ type: RecordType, _ body: [UInt8]) {
        dictionary.append(type.rawValue)
        Varint.append(UInt64(body.count), to: &dictionary)
        dictionary.append(contentsOf: body)
    }
}
