import Trace

/// Says in one plain sentence what a finding means.
struct WitnessSentence {
    let index: RunIndex

    func text(_ finding: Finding) -> String {
        let subscriber = index.processes[finding.subscriber].name
        switch finding.kind {
        case .lost, .unseen:
            return missing(finding, subscriber)
        case .duplicateQoS0, .duplicateQoS2, .redelivered:
            return duplicate(finding, subscriber)
        case .reorder, .reorderAfterResume:
            let resumed = finding.kind == .reorderAfterResume ? " when its session was resumed" : ""
            if case .notRepeated = finding.detail {
                return "\(message(finding)) was not delivered again to \(subscriber)\(resumed), although the earlier \(other(finding)) was."
            }
            return "\(message(finding)) reached \(subscriber) after its later \(other(finding))\(resumed)."
        case .unexpected:
            return unexpected(finding, subscriber)
        case .abortedRead:
            return "\(message(finding)) reached \(subscriber) although its publish was refused."
        case .corrupt:
            return "A message with a damaged payload reached \(subscriber) on \(topic(finding.topic))."
        case .misrouted:
            if case .deliveredOn(let other) = finding.detail {
                return "\(message(finding)) reached \(subscriber) on the topic \(topic(other))."
            }
            return "\(message(finding)) reached \(subscriber), which has no subscription that matches it."
        case .wrongQoS:
            return wrongQoS(finding, subscriber)
        case .stampCorrupt:
            return "\(message(finding)) carries a vector timestamp that differs from what \(subscriber) had published and received."
        case .causalInversion:
            let verb = if case .processed = finding.detail { "was processed at" } else { "reached" }
            return "\(message(finding)) \(verb) \(subscriber) after \(effect(finding)), which depends on it."
        case .sharedLost, .sharedDuplicate, .sharedNonmember:
            return shared(finding, subscriber)
        case .retainedStale, .retainedNotCleared, .retainedMissing, .retainFlagForged:
            return retained(finding, subscriber)
        case .dupFlagMissing, .dupFlagForged, .illegalResend, .idCollision:
            return packet(finding, subscriber)
        default:
            // Classes that are no matter of one message build their witnesses themselves.
            return "\(message(finding)) reached \(subscriber): \(finding.kind.rawValue)."
        }
    }

    private func missing(_ finding: Finding, _ subscriber: String) -> String {
        if case .copies(let came, let owed) = finding.detail {
            return "\(message(finding)) reached \(subscriber) \(came == 1 ? "once" : "\(came) times"), and \(owed) of its filters match: "
                + "a copy for each is expected."
        }
        guard finding.kind == .unseen else {
            let first = if case .prefix = finding.detail { ", the first of its stream to arrive" } else { "" }
            return "\(message(finding)) never reached \(subscriber), although its \(other(finding)) did\(first)."
        }
        return "\(message(finding)) never reached \(subscriber), and nothing later of its stream did"
            + (finding.other == nil ? "; nothing of it did at all." : ": the last was \(other(finding)).")
    }

    /// `orders/7 message 412 of publisher-3 (QoS 1, acknowledged)`
    private func message(_ finding: Finding) -> String {
        guard let number = finding.publisher, let attempt = finding.attempt else { return "A message on \(topic(finding.topic))" }
        let publisher = index.publishes.publishers[number]
        let key = publisher.key(at: attempt)
        let qos = index.publishes.streams[Int(publisher.stream[attempt])].qos
        let outcome =
            switch publisher.states[attempt].outcome {
            case .acked: qos == 0 ? "written" : "acknowledged"
            case .refused, .withheld: publisher.states[attempt].hasLeft ? "refused" : "never sent"
            case .unknown, nil: "not acknowledged"
            }
        let again = key.attempt > 1 ? ", attempt \(key.attempt)" : ""
        return "\(topic(finding.topic)) message \(key.sequence)\(again) of \(name(publisher)) (QoS \(qos), \(outcome))"
    }

    private func other(_ finding: Finding) -> String {
        guard let number = finding.publisher, let other = finding.other else { return "later message" }
        return "message \(index.publishes.publishers[number].key(at: other).sequence)"
    }

