internal import Glibc

/// Where a host is. libmosquitto looks a name up itself and then tries the first address alone, so names are looked up here.
public enum HostAddresses {
    /// The addresses of a host in the order in which the system would try them, at least one. Blocks while the name is looked up.
    /// - Throws: ``MQTTError`` `unreachable` where the name is unknown.
    public static func lookUp(_ host: String) throws(MQTTError) -> [String] {
        if isAddress(host) { return [host] }
        var hints = addrinfo()
        hints.ai_socktype = CInt(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        let failure = getaddrinfo(host, nil, &hints, &list)
        guard failure == 0 else {
            throw MQTTError(.unreachable, "The host '\(host)' is not known: \(String(cString: gai_strerror(failure))).")
        }
        defer { freeaddrinfo(list) }
        var addresses: [String] = []
        var next = list
        while let entry = next?.pointee {
            let address = numericName(entry)
            if !addresses.contains(address) { addresses.append(address) }
            next = entry.ai_next
        }
        return addresses
    }

    /// Whether a host is written as an address, which nobody has to look up.
    static func isAddress(_ host: String) -> Bool {
        var four = in_addr()
        var six = in6_addr()
        // A link-local address has its interface behind a percent sign.
        let bare = host.split(separator: "%", maxSplits: 1, omittingEmptySubsequences: false).first.map(String.init) ?? host
        return inet_pton(AF_INET, host, &four) == 1 || inet_pton(AF_INET6, bare, &six) == 1
    }

    /// Whether an address is one of this machine alone.
    public static func isLoopback(_ address: String) -> Bool { address.hasPrefix("127.") || address == "::1" || address == "localhost" }

    private static func numericName(_ entry: addrinfo) -> String {
        var name = [CChar](repeating: 0, count: Int(NI_MAXHOST))
        getnameinfo(entry.ai_addr, entry.ai_addrlen, &name, socklen_t(name.count), nil, 0, NI_NUMERICHOST)
        return String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
