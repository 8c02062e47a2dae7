/// What arrived on resumed connections, as far as it shows that the broker still had the session.
struct ResumedArrivals {
    private var oldest: [Key: UInt64] = [:]

    private struct Key: Hashable {
        var session: Int
        var connection: Int
    }

    /// Takes what came on a resumed connection.
    /// - Parameter sent: when it was sent; 0 where that cannot be told.
    mutating func take(session: Int, connection: Int, sent: UInt64) {
        oldest[Key(session: session, connection: connection), default: .max] = min(
            sent, oldest[Key(session: session, connection: connection)] ?? .max)
    }

    mutating func add(_ other: ResumedArrivals) {
        oldest.merge(other.oldest, uniquingKeysWith: min)
    }

    /// When the oldest message was sent that came on a connection of the session or on a later one; the end of time where none came.
    func oldest(session: Int, from connection: Int, count: Int) -> UInt64 {
        (connection..<max(connection, count)).compactMap { oldest[Key(session: session, connection: $0)] }.min() ?? .max
    }
}

extension DeliveryPass {
    /// Takes over what another shard found of sessions, wills and retained messages.
    mutating func addSessions(_ other: DeliveryPass) {
        violations.add(other.violations)
        wills.merge(other.wills) { one, _ in one }
        retainedArrivals.formUnion(other.retainedArrivals)
        resumed.add(other.resumed)
    }

    /// Notes a delivery on a connection that is not its session's first.
    mutating func noteArrival(_ session: Int, _ process: Int, _ publisher: Int, _ position: Int) {
        let table = index.publishes.publishers[publisher]
        let sent = index.shareClock(table.process, process) ? table.sent[position] : 0
        resumed.take(session: session, connection: cursors[process].connection, sent: sent)
    }
}

extension Settlement {
    /// Finds the resume after which nothing of two messages and more arrived that the session was owed: the broker said that it had the session,
    /// but its state was gone [MQTT-3.1.2-5].
    /// - Parameter sent: when each missing message was sent.
    /// - Returns: the span in which the missing messages were sent that this explains.
    mutating func findLostState(_ session: Int, sent: [UInt64]) -> Range<UInt64>? {
        let connections = index.sessions[session].connections
        guard doubts.isQuiescent, !index.processes[index.sessions[session].process].isDamaged else { return nil }
        for number in connections.indices.dropFirst() where connections[number].isResume {
            let lost = connections[number - 1].to
            let again = index.sessions[session].subscriptions.flatMap(\.grants).map(\.from).filter { $0 > connections[number].from }.min()
            let span = lost..<max(lost, again ?? .max)
            let owed = sent.count { $0 > lost && span.contains($0) }
            guard owed >= (index.mutant == .resumeNeedsThreeLosses ? 3 : 2),
                pass.resumed.oldest(session: session, from: number, count: connections.count) >= span.upperBound
            else { continue }
            addLostState(session, number, owed)
            return span
        }
        return nil
    }

    private mutating func addLostState(_ session: Int, _ number: Int, _ owed: Int) {
        let connections = index.sessions[session].connections
        let name = index.processes[index.sessions[session].process].name
        violations.add(
            .falseResume,
            Witness(
                sentence:
                    "The broker told \(name) that its session was present, but none of the \(owed) messages came that it was owed since "
                    + "its connection had ended.",
                topic: index.filterNames(of: session).joined(separator: ", "), subscriber: name,
                events: [connections[number - 1].event, connections[number].event]))
    }
}
