import Causality
import Trace

/// Applications: behind a causal inbox a message waits for what is in its past and may still come.
extension World {
    /// A message was published: every application that may get it has to wait for it.
    func expect(_ number: Int) {
        let message = messages[number]
        if message.isEmpty { return }
        for client in clients where client.plan.hasInbox {
            if client.plan.filters.contains(where: { TopicFilter.matches($0.filter, message.topic) }) {
                client.inbox.expected.append(number)
            }
        }
    }

    /// A message came in.
    func takeIn(_ packet: PublishPacket, _ number: Int) {
        let message = packet.message
        let client = clients[number]
        guard client.plan.hasInbox else { return process(message, number) }
        // Copies from the past and wills are for nobody to wait for.
        if packet.retain || messages[message].isWill {
            if client.inbox.held.contains(message) { return }
            client.inbox.passed.insert(message)
            return client.inbox.expected.removeAll { $0 == message }
        }
        // What has come as a copy from the past is known.
        if client.inbox.passed.contains(message) || client.inbox.held.contains(message)
            || client.inbox.released.contains(where: { $0.message == message })
        {
            return
        }
        client.inbox.held.append(message)
        schedule(.giveUp(number, message), after: UInt64(client.plan.patience) * 1000)
        releaseFree(number)
    }

    /// An inbox waits no longer.
    func giveUp(_ number: Int, _ message: Int) {
        guard clients[number].inbox.held.contains(message) else { return }
        release(message, number, timedOut: true)
        releaseFree(number)
    }

    private func releaseFree(_ number: Int) {
        let client = clients[number]
        while let free = client.inbox.held.first(where: { isFree($0, client) }) { release(free, number, timedOut: false) }
        // The fault: an inbox that does not wait.
        if let blocked = client.inbox.held.first, injection.isReady(.inboxTooEager, now) {
            injection.strike(client.session, blocked)
            release(blocked, number, timedOut: false)
            releaseFree(number)
        }
    }

    private func isFree(_ message: Int, _ client: Client) -> Bool {
        !client.inbox.expected.contains { $0 != message && isCause($0, of: message) }
    }

    /// Whether a message is in the past of another.
    func isCause(_ cause: Int, of effect: Int) -> Bool {
        let own = messages[cause].stamp[messages[cause].process]
        return cause != effect && messages[effect].stamp[messages[cause].process] >= own
    }

    private func release(_ message: Int, _ number: Int, timedOut: Bool) {
        let client = clients[number]
        client.inbox.held.removeAll { $0 == message }
        client.inbox.expected.removeAll { $0 == message }
        client.inbox.released.append((message, timedOut))
        let key = messages[message]
        client.counts[.processed, default: 0] += 1
        record(number) {
            $0.processed(
                process: $1, at: $2, publisher: key.process, sequence: key.sequence, attempt: key.attempt, timedOut: timedOut)
        }
        process(message, number)
    }

    /// The application sees a message; a relay may publish one of its own.
    private func process(_ message: Int, _ number: Int) {
        let client = clients[number]
        client.stamp.merge(messages[message].stamp)
        var due = messages[message].stamp
        due[messages[message].process] = messages[message].due[messages[message].process]
        client.due.merge(due)
        takeNote(message, number)
        guard var relay = client.plan.relay, now < plan.publishingEnd + 40_000_000, random.chance(40) else { return }
        relay.at = now
        client.waiting.append(relay)
        publishWaiting(number)
    }
}
