extension Settlement {
    /// Reports the wills that did not come although their clients' connections ended without DISCONNECT [MQTT-3.1.2-8].
    mutating func settleWills() {
        for (number, message) in index.wills.messages.enumerated() where message.ends.contains(where: { $0.kind == .due }) {
            for session in index.sessions.indices where index.sessions[session].livedToEnd { settle(number, message, session) }
        }
    }

    private mutating func settle(_ number: Int, _ message: WillTable.Message, _ session: Int) {
        let process = index.sessions[session].process
        let topic = message.will.topic
        let match = pass.match(session: session, topic: topic)
        guard !match.plain.isEmpty, index.shareClock(message.process, process) else { return }
        let subscriptions = match.plain.map { index.sessions[session].subscriptions[$0] }
        let end = index.processes[process].clock.flatMap { index.drainEnd[$0] } ?? .max
        let due = message.ends.count { registration in
            guard registration.kind == .due else { return false }
            let granted = subscriptions.compactMap { $0.surelyGranted(sent: registration.alive, accepted: end) }.max()
            return min(granted ?? 0, message.will.qos) > (index.mutant == .willDueAtQoS2Only ? 1 : 0)
        }
        let arrivals = pass.wills[.init(session: session, message: number)]
        let missing = due - (arrivals.map { $0.copies.all + $0.aside } ?? 0)
        guard missing > 0, pass.corrupt[.init(session: session, topic: topic)] == nil else { return }
        for _ in 0..<missing {
            if index.processes[process].isDamaged || index.processes[message.process].isDamaged {
                doubts.unprovenMissing += 1
            } else if !doubts.isQuiescent {
                doubts.unprovenUnseen += 1
            } else {
                violations.add(.willMissing, index.witness(message, process, .missing, []))
            }
        }
    }
}
