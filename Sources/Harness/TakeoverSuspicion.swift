internal import MQTT

/// Tells whether somebody else uses a client's identifier. A broker of MQTT 5.0 says so (0x8E, "session taken over"); of MQTT 3.1.1 it just closes the
/// connection, again and again, as the two throw each other out.
struct TakeoverSuspicion {
    /// The most clients of a reactor of which it is told.
    static let told = 3
    /// So many connections that end soon after they began are suspicious.
    private static let enough = 3
    /// What soon means, in nanoseconds.
    private static let soon: UInt64 = 5_000_000_000
    /// The reason code of DISCONNECT (MQTT 5.0, 3.14.2.1).
    private static let takenOver: UInt8 = 0x8E

    private var began: UInt64 = 0
    private var losses = 0
    private var isTold = false
    /// The broker has acknowledged or delivered something on this connection.
    private var hasHeard = false
    /// Something was in flight when the connection ended.
    private var hadInFlight = false

    mutating func connected(at now: UInt64) {
        began = now
        (hasHeard, hadInFlight) = (false, false)
    }

    mutating func heard() { hasHeard = true }

    mutating func completed(_ outcome: PublishOutcome) {
        if outcome == .unknown { hadInFlight = true } else { hasHeard = true }
    }

    /// Counts the end of a connection.
    /// - Returns: whether there is now reason to tell, which there is once.
    mutating func isRaised(by end: ConnectionEnd, at now: UInt64) -> Bool {
        guard !isTold else { return false }
        if end == .byBroker(reason: Self.takenOver) {
            isTold = true
        } else if now - began < Self.soon, hasHeard || !hadInFlight {
            // One that ends at the first message, without a word, ends because of the message.
            losses += 1
            isTold = losses >= Self.enough
        }
        return isTold
    }

    /// What the trace and the summary say.
    func sentence(client: String, identifier: String, _ end: ConnectionEnd) -> String {
        let what =
            end == .byBroker(reason: Self.takenOver)
            ? "had its session taken over (the broker's reason is 0x8E)"
            : "lost its connection \(Self.enough) times within \(Self.soon / 1_000_000_000) s of connecting"
        return
            "Client '\(client)' \(what): most likely somebody else uses its client identifier '\(identifier)', or the broker takes the user name for the "
            + "identifier (mosquitto: use_username_as_clientid) and several clients connect as one user. Give it an identifier or a user of its own."
    }
}
