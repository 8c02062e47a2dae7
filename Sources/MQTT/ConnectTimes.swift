internal import Reactor

/// How long the steps took that made a connection, in nanoseconds. What an engine cannot tell is `nil`, and never 0.
public struct ConnectTimes: Equatable, Sendable {
    /// From the first attempt to the first address until CONNACK.
    public internal(set) var whole: UInt64?
    /// Until TCP stood, with the address that took the connection.
    public internal(set) var tcp: UInt64?
    /// Until TLS was agreed on, and a WebSocket over it.
    public internal(set) var tls: UInt64?
    /// From CONNECT to CONNACK.
    public internal(set) var connack: UInt64?

    /// None is known.
    public init() {}
}

/// Takes the times while a connection is made.
struct ConnectClock {
    private(set) var times = ConnectTimes()
    private var began: UInt64 = 0
    private var stepBegan: UInt64 = 0

    /// The attempt begins.
    mutating func begin() { self = ConnectClock(began: MonotonicClock.now) }

    init(began: UInt64 = 0) {
        self.began = began
        stepBegan = began
    }

    /// The next address is tried.
    mutating func beginAddress() { stepBegan = MonotonicClock.now }

    /// TCP stands.
    /// - Parameter turn: when the reactor heard of it.
    mutating func tcpStands(_ turn: UInt64) { times.tcp = step(turn) }

    /// What lies over TCP is agreed on, and CONNECT leaves.
    /// - Parameter isEncrypted: whether that is TLS.
    mutating func handshakeDone(_ turn: UInt64, isEncrypted: Bool) {
        let length = step(turn)
        if isEncrypted { times.tls = length }
    }

    /// CONNACK came.
    /// - Parameter isExact: whether it is known when CONNECT left.
    mutating func answered(_ turn: UInt64, isExact: Bool = true) {
        let length = step(turn)
        if isExact { times.connack = length }
        times.whole = max(1, turn) - min(began, turn)
    }

    /// What comes is timed by the turn, which was told of it; what leaves, by the clock.
    private mutating func step(_ turn: UInt64) -> UInt64 {
        let length = turn - min(stepBegan, turn)
        stepBegan = MonotonicClock.now
        return max(1, length)
    }
}
