internal import Glibc
internal import MQTT

/// Where a broker listens. The clients of a run do not look its name up each for itself: that blocks their reactor.
struct BrokerEndpoint: Sendable {
    /// The name or address that was asked for.
    var host: String
    var port: UInt16
    /// The addresses of the host, first the one that accepted a connection; none where nobody has looked.
    var addresses: [String] = []

    /// Finds an address of the host that accepts connections.
    /// - Throws: ``HarnessError`` where the name is unknown or nobody listens.
    static func find(host: String, port: UInt16) throws(HarnessError) -> BrokerEndpoint {
        let addresses: [String]
        do {
            addresses = try HostAddresses.lookUp(host)
        } catch {
            throw HarnessError(.failure, "\(error) Check the name in --broker, WAYBILL_BROKER or target.broker.")
        }
        var reasons: [String] = []
        for address in addresses {
            if let problem = tryConnecting(to: address, port) {
                reasons.append(addresses.count > 1 ? "\(address) \(problem)" : problem)
            } else {
                return BrokerEndpoint(host: host, port: port, addresses: [address] + addresses.filter { $0 != address })
            }
        }
        throw HarnessError(
            .failure,
            "No broker at \(host):\(port): \(reasons.joined(separator: "; ")). Start one there, or leave --broker out for one of Waybill's own."
        )
    }

    /// - Returns: what went wrong, `nil` where the connection was accepted.
    private static func tryConnecting(to address: String, _ port: UInt16) -> String? {
        var hints = addrinfo()
        hints.ai_socktype = CInt(SOCK_STREAM.rawValue)
        hints.ai_flags = AI_NUMERICHOST
        var list: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(address, String(port), &hints, &list) == 0, let entry = list?.pointee else { return "is no address" }
        defer { freeaddrinfo(list) }
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
        guard code != 0 else { return nil }
        return String(cString: strerror(code)) + (LikelyCause.ofUnreachable(code, address: address).map { ", \($0)" } ?? "")
    }
}

extension SessionConfiguration {
    /// How a client of this name connects to an endpoint.
    init(_ endpoint: BrokerEndpoint, clientID: String) {
        self.init(host: endpoint.host, port: endpoint.port, clientID: clientID)
        addresses = endpoint.addresses
    }
}