    /// `orders/8 message 3 of relay-1`
    private func effect(_ finding: Finding) -> String {
        guard let effect = finding.effect else { return "a message" }
        let publisher = index.publishes.publishers[Int(effect.publisher)]
        let position = Int(effect.position)
        let topic = index.publishes.streams[Int(publisher.stream[position])].topic
        return "\(self.topic(topic)) message \(publisher.key(at: position).sequence) of \(name(publisher))"
    }

    private func duplicate(_ finding: Finding, _ subscriber: String) -> String {
        guard case .copies(let count, let allowed) = finding.detail else {
            return "\(message(finding)) reached \(subscriber) again, which the expectations forbid."
        }
        return "\(message(finding)) reached \(subscriber) \(count) times; \(allowed == 1 ? "1 copy is" : "\(allowed) copies are") allowed."
    }

    private func wrongQoS(_ finding: Finding, _ subscriber: String) -> String {
        switch finding.detail {
        case .qos(let qos, let expected):
            let right = ([0, 1, 2] as [UInt8]).filter(expected.contains).map { "QoS \($0)" }.joined(separator: " or ")
            return "\(message(finding)) reached \(subscriber) at QoS \(qos); by what was granted it had to come at \(right)."
        case .below(let granted):
            return
                "\(message(finding)) reached \(subscriber) below QoS \(granted) only, although a subscription that matches was granted that."
        default: return "\(message(finding)) reached \(subscriber) at a wrong QoS."
        }
    }

    private func unexpected(_ finding: Finding, _ subscriber: String) -> String {
        guard case .number(let sequence, let attempt) = finding.detail else {
            return "A message that is not of this run reached \(subscriber) on \(topic(finding.topic))."
        }
        let publisher = finding.publisher.map { name(index.publishes.publishers[$0]) } ?? "a client that published nothing"
        let again = attempt > 1 ? ", attempt \(attempt)" : ""
        return "\(topic(finding.topic)) message \(sequence)\(again) of \(publisher) reached \(subscriber), but it was never published."
    }

    private func shared(_ finding: Finding, _ subscriber: String) -> String {
        guard case .group(let filter, let other) = finding.detail else { return "\(message(finding)): \(finding.kind.rawValue)." }
        let group = index.filters.names[filter]
        switch finding.kind {
        case .sharedLost:
            return "\(message(finding)) reached no member of the group \(group), although \(subscriber) was there for it all along."
        case .sharedNonmember:
            return
                "\(message(finding)) reached \(subscriber), which is no member of the group \(group) and has no subscription that matches it."
        default:
            let first = other.map { index.processes[$0].name } ?? "one member"
            return "\(message(finding)) reached both \(first) and \(subscriber) of the group \(group)."
        }
    }

    private func retained(_ finding: Finding, _ subscriber: String) -> String {
        switch finding.kind {
        case .retainedMissing:
            return "\(message(finding)) was the retained message when \(subscriber) subscribed, and never reached it as such."
        case .retainFlagForged:
            return "\(message(finding)) reached \(subscriber) with the RETAIN flag, although it came from no register."
        default:
            guard case .replacedBy(let number, let attempt) = finding.detail else {
                return "\(message(finding)): \(finding.kind.rawValue)."
            }
            let later = index.publishes.publishers[number]
            let what = finding.kind == .retainedStale ? "replaced it" : "cleared it"
            return
                "\(message(finding)) reached \(subscriber) as the retained message, although message \(later.key(at: attempt).sequence) of "
                + "\(name(later)) had \(what) before \(subscriber) subscribed."
        }
    }

    private func packet(_ finding: Finding, _ subscriber: String) -> String {
        let packet = if case .packet(let id) = finding.detail, id > 0 { " with packet identifier \(id)" } else { "" }
        switch finding.kind {
        case .dupFlagMissing: return "\(message(finding)) reached \(subscriber) again\(packet), without the DUP flag."
        case .dupFlagForged:
            return
                "\(message(finding)) reached \(subscriber)\(packet) with the DUP flag, although the broker had not sent that packet before."
        case .illegalResend: return "\(message(finding)) was sent again to \(subscriber)\(packet) on the same connection of MQTT 5.0."
        default: return "\(message(finding)) reached \(subscriber)\(packet), which another message held that was not acknowledged yet."
        }
    }

    private func name(_ publisher: Publisher) -> String { index.processes[publisher.process].name }

    private func topic(_ number: UInt32) -> String { index.topics.names[Int(number)] }
}
