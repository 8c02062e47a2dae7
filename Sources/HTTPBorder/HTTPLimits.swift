internal import Glibc

/// How much of a server those who connect may take, and for how long.
public struct HTTPLimits: Sendable {
    /// The most bytes of a request line.
    public var requestLine = 8 << 10
    /// The most bytes of all headers of a request together.
    public var headers = 32 << 10
    /// Seconds that a request line may take, its headers, an answer in the making, and a client to take what it is sent: each of them.
    public var patience = 10
    /// The most connections at a time. One more costs the slowest its own.
    public var connections = 256

    /// The most streams at a time. They last, so a part of the connections is left to the others.
    var streams: Int { connections * 3 / 4 }

    /// The usual limits.
    public init() {}

    /// The usual limits, or fewer connections where this process may not have many descriptors: what else it does needs some as well.
    public static func ofThisProcess() -> HTTPLimits {
        var limits = HTTPLimits()
        var descriptors = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &descriptors) == 0 else { return limits }
        limits.connections = min(limits.connections, max(4, Int(clamping: descriptors.rlim_cur) / 4))
        return limits
    }
}
