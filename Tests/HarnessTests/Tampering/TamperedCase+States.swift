import MQTT
import Workload

/// What a broker keeps for others: wills, registers, groups that share a subscription, and sessions that wait.
extension TamperedCase {
    /// A client with a will, and who reads it.
    private static func willed(_ life: String, qos: Int = 1) -> String {
        """
          - {name: dev, count: 1, will: {topic: w/%i, qos: \(qos)}, life: {\(life)}, publish: {topic: t/%i, qos: 1, rate: 100/s, messages: 80}}
          - {name: sub, count: 1, subscribe: {filters: [t/+, w/+], qos: \(qos)}}
        """
    }

    private static let dropped = "away: {after: 200ms, for: 200ms, by: drop}"

    /// Two registers that are filled before somebody reads them.
    private static func registers(_ more: String = "") -> String {
        """
          - {name: pub, count: 2, publish: {topic: r/%i, qos: 1, retain: true, rate: 50/s, messages: 4\(more)}}
          - {name: sub, count: 1, life: {join: {after: 500ms}}, subscribe: {filters: [r/+], qos: 1}}
          - {name: late, count: 1, publish: {topic: other, qos: 1, rate: 10/s, messages: 10}}
        """
    }

    /// Two members of a group, and somebody who is none.
    private static func shared(_ qos: Int) -> String {
        """
          - {name: pub, count: 1, publish: {topic: t/%i, qos: \(qos), rate: 200/s, messages: 120}}
          - {name: sub, count: 2, subscribe: {filters: [$share/g/t/+], qos: \(qos)}}
          - {name: pub-x, count: 1, publish: {topic: x, qos: \(qos), rate: 20/s, messages: 10}}
          - {name: other, count: 1, subscribe: {filters: [x], qos: \(qos)}}
        """
    }

    /// A fault that meets the first will that goes to a subscriber.
    private static func will(
        _ body: @escaping @Sendable (Packet, TamperingProxy.Connection) -> [Packet]
    ) -> @Sendable () -> TamperingProxy.Fault {
        {
            let memory = TamperingMemory()
            return { packet, way, connection in
                guard way == .toClient, packet.isPublish, packet.topic.hasPrefix("w/"), memory.next() == 1 else { return [packet] }
                return body(packet, connection)
            }
        }
    }

    /// A fault that meets the first message of a register that goes to a subscriber, with a message that was sent to it before.
    /// - Parameter number: which of the messages of the first register.
    private static func register(
        _ number: UInt64, _ body: @escaping @Sendable (Packet, _ earlier: Packet, TamperingProxy.Connection) -> [Packet]
    ) -> @Sendable () -> TamperingProxy.Fault {
        {
            let memory = TamperingMemory()
            return { packet, way, connection in
                guard packet.isPublish, packet.topic == "r/0" else { return [packet] }
                if way == .toBroker {
                    if case .message(let message) = LoadMessage.decode(packet.payload.span), message.sequence == number {
                        memory.held = [packet]
                    }
                    return [packet]
                }
                guard packet.retain, !memory.isDone, let earlier = memory.held.first else { return [packet] }
                memory.isDone = true
                return body(packet, earlier, connection)
            }
        }
    }

    /// One delivery to a member of a group goes to somebody else, too or instead.
    private static func elsewhere(_ client: String, isCopy: Bool) -> @Sendable () -> TamperingProxy.Fault {
        {
            let memory = TamperingMemory()
            return { packet, way, connection in
                if way == .toBroker { memory.connections[connection.clientID] = connection }
                guard way == .toClient, packet.isPublish, packet.topic.hasPrefix("t/"), connection.clientID.hasPrefix("sub"),
                    memory.next() >= victim, !memory.isDone,
                    let other = memory.connections.first(where: { $0.key.hasPrefix(client) && $0.key != connection.clientID })
                else { return [packet] }
                memory.isDone = true
                other.value.send([packet], .toClient)
                return isCopy ? [packet] : []
            }
        }
    }

    /// Faults in what a broker keeps.
    static let ofStates: [TamperedCase] = [
        TamperedCase(expected: nil, groups: willed(dropped)) { { packet, _, _ in [packet] } },
        TamperedCase(expected: nil, groups: registers()) { { packet, _, _ in [packet] } },
        TamperedCase(expected: nil, groups: shared(2)) { { packet, _, _ in [packet] } },
        TamperedCase(
            expected: "will-missing", groups: willed(dropped),
            fault: will { packet, connection in
                connection.send([Packet(.puback, id: packet.id)], .toBroker)
                return []
            }),
        TamperedCase(expected: "will-doubled", groups: willed(dropped, qos: 0), fault: will { packet, _ in [packet, packet] }),
        TamperedCase(
            expected: "will-after-disconnect", groups: willed("leave: {after: 300ms}"),
            // The broker hears of no DISCONNECT, and takes the connection for lost.
            fault: {
                { packet, way, connection in
                    guard way == .toBroker, packet.kind == .disconnect, connection.clientID.hasPrefix("dev") else { return [packet] }
                    connection.cut()
                    return []
                }
            }),
        TamperedCase(
            expected: "retained-missing", groups: registers(),
            fault: register(1) { packet, _, connection in
                connection.send([Packet(.puback, id: packet.id)], .toBroker)
                return []
            }),
        TamperedCase(
            expected: "retained-stale", groups: registers(),
            fault: register(2) { packet, earlier, _ in
                var changed = packet
                changed.payload = earlier.payload
                return [changed]
            }),
        // The last message of each register is empty; what was there before comes all the same.
        TamperedCase(
            expected: "retained-not-cleared", groups: registers(", empty_every: 4"),
            fault: {
                let memory = TamperingMemory()
                return { packet, way, connection in
                    if way == .toBroker, packet.isPublish, packet.topic == "r/0", !packet.payload.isEmpty { memory.held = [packet] }
                    if way == .toBroker, let answered = answering(packet, connection) { return answered }
                    guard way == .toClient, packet.kind == .suback, connection.clientID.hasPrefix("sub"), var last = memory.held.first
                    else { return [packet] }
                    last.id = foreignID
                    last.retain = true
                    return [packet, last]
                }
            }),
        TamperedCase(
            expected: "shared-lost", groups: shared(1),
            fault: delivery { packet, connection in
                connection.send([Packet(.puback, id: packet.id)], .toBroker)
                return []
            }),
        TamperedCase(expected: "shared-duplicate", groups: shared(0), fault: elsewhere("sub", isCopy: true)),
        TamperedCase(expected: "shared-nonmember", groups: shared(0), fault: elsewhere("other", isCopy: false)),
        // Of what waited for a client that was away, the second comes before the first.
        TamperedCase(
            expected: "reorder-after-resume", groups: pair(1, session: "kept"),
            fault: {
                let memory = TamperingMemory()
                return { packet, way, connection in
                    guard connection.clientID.hasPrefix("sub") else { return [packet] }
                    if way == .toBroker, packet.kind == .puback, !memory.isDone, memory.next() == victim {
                        memory.isDone = true
                        connection.cut()
                        return []
                    }
                    // What comes again has DUP; what is new has waited.
                    guard way == .toClient, packet.isPublish, memory.isDone, !packet.dup, memory.id == 0 else { return [packet] }
                    guard let first = memory.held.first else {
                        memory.held = [packet]
                        return []
                    }
                    memory.id = 1
                    return [packet, first]
                }
            }),
    ]
}
