import Trace

extension DeliveryPass {
    /// Judges the DUP flag and the packet identifier of a delivery, once it is known what it is.
    /// - Parameters:
    ///   - isFirst: whether nothing of the message had come in this session.
    ///   - isReported: whether the copy is too many. Then its flags are not judged: one fault, one violation.
    @inline(__always)
    mutating func judgePacket(
        _ event: TraceEvent.Delivered, _ number: Int, _ rank: Int, isFirst: Bool, isReported: Bool, _ match: TopicMatch, _ finding: Finding
    ) {
        guard packets.isWatched[finding.subscriber] else {
            if event.dup == false, !isFirst, !isReported, !event.retain, event.qos > 0 { packets.unclear.insert(finding.subscriber) }
            return
        }
        judgeShownPacket(event, number, rank, isFirst, isReported, match, finding)
    }

    private mutating func judgeShownPacket(
        _ event: TraceEvent.Delivered, _ number: Int, _ rank: Int, _ isFirst: Bool, _ isReported: Bool, _ match: TopicMatch,
        _ finding: Finding
    ) {
        guard event.qos > 0 else {
            // [MQTT-3.3.1-2]
            if event.dup == true, !isReported { add(.dupFlagForged, finding, .packet(0)) }
            return
        }
        guard event.packetID != 0 else { return }
        let entry = PacketTable.Entry(
            state: Int32(number), rank: rank, connection: cursors[finding.subscriber].connection,
            isInFlight: packets.showsAcknowledgements[finding.subscriber])
        let before = exchange(entry, event.packetID, finding.subscriber)
        guard !isReported else { return }
        guard before.isSameMessage(as: entry) else {
            if before.isInFlight, before.isKnown { return add(.idCollision, finding, .packet(event.packetID)) }
            if event.dup == true, !match.isShared, before.state != PacketTable.Entry.unknown,
                isFirst || before.state == PacketTable.Entry.never, isSurelyFirst(finding)
            {
                add(.dupFlagForged, finding, .packet(event.packetID))
            }
            return
        }
        switch event.dup {
        case false? where !event.retain && (before.isInFlight || isWrittenOnce(match, finding)):
            add(.dupFlagMissing, finding, .packet(event.packetID))
        case true? where before.connection == entry.connection && entry.connection >= 0 && isVersion5(finding.subscriber):
            add(.illegalResend, finding, .packet(event.packetID))
        default: break
        }
    }

    /// Reads the deliveries of those clients once more whose packets turned out to matter.
    mutating func readUnclearPackets() {
        guard !packets.unclear.isEmpty else { return }
        var pass = DeliveryPass(index, expectations, Shard(of: packets.unclear, index), isWatchful: true)
        pass.read()
        findings.add(.dupFlagMissing, of: pass.findings)
    }

    /// A packet came that is no message of a publisher's table: a will, or a payload that says nothing.
    mutating func notePacket(_ packet: UInt16, _ process: Int, _ state: Int32, _ finding: @autoclosure () -> Finding) {
        guard packet != 0, packets.isWatched[process] else { return }
        let entry = PacketTable.Entry(
            state: state, rank: 0, connection: cursors[process].connection,
            isInFlight: packets.showsAcknowledgements[process])
        let before = exchange(entry, packet, process)
        if entry.isKnown, before.isInFlight, before.isKnown, !before.isSameMessage(as: entry) {
            add(.idCollision, finding(), .packet(packet))
        }
    }

    mutating func acknowledge(_ event: TraceEvent.Acknowledged, _ process: Int) {
        packets.acknowledge(process, packet: event.packetID, all: index.mutant == .acknowledgementFreesAll)
    }

    private mutating func exchange(_ entry: PacketTable.Entry, _ packet: UInt16, _ process: Int) -> PacketTable.Entry {
        packets.exchange(
            process, session: index.processes[process].sessions[cursors[process].session], packet: packet, entry)
    }

    /// Whether no earlier copy of a packet can have been on its way to this client: its session was never resumed, or the message was sent
    /// after the connection began.
    private func isSurelyFirst(_ finding: Finding) -> Bool {
        guard index.mutant != .trustsFirstDup, let connection = connection(of: finding.subscriber) else { return false }
        let session = index.sessions[index.processes[finding.subscriber].sessions[cursors[finding.subscriber].session]]
        if !session.isInherited, !connection.isResume { return true }
        guard let publisher = finding.publisher.map({ index.publishes.publishers[$0] }), let attempt = finding.attempt else { return false }
        return publisher.sent[attempt] > connection.from && index.shareClock(publisher.process, finding.subscriber)
    }

    /// Whether the broker has reason for one packet only: the publisher wrote the message once, and one subscription matches.
    private func isWrittenOnce(_ match: TopicMatch, _ finding: Finding) -> Bool {
        guard let publisher = finding.publisher, let attempt = finding.attempt else { return false }
        let state = index.publishes.publishers[publisher].states[attempt]
        return state.transmissions == 1 && !state.lostSession && !state.isBlurred && match.subscriptions.count == 1
    }

    private func isVersion5(_ process: Int) -> Bool {
        (connection(of: process)?.isVersion5 ?? false) && index.mutant != .takesVersion5ForVersion3
    }

    /// The present connection of a process; `nil` where the trace does not tell of it.
    func connection(of process: Int) -> Session.Connection? {
        let cursor = cursors[process]
        guard cursor.session >= 0, cursor.connection >= 0 else { return nil }
        let connections = index.sessions[index.processes[process].sessions[cursor.session]].connections
        return cursor.connection < connections.count ? connections[cursor.connection] : nil
    }
}
