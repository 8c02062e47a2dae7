internal import Glibc

/// Where a broker listens, as an address: libmosquitto looks names up without returning to its caller, and of several addresses it
/// tries only the first.
struct BrokerEndpoint: Sendable {
    var host: String
    var port: UInt16

    /// Finds the address that accepts connections.
    /// - Throws: ``HarnessError`` where the name is unknown or nobody listens.
    static func find(host: String, port: UInt16) throws(HarnessError) -> BrokerEndpoint {
        var hints = addrinfo()
        hints.ai_socktype = CInt(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        let failure = getaddrinfo(host, String(port), &hints, &list)
        guard failure == 0 else {
            throw HarnessError(
                .failure,
                "The broker's host '\(host)' is not known: \(String(cString: gai_strerror(failure))). Check the name in --broker or target.broker."
            )
        }
        defer { freeaddrinfo(list) }
        var reason = ""
        var next = list
        while let entry = next?.pointee {
            if let problem = tryConnecting(entry) { reason = problem } else { return BrokerEndpoint(host: numericName(entry), port: port) }
            next = entry.ai_next
        }
        throw HarnessError(
            .failure, "No broker at \(host):\(port): \(reason). Start one there, or leave --broker out for one of Waybill's own.")
    }

    /// - Returns: what went wrong, `nil` where the connection was accepted.
    private static func tryConnecting(_ entry: addrinfo) -> String? {
        let descriptor = socket(entry.ai_family, entry.ai_socktype | CInt(SOCK_NONBLOCK.rawValue), entry.ai_protocol)
        guard descriptor >= 0 else { return String(cString: strerror(errno)) }
        defer { close(descriptor) }
        if connect(descriptor, entry.ai_addr, entry.ai_addrlen) == 0 { return nil }
        guard errno == EINPROGRESS else { return String(cString: strerror(errno)) }
        var wait = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        guard poll(&wait, 1, 5_000) > 0 else { return "no answer within 5 s" }
        var code: CInt = 0
        var length = socklen_t(MemoryLayout<CInt>.size)
        getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &code, &length)
        return code == 0 ? nil : String(cString: strerror(code))
    }

    private static func numericName(_ entry: addrinfo) -> String {
        var name = [CChar](repeating: 0, count: Int(NI_MAXHOST))
        getnameinfo(entry.ai_addr, entry.ai_addrlen, &name, socklen_t(name.count), nil, 0, NI_NUMERICHOST)
        return String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
