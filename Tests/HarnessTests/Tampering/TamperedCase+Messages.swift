import Causality
import MQTT
import Workload

extension TamperedCase {
    /// Faults of deliveries, packets, sessions and order.
    static let ofMessages: [TamperedCase] = [
        TamperedCase(expected: nil, groups: pair(0)) { { packet, _, _ in [packet] } },
        TamperedCase(expected: nil, groups: pair(1, session: "kept"), expectations: "redelivery: forbidden, acknowledgement_order: kept") {
            { packet, _, _ in [packet] }
        },
        TamperedCase(expected: nil, groups: pair(2, version: "5.0")) { { packet, _, _ in [packet] } },
        // A connection that ends and comes back is no fault of the broker.
        TamperedCase(expected: nil, groups: pair(1, session: "kept"), fault: cut { $0 }),
        TamperedCase(
            expected: "lost", groups: pair(1),
            fault: delivery { packet, connection in
                connection.send([Packet(.puback, id: packet.id)], .toBroker)
                return []
            }),
        TamperedCase(
            expected: "lost", groups: pair(2),
            fault: {
                let memory = TamperingMemory()
                return { packet, way, connection in
                    guard connection.clientID.hasPrefix("sub") else { return [packet] }
                    if way == .toClient, packet.isPublish, memory.next() == victim {
                        memory.id = packet.id
                        connection.send([Packet(.pubrec, id: packet.id)], .toBroker)
                        return []
                    }
                    if way == .toClient, packet.kind == .pubrel, memory.id != 0, packet.id == memory.id, !memory.isDone {
                        memory.isDone = true
                        connection.send([Packet(.pubcomp, id: packet.id)], .toBroker)
                        return []
                    }
                    return [packet]
                }
            }),
        TamperedCase(expected: "duplicate-qos0", groups: pair(0), fault: doubled),
        TamperedCase(expected: "duplicate-qos2", groups: pair(2), fault: doubled),
        TamperedCase(expected: "redelivered", groups: pair(1), expectations: "redelivery: forbidden", fault: doubled),
        TamperedCase(
            expected: "wrong-qos", groups: pair(1),
            fault: delivery { packet, connection in
                connection.send([Packet(.puback, id: packet.id)], .toBroker)
                return [packet.atMostOnce]
            }),
        TamperedCase(expected: "reorder", groups: pair(0), fault: swapped),
        TamperedCase(expected: "reorder", groups: pair(1), fault: swapped),
        TamperedCase(
            expected: "corrupt", groups: pair(1),
            fault: changed { $0.body[$0.body.count - 10] ^= 0x40 }),
        TamperedCase(
            expected: "misrouted", groups: pair(1),
            fault: changed { $0.topic = "t/9" }),
        TamperedCase(
            expected: "unexpected", groups: pair(0),
            fault: delivery { packet, _ in [packet, rewritten(packet) { $0.sequence += 1_000_000 }] }),
        // A past that its publisher has not: who passes it on is found to have it from nowhere.
        TamperedCase(
            expected: "stamp-corrupt", groups: relayed,
            fault: {
                let memory = TamperingMemory()
                return { packet, way, connection in
                    guard way == .toClient, packet.isPublish, connection.clientID.hasPrefix("relay"), memory.next() == victim else {
                        return [packet]
                    }
                    return [rewritten(packet) { $0.stamp[$0.publisher] += 5 }]
                }
            }),
        TamperedCase(
            expected: "retain-flag-forged", groups: pair(1),
            fault: changed { $0.retain = true }),
        TamperedCase(
            expected: "dup-flag-forged", groups: pair(1),
            fault: changed { $0.dup = true }),
        TamperedCase(
            expected: "dup-flag-missing", groups: pair(1, session: "kept"),
            fault: cut { packet in
                var changed = packet
                if changed.isPublish { changed.dup = false }
                return changed
            }),
        TamperedCase(
            expected: "session-lost", groups: pair(1, session: "kept"),
            // The broker is asked for a clean session, and so forgets what it kept.
            fault: cut { packet in
                var changed = packet
                if packet.kind == .connect { changed.body[7] |= 0b10 }
                return changed
            }),
        TamperedCase(
            expected: "false-resume", groups: pair(1),
            fault: cut { packet in packet.kind == .connack ? Packet(packet.first, [1] + packet.body.dropFirst()) : packet }),
        TamperedCase(
            expected: "illegal-resend", groups: pair(1, version: "5.0"),
            fault: {
                let memory = TamperingMemory()
                return { packet, way, connection in
                    guard connection.clientID.hasPrefix("sub") else { return [packet] }
                    if way == .toClient, packet.isPublish, memory.next() == victim {
                        memory.id = packet.id
                        var again = packet
                        again.dup = true
                        return [packet, again]
                    }
                    // The second acknowledgement is of the copy.
                    if way == .toBroker, packet.kind == .puback, memory.id == packet.id, !memory.isDone {
                        if memory.held.isEmpty {
                            memory.held = [packet]
                            return [packet]
                        }
                        memory.isDone = true
                        return []
                    }
                    return [packet]
                }
            }),
        TamperedCase(
            expected: "id-collision", groups: pair(1),
            fault: {
                let memory = TamperingMemory()
                return { packet, way, connection in
                    guard connection.clientID.hasPrefix("sub") else { return [packet] }
                    if way == .toClient, packet.isPublish {
                        switch memory.next() {
                        case victim:
                            memory.held = [packet]
                            return []
                        case victim + 1:
                            var other = packet
                            other.id = memory.held[0].id
                            memory.id = packet.id
                            return memory.held + [other]
                        default: return [packet]
                        }
                    }
                    if way == .toBroker, packet.kind == .puback, memory.id != 0, packet.id == memory.held[0].id, !memory.isDone {
                        // The first of two that look alike is that of the first.
                        memory.isDone = true
                        connection.send([Packet(.puback, id: memory.id)], .toBroker)
                        return [packet]
                    }
                    return [packet]
                }
            }),
        TamperedCase(
            expected: "ack-order", groups: pair(1), expectations: "acknowledgement_order: kept",
            fault: {
                let memory = TamperingMemory()
                return { packet, way, connection in
                    guard way == .toClient, packet.kind == .puback, connection.clientID.hasPrefix("pub") else { return [packet] }
                    switch memory.next() {
                    case victim:
                        memory.held = [packet]
                        return []
                    case victim + 1: return [packet] + memory.held
                    default: return [packet]
                    }
                }
            }),
        TamperedCase(
            expected: "aborted-read", groups: pair(1, version: "5.0"),
            fault: {
                let memory = TamperingMemory()
                return { packet, way, connection in
                    guard way == .toClient, packet.kind == .puback, connection.clientID.hasPrefix("pub"), memory.next() == victim else {
                        return [packet]
                    }
                    return [Packet(packet.first, packet.body.prefix(2) + [0x97])]
                }
            }),
        TamperedCase(
            expected: "unseen", groups: pair(1),
            fault: {
                { packet, way, connection in
                    guard way == .toClient, packet.isPublish, connection.clientID.hasPrefix("sub"),
                        case .message(let message) = LoadMessage.decode(packet.payload.span), message.sequence == 120
                    else { return [packet] }
                    connection.send([Packet(.puback, id: packet.id)], .toBroker)
                    return []
                }
            }),
        // The cause of a relayed message reaches the sink behind it.
        TamperedCase(
            expected: "causal-inversion", groups: relayed, expectations: "causal_order: wire",
            fault: {
                let memory = TamperingMemory()
                return { packet, way, connection in
                    guard way == .toClient, packet.isPublish, connection.clientID.hasPrefix("sub"), !memory.isDone,
                        case .message(let message) = LoadMessage.decode(packet.payload.span)
                    else { return [packet] }
                    if packet.topic.hasPrefix("s/"), message.sequence >= victim {
                        memory.held += [packet]
                        return []
                    }
                    guard packet.topic.hasPrefix("r/"), message.sequence >= victim else { return [packet] }
                    memory.isDone = true
                    return [packet] + memory.held
                }
            }),
    ]
}
