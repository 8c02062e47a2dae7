internal import CMosquitto
internal import Glibc

/// A TCP connection.
final class TCPSocket: WireTransport {
    private(set) var descriptor: CInt

    /// Begins to connect, without waiting.
    /// - Parameters:
    ///   - address: in numbers.
    ///   - source: the address to connect from, in numbers; `nil` for the system's choice.
    /// - Throws: why that cannot be, in words.
    init(connectingTo address: String, port: UInt16, from source: String? = nil) throws(SocketFailure) {
        var hints = addrinfo()
        hints.ai_socktype = CInt(SOCK_STREAM.rawValue)
        hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV
        var list: UnsafeMutablePointer<addrinfo>?
        let failure = getaddrinfo(address, String(port), &hints, &list)
        guard failure == 0, let target = list else { throw SocketFailure(code: EINVAL, text: String(cString: gai_strerror(failure))) }
        defer { freeaddrinfo(list) }
        let flags = CInt(SOCK_STREAM.rawValue) | CInt(SOCK_NONBLOCK.rawValue) | CInt(SOCK_CLOEXEC.rawValue)
        descriptor = socket(target.pointee.ai_family, flags, 0)
        guard descriptor >= 0 else { throw SocketFailure(code: errno) }
        // Batches are made by the reactor's turns; the kernel holding small ones back would only add its delay to every latency.
        var one: CInt = 1
        setsockopt(descriptor, CInt(IPPROTO_TCP), TCP_NODELAY, &one, socklen_t(MemoryLayout<CInt>.size))
        if let source {
            do {
                try Self.bind(descriptor, to: source)
            } catch {
                Glibc.close(descriptor)
                throw error
            }
        }
        guard connect(descriptor, target.pointee.ai_addr, target.pointee.ai_addrlen) == 0 || errno == EINPROGRESS else {
            let error = SocketFailure(code: errno)
            Glibc.close(descriptor)
            throw error
        }
    }

    /// Has a socket connect from one address of this machine. The port is chosen when it connects, so one port can serve several of the broker's addresses.
    private static func bind(_ descriptor: CInt, to source: String) throws(SocketFailure) {
        var hints = addrinfo()
        hints.ai_socktype = CInt(SOCK_STREAM.rawValue)
        hints.ai_flags = AI_NUMERICHOST
        var list: UnsafeMutablePointer<addrinfo>?
        let failure = getaddrinfo(source, nil, &hints, &list)
        guard failure == 0, let own = list else { throw SocketFailure(code: EINVAL, text: String(cString: gai_strerror(failure))) }
        defer { freeaddrinfo(list) }
        var one: CInt = 1
        setsockopt(descriptor, CInt(IPPROTO_IP), IP_BIND_ADDRESS_NO_PORT, &one, socklen_t(MemoryLayout<CInt>.size))
        guard Glibc.bind(descriptor, own.pointee.ai_addr, own.pointee.ai_addrlen) == 0 else {
            let error = SocketFailure(code: errno)
            throw SocketFailure(code: error.code, text: "it cannot be connected to from \(source): \(error.text)")
        }
    }

    deinit { close() }

    /// The error that the socket met; 0 for none. Asking clears it.
    func takeError() -> CInt {
        var code: CInt = 0
        var length = socklen_t(MemoryLayout<CInt>.size)
        return getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &code, &length) == 0 ? code : errno
    }

    /// The first byte that has come, which stays to be read.
    func peek() -> UInt8? {
        var byte: UInt8 = 0
        return recv(descriptor, &byte, 1, CInt(MSG_PEEK)) == 1 ? byte : nil
    }

    func proceed() -> HandshakeStep { .done }

    func read(into buffer: UnsafeMutableRawBufferPointer) -> Transfer {
        Self.outcome(recv(descriptor, buffer.baseAddress, buffer.count, 0))
    }

    func write(_ bytes: UnsafeRawBufferPointer) -> Transfer {
        Self.outcome(send(descriptor, bytes.baseAddress, bytes.count, CInt(MSG_NOSIGNAL)))
    }

    private static func outcome(_ count: Int) -> Transfer {
        if count > 0 { return .moved(count) }
        if count == 0 { return .ended }
        let code = errno
        return code == EAGAIN || code == EINTR ? .blocked : .failed(String(cString: strerror(code)))
    }

    var holdsBytes: Bool { false }
    var step: ConnectStep { .mqtt }
    var encryption: String? { nil }

    func close() {
        guard descriptor >= 0 else { return }
        Glibc.close(descriptor)
        descriptor = -1
    }
}

/// Why there is no socket, or no connection.
struct SocketFailure: Error {
    var code: CInt
    var text: String

    init(code: CInt, text: String? = nil) {
        self.code = code
        self.text = text ?? String(cString: strerror(code))
    }
}
