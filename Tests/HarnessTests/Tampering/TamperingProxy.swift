import Glibc
import Synchronization

/// Stands between clients and a broker, takes their packets apart, and lets a fault do with each what it likes. Two threads a connection, which end with it.
final class TamperingProxy: Sendable {
    /// Where a packet goes.
    enum Way: Sendable { case toBroker, toClient }

    /// What becomes of a packet: those that go on in its place. Calls for one proxy come one after the other.
    typealias Fault = @Sendable (Packet, Way, Connection) -> [Packet]

    /// Where clients connect.
    let port: UInt16
    private let listener: CInt
    private let broker: UInt16
    private let fault: Fault
    private let turn = Mutex<Void>(())

    /// - Parameter fault: what becomes of a packet; by default it goes on as it is.
    init(to broker: UInt16, _ fault: @escaping Fault = { packet, _, _ in [packet] }) {
        self.broker = broker
        self.fault = fault
        listener = socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0)
        var address = Self.loopback(0)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let descriptor = listener
        withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                precondition(bind(descriptor, $0, length) == 0 && listen(descriptor, 64) == 0)
                getsockname(descriptor, $0, &length)
            }
        }
        port = UInt16(bigEndian: address.sin_port)
        Self.detach { [self] in accept() }
    }

    /// Takes no more connections.
    func close() { shutdown(listener, CInt(SHUT_RDWR)) }

    /// A client's connection, on both sides of the proxy.
    final class Connection: Sendable {
        private let client: CInt
        private let server: CInt
        private let state = Mutex<String>("")

        fileprivate init(client: CInt, server: CInt) {
            self.client = client
            self.server = server
        }

        /// The client's identifier.
        var clientID: String {
            get { state.withLock { $0 } }
            set { state.withLock { $0 = newValue } }
        }

        func send(_ packets: [Packet], _ way: Way) {
            let bytes = packets.flatMap(\.bytes)
            if !bytes.isEmpty { _ = Glibc.send(way == .toBroker ? server : client, bytes, bytes.count, CInt(MSG_NOSIGNAL)) }
        }

        /// Ends it on both sides.
        func cut() {
            shutdown(client, CInt(SHUT_RDWR))
            shutdown(server, CInt(SHUT_RDWR))
        }

        fileprivate func source(_ way: Way) -> CInt { way == .toBroker ? client : server }
    }

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
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(server, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) }
            }
            var one: CInt = 1
            for descriptor in [client, server] {
                setsockopt(descriptor, CInt(IPPROTO_TCP), TCP_NODELAY, &one, socklen_t(MemoryLayout<CInt>.size))
            }
            let connection = Connection(client: client, server: server)
            for way in [Way.toBroker, .toClient] { Self.detach { [self] in pump(connection, way) } }
        }
    }

    /// Sockets stay open until the process ends: there are few.
    private func pump(_ connection: Connection, _ way: Way) {
        while let packet = Self.read(connection.source(way)) {
            if packet.kind == .connect { connection.clientID = packet.clientID }
            turn.withLock { _ in connection.send(fault(packet, way, connection), way) }
        }
        connection.cut()
    }

    private static func read(_ descriptor: CInt) -> Packet? {
        guard let first = read(descriptor, 1)?.first else { return nil }
        var length = 0
        var shift = 0
        while true {
            guard let byte = read(descriptor, 1)?.first else { return nil }
            length |= Int(byte & 0x7F) << shift
            if byte < 0x80 { break }
            shift += 7
        }
        return read(descriptor, length).map { Packet(first, $0) }
    }

    private static func read(_ descriptor: CInt, _ count: Int) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: count)
        var got = 0
        while got < count {
            let more = bytes.withUnsafeMutableBytes { recv(descriptor, $0.baseAddress! + got, count - got, 0) }
            guard more > 0 else { return nil }
            got += more
        }
        return bytes
    }

    private static func loopback(_ port: UInt16) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
        return address
    }

    private static func detach(_ body: @escaping @Sendable () -> Void) {
        let box = Unmanaged.passRetained(Box(body))
        var thread = pthread_t()
        pthread_create(
            &thread, nil,
            { pointer in
                Unmanaged<Box>.fromOpaque(pointer!).takeRetainedValue().body()
                return nil
            }, box.toOpaque())
        pthread_detach(thread)
    }

    private final class Box: Sendable {
        let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }
}
