import Glibc
import Synchronization

/// Stands between clients and a broker, closes the connection of whoever sends certain bytes, and has the broker say more in CONNACK than it does.
final class CuttingProxy: Sendable {
    /// Where clients connect.
    let port: UInt16
    private let listener: CInt
    private let broker: UInt16
    private let forbidden: [UInt8]?
    private let properties: [UInt8]
    private let cuts = Atomic<Int>(0)

    /// How many connections were closed.
    var cutConnections: Int { cuts.load(ordering: .relaxed) }

    /// - Parameter properties: what is added to those of each CONNACK of MQTT 5.0.
    init(to broker: UInt16, closingAt text: String? = nil, addingToConnack properties: [UInt8] = []) {
        self.broker = broker
        self.properties = properties
        forbidden = text.map { Array($0.utf8) }
        let descriptor = socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0)
        var address = Self.loopback(0)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                precondition(bind(descriptor, $0, length) == 0 && listen(descriptor, 64) == 0)
                getsockname(descriptor, $0, &length)
            }
        }
        listener = descriptor
        port = UInt16(bigEndian: address.sin_port)
        Self.detach { [self] in accept() }
    }

    /// Takes no more connections.
    func close() { shutdown(listener, CInt(SHUT_RDWR)) }

    private func accept() {
        while true {
            let client = Glibc.accept(listener, nil, nil)
            guard client >= 0 else {
                Glibc.close(listener)
                return
            }
            let server = socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0)
            var address = Self.loopback(broker)
            _ = withUnsafePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    connect(server, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
                }
            }
            Self.detach { [self] in pump(client, server, isWatched: true) }
            Self.detach { [self] in pump(server, client, isWatched: false) }
        }
    }

    /// Passes bytes on until one side ends; the other then ends too. Sockets stay open until the process ends: there are few.
    private func pump(_ source: CInt, _ target: CInt, isWatched: Bool) {
        if !isWatched, !properties.isEmpty { passConnack(source, target) }
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = recv(source, &buffer, buffer.count, 0)
            guard count > 0 else { break }
            if isWatched, let forbidden, buffer[..<count].contains(forbidden) {
                cuts.add(1, ordering: .relaxed)
                break
            }
            guard send(target, buffer, count, CInt(MSG_NOSIGNAL)) == count else { break }
        }
        shutdown(source, CInt(SHUT_RDWR))
        shutdown(target, CInt(SHUT_RDWR))
    }

    /// CONNACK comes first: its type, the length of the rest, two bytes, and in MQTT 5.0 the length of the properties. All lengths here are below 128.
    private func passConnack(_ source: CInt, _ target: CInt) {
        var packet = [UInt8](repeating: 0, count: 256)
        var count = 0
        while count < 2 || count < 2 + Int(packet[1]) {
            let more = packet.withUnsafeMutableBytes { recv(source, $0.baseAddress! + count, (count < 2 ? 2 : 2 + Int($0[1])) - count, 0) }
            guard more > 0 else { return }
            count += more
        }
        packet.removeSubrange(count...)
        if count > 4 {
            packet[1] += UInt8(properties.count)
            packet[4] += UInt8(properties.count)
            packet += properties
        }
        send(target, packet, packet.count, CInt(MSG_NOSIGNAL))
    }

    private static func loopback(_ port: UInt16) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
        return address
    }

    private final class Work: Sendable {
        let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }

    private static func detach(_ body: @escaping @Sendable () -> Void) {
        var thread = pthread_t()
        pthread_create(
            &thread, nil,
            { raw in
                Unmanaged<Work>.fromOpaque(raw!).takeRetainedValue().body()
                return nil
            }, Unmanaged.passRetained(Work(body)).toOpaque())
        pthread_detach(thread)
    }
}
