import Glibc
import MQTT
import Synchronization
import Testing

/// A listener on 127.0.0.1 that does what a test says: for what no real broker does on demand. Its threads end with their connections.
final class ScriptedBroker: Sendable {
    let port: UInt16
    private let listener: CInt

    /// What it does with a packet: sends some bytes, keeps silent where they are none, or closes.
    enum Reply: Sendable {
        case send([UInt8])
        case close
        static let silence = Reply.send([])
    }

    /// Starts to listen.
    /// - Parameter reply: what becomes of a packet, by its first byte and what follows its length; `nil` to accept connections and read nothing.
    init(_ reply: (@Sendable (UInt8, [UInt8]) -> Reply)?) throws {
        let (listener, port) = try Self.listen(backlog: 16)
        self.listener = listener
        self.port = port
        Self.detach {
            while true {
                let connection = accept(listener, nil, nil)
                guard connection >= 0 else { return }
                guard let reply else { continue }
                Self.detach {
                    Self.serve(connection, reply)
                    Glibc.close(connection)
                }
            }
        }
    }

    deinit { shutdown(listener, CInt(SHUT_RDWR)) }

    /// Listens on a free port.
    static func listen(backlog: CInt) throws -> (descriptor: CInt, port: UInt16) {
        let descriptor = socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0)
        try #require(descriptor >= 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, length) == 0 && Glibc.listen(descriptor, backlog) == 0 && getsockname(descriptor, $0, &length) == 0
            }
        }
        try #require(isBound)
        return (descriptor, UInt16(bigEndian: address.sin_port))
    }

    /// The CONNACK of MQTT 3.1.1, or of 5.0 with these properties, each with its identifier.
    static func connack(_ version: ProtocolVersion, reason: UInt8 = 0, properties: [UInt8] = []) -> [UInt8] {
        let rest: [UInt8] = version == .v5 ? [0, reason, UInt8(properties.count)] + properties : [0, reason]
        return [0x20, UInt8(rest.count)] + rest
    }

    private static func serve(_ connection: CInt, _ reply: @Sendable (UInt8, [UInt8]) -> Reply) {
        while let first = read(connection, 1)?.first {
            var length = 0
            var shift = 0
            repeat {
                guard let byte = read(connection, 1)?.first else { return }
                length |= Int(byte & 0x7F) << shift
                shift += 7
                if byte < 0x80 { break }
            } while shift < 28
            guard let body = read(connection, length) else { return }
            switch reply(first, body) {
            case .send(let bytes):
                if !bytes.isEmpty, send(connection, bytes, bytes.count, CInt(MSG_NOSIGNAL)) < 0 { return }
            case .close: return
            }
        }
    }

    private static func read(_ connection: CInt, _ count: Int) -> [UInt8]? {
        var bytes: [UInt8] = []
        while bytes.count < count {
            var block = [UInt8](repeating: 0, count: count - bytes.count)
            let got = recv(connection, &block, block.count, 0)
            guard got > 0 else { return nil }
            bytes += block.prefix(got)
        }
        return bytes
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

/// The packet identifier of the request before, for a broker that is always one answer behind.
final class Waiting: Sendable {
    private let state = Mutex<(identifier: [UInt8]?, count: Int)>((nil, 0))

    /// Notes a request.
    /// - Returns: the one before, and the number of this one, from 1.
    func exchange(_ identifier: [UInt8]) -> ([UInt8]?, Int) {
        state.withLock { state in
            defer { state.identifier = identifier }
            state.count += 1
            return (state.identifier, state.count)
        }
    }
}
