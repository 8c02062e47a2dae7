/// Why a call of a session failed.
public struct MQTTError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The kind of failure.
    public enum Code: Equatable, Sendable {
        /// Nobody listens there, or the name or the network does not lead there.
        case unreachable
        /// The broker answered CONNECT with this code: 1 to 5 in MQTT 3.1.1, 0x80 and above in 5.0.
        case refused(UInt8)
        /// No answer in time.
        case timedOut
        /// The connection ended before the answer.
        case connectionLost
        /// There is no connection.
        case notConnected
        /// The window is full: wait for send credit.
        case noCredit
        /// The packet exceeds what the broker takes.
        case packetTooLarge
        /// A topic, filter, file or setting that cannot be used.
        case invalid
        /// The system had no resources.
        case exhausted
    }

    /// The kind of failure.
    public var code: Code
    /// One sentence: what was tried and what went wrong.
    public var description: String

    /// Makes an error.
    public init(_ code: Code, _ description: String) {
        self.code = code
        self.description = description
    }
}
