import Causality

/// The truth about causes, locks and clocks.
extension World {
    /// Messages that arrived at the process that the fault concerns after something that depends on them.
    func wireInversions() -> Int {
        guard let session = injection.session else { return 0 }
        var arrived: [Int] = []
        for delivery in deliveries where delivery.session.client == session.client && !arrived.contains(delivery.message) {
            arrived.append(delivery.message)
        }
        return inversions(arrived)
    }

    /// The same of what came out of its inbox; none where that had given up waiting, which excuses much.
    func processedInversions() -> Int {
        guard let session = injection.session else { return 0 }
        let released = clients[session.client].inbox.released
        return released.contains { $0.timedOut } ? 0 : inversions(released.map(\.message))
    }

    private func inversions(_ order: [Int]) -> Int {
        order.indices.count { late in order[..<late].contains { isCause(order[late], of: $0) } }
    }

    /// Sections that came in while the one that lingers had not been released; 0 where that says nothing.
    func overlaps(_ fault: Fault) -> Int {
        guard injection.hasStruck else { return 0 }
        for lock in locks {
            for (number, section) in lock.sections.enumerated() {
                let later = lock.sections[(number + 1)...].filter { $0.acquired < section.released ?? .max }
                if fault == .overlap, section.released == nil { continue }
                if !later.isEmpty { return later.count }
            }
        }
        return 0
    }

    /// Whether there is a stream of which nothing shows what was due at a client on another clock: nothing of it arrived, and the client
    /// subscribed too late, or it withdrew a subscription at a moment that cannot be compared.
    func crossesClocks() -> Bool {
        let marked = Plan.publishingStart - 10_000_000
        return clients.indices.contains { number in
            guard clients[number].wasConnectedAtEnd, let session = clients[number].session else { return false }
            return messages.contains { message in
                guard plan.clients[message.client].host != plan.clients[number].host, message.isAccepted else { return false }
                let granted = session.granted.filter { TopicFilter.matches($0.filter, message.topic) }
                if granted.isEmpty { return false }
                let hasArrived = deliveries.contains {
                    $0.session === session && !$0.retain && $0.payload == .whole && messages[$0.message].sharesStream(with: message)
                }
                let mayHaveLeft = session.withdrawn.keys.contains { filter in
                    TopicFilter.matches(filter, message.topic)
                        && (!session.wasBegun || session.unanswered.contains { $0.filter == filter })
                }
                return mayHaveLeft || granted.contains { $0.to != .max } || !hasArrived && !granted.contains { $0.from <= marked }
            }
        }
    }
}
