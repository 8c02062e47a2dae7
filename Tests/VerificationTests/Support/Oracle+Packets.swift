import Trace
import Verification

extension Oracle {
    mutating func judgeAcknowledgements() {
        guard expectations.acknowledgementOrder == .kept else { return }
        for publisher in Set(messages.map(\.publisher)) {
            var written: [String] = []
            var answered: [Int] = []
            var ended: Set<String> = []
            for step in steps where step.process == publisher {
                switch step.action {
                case .connect: (written, answered) = ([], [])
                case .publish(_, _, let sequence, let attempt), .resend(let sequence, let attempt):
                    written.append("\(publisher)/\(sequence).\(attempt)")
                case .complete(let sequence, let attempt, let outcome):
                    let name = "\(publisher)/\(sequence).\(attempt)"
                    guard !ended.contains(name) else { continue }
                    if outcome != .unknown { ended.insert(name) }
                    let places = written.indices.filter { written[$0] == name }
                    guard outcome == .acked, messages.first(where: { $0.name == name })?.qos == 1, places.count == 1 else { continue }
                    if answered.contains(where: { $0 > places[0] }) { add(.ackOrder) }
                    answered.append(places[0])
                default: break
                }
            }
        }
    }

    private func acknowledges(_ process: String) -> Bool {
        steps.contains { if case .acknowledge = $0.action { $0.process == process } else { false } }
    }

    private func showsPackets(_ process: String) -> Bool {
        acknowledges(process)
            || steps.contains { if case .receive = $0.action { $0.process == process && $0.details.dup != nil } else { false } }
    }

    private func isInFlight(_ packet: Packet, _ packets: [Packet], _ session: Session, at: UInt64) -> Bool {
        // A copy that came behind the acknowledgement of the one before may have crossed it.
        let before = packets.last { $0.id == packet.id && $0.at < packet.at }
        if let before, before.name == packet.name, !isInFlight(before, packets, session, at: packet.at) { return false }
        return acknowledges(session.subscriber)
            && !steps.contains {
                guard case .acknowledge(packet.id) = $0.action else { return false }
                return $0.process == session.subscriber && $0.at > packet.at && $0.at < at
            }
    }

    mutating func judgePackets(_ session: Session) {
        guard showsPackets(session.subscriber) else { return }
        // What was refused or nobody wanted cannot be told from other messages.
        let packets = session.packets.map { packet in
            var told = packet
            if let receipt = session.receipts.first(where: { $0.at == packet.at }) {
                let isTold = receipt.message.outcome != .refused && receipt.message.topic == receipt.topic && isWanted(session, receipt)
                if !isTold { told.name = nil }
            }
            return told
        }
        for (index, packet) in packets.enumerated() {
            let before = packets[..<index].last { $0.id == packet.id }
            guard let name = packet.name else { continue }
            let receipt = session.receipts.first { $0.at == packet.at }
            if let receipt, isTooMany(receipt, session) { continue }
            if let before, before.name == name {
                if let receipt { judgeRepetition(receipt, packet, before, packets, session) }
            } else if let before, let other = before.name, other != name, isInFlight(before, packets, session, at: packet.at) {
                add(.idCollision)
            } else if let receipt, receipt.details.dup == true, before == nil || before?.name != nil {
                let isFirst = !session.receipts.contains { $0.at < receipt.at && $0.message.name == name && hasArrived($0, session) }
                let connection = session.connections[packet.connection]
                let isSure = (!session.isInherited && !connection.resumed) || receipt.message.sent > connection.from
                let isShared = matching(session, receipt.topic).contains(where: \.isShared)
                if isFirst || before == nil, isSure, !isShared { add(.dupFlagForged) }
            }
        }
        for receipt in session.receipts where receipt.details.qos == 0 && receipt.details.dup == true {
            guard receipt.message.outcome != .refused, receipt.topic == receipt.message.topic, isWanted(session, receipt) else { continue }
            if !isTooMany(receipt, session) { add(.dupFlagForged) }
        }
    }

    private mutating func judgeRepetition(
        _ receipt: Receipt, _ packet: Packet, _ before: Packet, _ packets: [Packet], _ session: Session
    ) {
        let message = receipt.message
        if receipt.details.dup == false, !receipt.retain {
            let isWrittenOnce = message.transmissions == 1 && !message.lostSession && matching(session, receipt.topic).count == 1
            if isWrittenOnce || isInFlight(before, packets, session, at: packet.at) { add(.dupFlagMissing) }
        } else if receipt.details.dup == true, before.connection == packet.connection, session.connections[packet.connection].isVersion5 {
            add(.illegalResend)
        }
    }

    private func hasArrived(_ receipt: Receipt, _ session: Session) -> Bool {
        receipt.message.outcome != .refused && (receipt.topic != receipt.message.topic || isWanted(session, receipt))
    }

    /// Whether a copy is one that another rule reports.
    private func isTooMany(_ receipt: Receipt, _ session: Session) -> Bool {
        if isWanted(session, receipt), isAtWrongQoS(session, receipt) { return true }
        guard !receipt.retain else { return false }
        let copies = live(session, receipt.message)
        let earlier = copies.count { $0.at < receipt.at }
        if earlier == 0 { return false }
        if isTooMany(session, copies, earlier) { return true }
        return expectations.redelivery == .forbidden && !isForAnotherFilter(session, receipt.message, earlier)
    }
}
