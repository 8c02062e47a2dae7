public import Causality

// The events that a load run is made of. Each follows the lane of the one before it of its kind, or opens one.
extension TraceWriter {
    /// An attempt to publish: PUBLISH was written, or queued to be written.
    /// - Parameters:
    ///   - process: the publisher.
    ///   - at: when it was handed to the network.
    ///   - topic: an id of ``topic(_:)-(String)``.
    ///   - qos: 0, 1 or 2.
    ///   - retain: the RETAIN flag.
    ///   - sequence: the publisher's number of the message, over all its topics.
    ///   - attempt: which attempt to publish this message it is.
    ///   - intended: when the open-loop schedule meant it to be sent.
    ///   - stamp: the vector timestamp that the message carries.
    ///   - isEmpty: whether its payload is empty, so that with `retain` it clears the topic's retained message.
    public func published(
        process: UInt32, at: UInt64, topic: UInt32, qos: UInt8, retain: Bool, sequence: UInt64, attempt: UInt32, intended: UInt64,
        stamp: VectorTimestamp, isEmpty: Bool = false
    ) {
        if stamp.entries.count == 1, stamp.entries[0].process == process {
            published(
                process: process, at: at, topic: topic, qos: qos, retain: retain, sequence: sequence, attempt: attempt, intended: intended,
                own: stamp.entries[0].count, isEmpty: isEmpty)
        } else {
            let event = Publish(process, at, topic, Self.flags(qos, retain, isEmpty), sequence, attempt, intended)
            recordWithPast(event, stamp)
        }
    }

    /// An attempt to publish by a process that nothing was delivered to before: its stamp has the one entry {`process`: `own`}. The record is that of
    /// ``published(process:at:topic:qos:retain:sequence:attempt:intended:stamp:isEmpty:)``, without a stamp being made for it.
    /// - Parameter own: how many messages the process has published, this one included; at least 1.
    public func published(
        process: UInt32, at: UInt64, topic: UInt32, qos: UInt8, retain: Bool, sequence: UInt64, attempt: UInt32, intended: UInt64,
        own: UInt64, isEmpty: Bool = false
    ) {
        let event = Publish(process, at, topic, Self.flags(qos, retain, isEmpty), sequence, attempt, intended)
        guard let key = event.key(own: own, isAlone: true) else {
            return recordWithPast(event, VectorTimestamp(CollectionOfOne(.init(process: process, count: own))))
        }
        if follow(event, key) { return }
        guard version.hasLanes else {
            return recordWithPast(event, VectorTimestamp(CollectionOfOne(.init(process: process, count: own))))
        }
        stamps[history(of: process)].isPassedBy = true
        open(event, key, own: own, isAlone: true)
    }

    /// An attempt ended.
    /// - Parameters:
    ///   - process: the publisher.
    ///   - at: when it was known.
    ///   - sequence: as in ``published(process:at:topic:qos:retain:sequence:attempt:intended:stamp:)``.
    ///   - attempt: as there.
    ///   - outcome: how it ended.
    ///   - reason: the reason code of the acknowledgement, 0 where there is none.
    public func completed(process: UInt32, at: UInt64, sequence: UInt64, attempt: UInt32, outcome: PublishOutcome, reason: UInt8) {
        let key = LaneTable.Key.completed(process: process, attempt: attempt, outcome: outcome, reason: reason)
        if recorder.pointee.follow(.completed, key, at: at, sequence: (sequence, sequence &+ 1), second: (0, 0)) { return }
        var record = begin(.completed, opening: key, at: at, sequence: sequence &+ 1)
        record.put(process)
        record.put(sequence)
        record.put(attempt)
        record.put(byte: outcome.rawValue)
        record.put(byte: reason)
        end(record)
    }

    /// A load message of this run arrived and its checksum is right.
    /// - Parameters:
    ///   - process: the subscriber.
    ///   - at: when it was read.
    ///   - publisher: the publisher that the payload names.
    ///   - sequence: its number in the payload.
    ///   - attempt: its attempt in the payload.
    ///   - topic: the topic of the packet, as an id of this file.
    ///   - qos: the QoS of the packet.
    ///   - retain: its RETAIN flag.
    ///   - dup: its DUP flag; `nil` where the engine does not show it.
    ///   - packetID: its packet identifier, 0 at QoS 0.
    public func delivered(
        process: UInt32, at: UInt64, publisher: UInt32, sequence: UInt64, attempt: UInt32, topic: UInt32, qos: UInt8, retain: Bool,
        dup: Bool?, packetID: UInt16
    ) {
        let flags = DeliveryFlags.byte(qos: qos, retain: retain, dup: dup)
        let key = LaneTable.Key.delivered(process: process, publisher: publisher, topic: topic, attempt: attempt, flags: flags)
        let next = UInt64(PacketID.next(packetID))
        if recorder.pointee.follow(.delivered, key, at: at, sequence: (sequence, sequence &+ 1), second: (UInt64(packetID), next)) {
            return
        }
        var record = begin(.delivered, opening: key, at: at, sequence: sequence &+ 1, second: next)
        record.put(process)
        record.put(publisher)
        record.put(sequence)
        record.put(attempt)
        record.put(topic)
        record.put(byte: flags)
        record.put(UInt64(packetID))
        end(record)
    }

