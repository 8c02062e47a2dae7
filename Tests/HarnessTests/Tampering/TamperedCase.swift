import Harness
import MQTT
import Synchronization
import Testing
import Workload

/// A run in which a proxy between clients and broker does one thing wrong, and the class that has to be found.
struct TamperedCase: Sendable, CustomTestStringConvertible {
    /// The class that has to be found; `nil` for none.
    var expected: String?
    var groups: String
    var expectations = ""
    var fault: @Sendable () -> TamperingProxy.Fault

    var testDescription: String { expected ?? "nothing" }
}

/// Which message is tampered with, and what is to be remembered of it.
final class TamperingMemory: Sendable {
    private let state = Mutex<(count: Int, held: [Packet], id: UInt16, isDone: Bool, connections: [String: TamperingProxy.Connection])>(
        (0, [], 0, false, [:]))

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
    /// The connections that have something to do with it, by their clients.
    var connections: [String: TamperingProxy.Connection] {
        get { state.withLock { $0.connections } }
        set { state.withLock { $0.connections = newValue } }
    }
    /// Whether the fault has happened.
    var isDone: Bool {
        get { state.withLock { $0.isDone } }
        set { state.withLock { $0.isDone = newValue } }
    }
}

extension TamperedCase {
    /// A publisher and a subscriber.
    static func pair(_ qos: Int, session: String = "clean", version: String = "3.1.1") -> String {
        """
          - {name: pub, count: 1, protocol: "\(version)", session: \(session), publish: {topic: t/%i, qos: \(qos), rate: 200/s, messages: 120}}
          - {name: sub, count: 1, protocol: "\(version)", session: \(session), subscribe: {filters: [t/+], qos: \(qos)}}
        """
    }

    /// A publisher, a relay, and a subscriber that reads both.
    static let relayed = """
          - {name: pub, count: 1, publish: {topic: s/%i, qos: 1, rate: 100/s, messages: 80}}
          - {name: relay, count: 1, publish: {topic: r/%i, qos: 1, on: received}, subscribe: {filters: [s/%i], qos: 1}}
          - {name: sub, count: 1, subscribe: {filters: [s/+, r/+], qos: 1}}
        """

    /// Which delivery the fault meets.
    static let victim = 40
    /// A packet identifier that the broker does not come to.
    static let foreignID: UInt16 = 60_000

    /// A fault that meets one delivery to a subscriber.
    static func delivery(
        _ body: @escaping @Sendable (Packet, TamperingProxy.Connection) -> [Packet]
    ) -> @Sendable () -> TamperingProxy.Fault {
        {
            let memory = TamperingMemory()
            return { packet, way, connection in
                guard way == .toClient, packet.isPublish, connection.clientID.hasPrefix("sub"), memory.next() == victim else {
                    return [packet]
                }
                return body(packet, connection)
            }
        }
    }

    /// A delivery that is not as the broker sent it.
    static func changed(_ change: @escaping @Sendable (inout Packet) -> Void) -> @Sendable () -> TamperingProxy.Fault {
        delivery { packet, _ in
            var changed = packet
            change(&changed)
            return [changed]
        }
    }

    /// Swallows the answers to a packet of the proxy's own, and plays the broker's part in the handshake of QoS 2.
    static func answering(_ packet: Packet, _ connection: TamperingProxy.Connection) -> [Packet]? {
        guard let kind = packet.kind, [.puback, .pubrec, .pubcomp].contains(kind), packet.id == foreignID else { return nil }
        switch packet.kind {
        case .puback, .pubcomp: return []
        case .pubrec:
            connection.send([Packet(.pubrel, id: foreignID)], .toClient)
            return []
        default: return nil
        }
    }

    /// A second copy of one delivery, under an identifier of its own.
    static func doubled() -> TamperingProxy.Fault {
        let memory = TamperingMemory()
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
    static func swapped() -> TamperingProxy.Fault {
        let memory = TamperingMemory()
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
    static func cut(
        _ afterwards: @escaping @Sendable (Packet) -> Packet
    ) -> @Sendable () -> TamperingProxy.Fault {
        {
            let memory = TamperingMemory()
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
    static func rewritten(_ packet: Packet, _ change: (inout LoadMessage) -> Void) -> Packet {
        guard case .message(var message) = LoadMessage.decode(packet.payload.span) else { return packet }
        change(&message)
        var bytes: [UInt8] = []
        do { try message.encode(into: &bytes, size: max(packet.payload.count, message.leastSize)) } catch { return packet }
        var changed = packet
        changed.payload = bytes
        return changed
    }
}
