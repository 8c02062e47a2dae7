import Causality
import Harness
import MQTT
import Synchronization
import Testing
import Trace
import Verification
import Workload

/// Whole runs of the wire engine against a real mosquitto, with a proxy in between that does one thing wrong: exactly that is found. And nothing is found
/// where it does nothing.
@Suite(.timeLimit(.minutes(5))) struct TamperedRunTests {
    /// One fault.
    struct Case: Sendable, CustomTestStringConvertible {
        /// The class that has to be found; `nil` for none.
        var expected: String?
        var groups: String
        var expectations = ""
        var fault: @Sendable () -> TamperingProxy.Fault

        var testDescription: String { expected ?? "nothing" }
    }

    /// Which message is tampered with, and what is to be remembered of it.
    private final class Memory: Sendable {
        private let state = Mutex<(count: Int, held: [Packet], id: UInt16, isDone: Bool)>((0, [], 0, false))

        /// Counts one, and tells which it is.
        func next() -> Int {
            state.withLock {
                $0.count += 1
                return $0.count
            }
        }
        var held: [Packet] {
            get { state.withLock { $0.held } }
            set { state.withLock { $0.held = newValue } }
        }
        var id: UInt16 {
            get { state.withLock { $0.id } }
            set { state.withLock { $0.id = newValue } }
        }
        /// Whether the fault has happened.
        var isDone: Bool {
            get { state.withLock { $0.isDone } }
            set { state.withLock { $0.isDone = newValue } }
        }
    }

    /// A publisher and a subscriber.
    private static func pair(_ qos: Int, session: String = "clean", version: String = "3.1.1") -> String {
        """
          - {name: pub, count: 1, protocol: "\(version)", session: \(session), publish: {topic: t/%i, qos: \(qos), rate: 200/s, messages: 120}}
          - {name: sub, count: 1, protocol: "\(version)", session: \(session), subscribe: {filters: [t/+], qos: \(qos)}}
        """
    }

    /// A publisher, a relay, and a subscriber that reads both.
    private static let relayed = """
          - {name: pub, count: 1, publish: {topic: s/%i, qos: 1, rate: 100/s, messages: 80}}
          - {name: relay, count: 1, publish: {topic: r/%i, qos: 1, on: received}, subscribe: {filters: [s/%i], qos: 1}}
          - {name: sub, count: 1, subscribe: {filters: [s/+, r/+], qos: 1}}
        """

    /// Which delivery the fault meets.
    private static let victim = 40
    /// A packet identifier that the broker does not come to.
    private static let foreignID: UInt16 = 60_000

    /// A fault that meets one delivery to a subscriber.
    private static func delivery(
        _ body: @escaping @Sendable (Packet, TamperingProxy.Connection) -> [Packet]
    ) -> @Sendable () -> TamperingProxy.Fault {
        {
            let memory = Memory()
            return { packet, way, connection in
                guard way == .toClient, packet.isPublish, connection.clientID.hasPrefix("sub"), memory.next() == victim else {
                    return [packet]
                }
                return body(packet, connection)
            }
        }
    }

    /// Swallows the answers to a packet of the proxy's own, and plays the broker's part in the handshake of QoS 2.
    private static func answering(_ packet: Packet, _ connection: TamperingProxy.Connection) -> [Packet]? {
        guard packet.id == foreignID else { return nil }
        switch packet.kind {
        case .puback, .pubcomp: return []
        case .pubrec:
            connection.send([Packet(.pubrel, id: foreignID)], .toClient)
            return []
        default: return nil
        }
    }

    /// A second copy of one delivery, under an identifier of its own.
    private static func doubled() -> TamperingProxy.Fault {
        let memory = Memory()
        return { packet, way, connection in
            switch way {
            case .toClient:
                guard packet.isPublish, connection.clientID.hasPrefix("sub"), memory.next() == victim else { return [packet] }
                var copy = packet
                if copy.qos > 0 { copy.id = foreignID }
                return [packet, copy]
            case .toBroker:
                guard let kind = packet.kind, [.puback, .pubrec, .pubcomp].contains(kind) else { return [packet] }
                return answering(packet, connection) ?? [packet]
            }
        }
    }

    /// A delivery waits for the one behind it.
    private static func swapped() -> TamperingProxy.Fault {
        let memory = Memory()
        return { packet, way, connection in
            guard way == .toClient, packet.isPublish, connection.clientID.hasPrefix("sub") else { return [packet] }
            switch memory.next() {
            case victim:
                memory.held = [packet]
                return []
            case victim + 1: return [packet] + memory.held
            default: return [packet]
            }
        }
    }

    /// The connection of the subscriber ends at one delivery, whose acknowledgement does not arrive.
    /// - Parameter afterwards: what becomes of packets, either way, on the connection that follows.
    private static func cut(
        _ afterwards: @escaping @Sendable (Packet) -> Packet
    ) -> @Sendable () -> TamperingProxy.Fault {
        {
            let memory = Memory()
            return { packet, way, connection in
                guard connection.clientID.hasPrefix("sub") else { return [packet] }
                if memory.isDone { return [afterwards(packet)] }
                if way == .toClient, packet.isPublish, memory.next() == victim { memory.id = packet.id }
                if way == .toBroker, packet.kind == .puback, memory.id != 0, packet.id == memory.id {
                    memory.isDone = true
                    connection.cut()
                    return []
                }
                return [packet]
            }
        }
    }

    /// Writes the payload of a load message anew.
    private static func rewritten(_ packet: Packet, _ change: (inout LoadMessage) -> Void) -> Packet {
        guard case .message(var message) = LoadMessage.decode(packet.payload.span) else { return packet }
        change(&message)
        var bytes: [UInt8] = []
        do { try message.encode(into: &bytes, size: max(packet.payload.count, message.leastSize)) } catch { return packet }
        var changed = packet
        changed.payload = bytes
        return changed
    }

    static let cases: [Case] = [
        Case(expected: nil, groups: pair(0)) { { packet, _, _ in [packet] } },
        Case(expected: nil, groups: pair(1, session: "kept"), expectations: "redelivery: forbidden, acknowledgement_order: kept") {
            { packet, _, _ in [packet] }
        },
        Case(expected: nil, groups: pair(2, version: "5.0")) { { packet, _, _ in [packet] } },
        // A connection that ends and comes back is no fault of the broker.
        Case(expected: nil, groups: pair(1, session: "kept"), fault: cut { $0 }),
        Case(
            expected: "lost", groups: pair(1),
            fault: delivery { packet, connection in
                connection.send([Packet(.puback, id: packet.id)], .toBroker)
                return []
            }),
        Case(
            expected: "lost", groups: pair(2),
            fault: {
                let memory = Memory()
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
        Case(expected: "duplicate-qos0", groups: pair(0), fault: doubled),
        Case(expected: "duplicate-qos2", groups: pair(2), fault: doubled),
        Case(expected: "redelivered", groups: pair(1), expectations: "redelivery: forbidden", fault: doubled),
        Case(
            expected: "wrong-qos", groups: pair(1),
            fault: delivery { packet, connection in
                connection.send([Packet(.puback, id: packet.id)], .toBroker)
                return [packet.atMostOnce]
            }),
        Case(expected: "reorder", groups: pair(0), fault: swapped),
        Case(expected: "reorder", groups: pair(1), fault: swapped),
        Case(
            expected: "corrupt", groups: pair(1),
            fault: delivery { packet, _ in
                var changed = packet
                changed.body[changed.body.count - 10] ^= 0x40
                return [changed]
            }),
        Case(
            expected: "misrouted", groups: pair(1),
            fault: delivery { packet, _ in
                var changed = packet
                changed.topic = "t/9"
                return [changed]
            }),
        Case(
            expected: "unexpected", groups: pair(0),
            fault: delivery { packet, _ in [packet, rewritten(packet) { $0.sequence += 1_000_000 }] }),
        // A past that its publisher has not: who passes it on is found to have it from nowhere.
        Case(
            expected: "stamp-corrupt", groups: relayed,
            fault: {
                let memory = Memory()
                return { packet, way, connection in
                    guard way == .toClient, packet.isPublish, connection.clientID.hasPrefix("relay"), memory.next() == victim else {
                        return [packet]
                    }
                    return [rewritten(packet) { $0.stamp[$0.publisher] += 5 }]
                }
            }),
        Case(
            expected: "retain-flag-forged", groups: pair(1),
            fault: delivery { packet, _ in
                var changed = packet
                changed.retain = true
                return [changed]
            }),
        Case(
            expected: "dup-flag-forged", groups: pair(1),
            fault: delivery { packet, _ in
                var changed = packet
                changed.dup = true
                return [changed]
            }),
        Case(
            expected: "dup-flag-missing", groups: pair(1, session: "kept"),
            fault: cut { packet in
                var changed = packet
                if changed.isPublish { changed.dup = false }
                return changed
            }),
        Case(
            expected: "session-lost", groups: pair(1, session: "kept"),
            // The broker is asked for a clean session, and so forgets what it kept.
            fault: cut { packet in
                var changed = packet
                if packet.kind == .connect { changed.body[7] |= 0b10 }
                return changed
            }),
        Case(
            expected: "false-resume", groups: pair(1),
            fault: cut { packet in packet.kind == .connack ? Packet(packet.first, [1] + packet.body.dropFirst()) : packet }),
        Case(
            expected: "illegal-resend", groups: pair(1, version: "5.0"),
            fault: {
                let memory = Memory()
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
        Case(
            expected: "id-collision", groups: pair(1),
            fault: {
                let memory = Memory()
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
        Case(
            expected: "ack-order", groups: pair(1), expectations: "acknowledgement_order: kept",
            fault: {
                let memory = Memory()
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
        Case(
            expected: "aborted-read", groups: pair(1, version: "5.0"),
            fault: {
                let memory = Memory()
                return { packet, way, connection in
                    guard way == .toClient, packet.kind == .puback, connection.clientID.hasPrefix("pub"), memory.next() == victim else {
                        return [packet]
                    }
                    return [Packet(packet.first, packet.body.prefix(2) + [0x97])]
                }
            }),
        Case(
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
        Case(
            expected: "causal-inversion", groups: relayed, expectations: "causal_order: wire",
            fault: {
                let memory = Memory()
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

    @Test(arguments: cases)
    func exactlyTheFaultIsFound(_ fault: Case) async throws {
        try await withTemporaryDirectory { directory in
            try await EmbeddedBroker.with(
                settings: ["max_inflight_messages 0", "max_queued_messages 0"], directory: directory
            ) { broker in
                let proxy = TamperingProxy(to: broker.port, fault.fault())
                defer { proxy.close() }
                let outcome = try await Scenario(
                    """
                    name: tampered
                    target: {broker: "mqtt://127.0.0.1:\(proxy.port)"}
                    groups:
                    \(fault.groups)
                    phases: {drain: {quiet: 500ms, limit: 10s}}
                    expectations: {\(fault.expectations)}
                    """
                ).run()
                #expect(
                    Set(outcome.classes.keys) == Set([fault.expected].compactMap(\.self)), "\(outcome.check.anomalies.map(\.witnesses))")
                if fault.expected == nil { #expect(outcome.check.verdict == .pass, "\(outcome.check.doubts)") }
            }
        }
    }
}