    /// A subscriber's last acknowledgement of a packet left (PUBACK or PUBCOMP). A client whose trace has none of these says nothing
    /// about its packets in flight.
    public func acknowledged(process: UInt32, at: UInt64, packetID: UInt16) {
        let key = LaneTable.Key.acknowledged(process: process)
        let next = UInt64(PacketID.next(packetID))
        if recorder.pointee.follow(.acknowledged, key, at: at, sequence: (0, 0), second: (UInt64(packetID), next)) { return }
        var record = begin(.acknowledged, opening: key, at: at, sequence: 0, second: next)
        record.put(process)
        record.put(UInt64(packetID))
        end(record)
    }
}

/// What a published record says but for the stamp.
private struct Publish {
    let process: UInt32
    let at: UInt64
    let topic: UInt32
    let flags: UInt8
    let sequence: UInt64
    let attempt: UInt32
    let intended: UInt64

    @inline(__always)
    init(_ process: UInt32, _ at: UInt64, _ topic: UInt32, _ flags: UInt8, _ sequence: UInt64, _ attempt: UInt32, _ intended: UInt64) {
        self.process = process
        self.at = at
        self.topic = topic
        self.flags = flags
        self.sequence = sequence
        self.attempt = attempt
        self.intended = intended
    }

    /// How far it was meant ahead of when it happened.
    @inline(__always)
    var lead: UInt64 { intended &- at }

    /// What it has in common with the others of its lane; `nil` where it can have none, as its own count is too far from its sequence.
    @inline(__always)
    func key(own: UInt64, isAlone: Bool) -> LaneTable.Key? {
        guard let ahead = Int32(exactly: Int64(bitPattern: own &- sequence)) else { return nil }
        return .published(process: process, topic: topic, attempt: attempt, flags: flags, ahead: ahead, isAlone: isAlone)
    }
}

extension TraceWriter {
    @inline(__always)
    private static func flags(_ qos: UInt8, _ retain: Bool, _ isEmpty: Bool) -> UInt8 {
        (qos & 0b11) | (retain ? 4 : 0) | (isEmpty ? 8 : 0)
    }

    @inline(__always)
    private func follow(_ event: Publish, _ key: LaneTable.Key) -> Bool {
        recorder.pointee.follow(
            .published, key, at: event.at, sequence: (event.sequence, event.sequence &+ 1), second: (event.lead, event.lead))
    }

    private func open(_ event: Publish, _ key: LaneTable.Key, own: UInt64, isAlone: Bool) {
        var record = begin(.published, opening: key, at: event.at, sequence: event.sequence &+ 1, second: event.lead)
        put(event, in: &record)
        record.put(UInt64(isAlone ? 3 : 2))
        record.put(event.process)
        record.put(own)
        end(record)
    }

    /// Records a publish whose stamp may have any entries.
    private func recordWithPast(_ event: Publish, _ stamp: VectorTimestamp) {
        let index = history(of: event.process)
        if stamps[index].isPassedBy {
            // From now on what lanes say of this publisher's stamps is to pass through the history.
            recorder.pointee.closeLanes { $0.isAlone(event.process) }
            stamps[index].forget()
        }
        let isFull = stamps[index].advance(to: stamp)
        let changed = stamps[index].changed
        if version.hasLanes, !isFull, changed.count == 1, changed[0].process == event.process,
            let key = event.key(own: changed[0].count, isAlone: false)
        {
            if !follow(event, key) { open(event, key, own: changed[0].count, isAlone: false) }
            return
        }
        // One process step and one count an entry; each is far smaller as a rule.
        var record = begin(.published, at: event.at, room: 64 + changed.count * 15)
        put(event, in: &record)
        record.put(UInt64(changed.count) << 1 | (isFull ? 1 : 0))
        var previous: UInt32 = 0
        for entry in changed {
            record.put(entry.process - previous)
            record.put(entry.count)
            previous = entry.process
        }
        end(record)
    }

    private func put(_ event: Publish, in record: inout RecordWriter) {
        record.put(event.process)
        record.put(event.topic)
        record.put(byte: event.flags)
        record.put(event.sequence)
        record.put(event.attempt)
        record.put(ZigZag.encode(Int64(bitPattern: event.lead)))
    }

    private func history(of process: UInt32) -> Int {
        if let known = stampIndices[process] { return known }
        stampIndices[process] = stamps.count
        stamps.append(StampHistory())
        return stamps.count - 1
    }
}
