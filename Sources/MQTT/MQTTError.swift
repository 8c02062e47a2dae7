/// Why a call of a session failed.
public struct MQTTError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The kind of failure.
    public enum Code: Equatable, Sendable {
        /// Nobody listens there, or the name or the network does not lead there.
        case unreachable
        /// The broker answered CONNECT with this code: 1 to 5 in MQTT 3.1.1, 0x80 and above in 5.0.
        case refused(ReasonCode)
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
        /// The broker said in CONNACK that it has not what is asked for.
        case notSupported(ReasonCode)
        /// A topic, filter, file or setting that cannot be used.
        case invalid
        /// The system had no resources.
        case exhausted
    }

    /// The kind of failure.
    public var code: Code
    /// One sentence: what was tried and what went wrong.
    public var description: String
    /// The cause alone and in few words, as `packet too large, limit 500, size 1042`; messages with the same one can be counted together.
    public var cause: String

    /// Makes an error.
    /// - Parameter cause: a few words, where there are better ones than those of the code.
    public init(_ code: Code, _ description: String, cause: String? = nil) {
        self.code = code
        self.description = description
        self.cause = cause ?? code.words
    }

    /// How a trace notes a publish that the session itself refused, so that nothing left (MQTT 5.0, 2.4).
    public var reason: ReasonCode {
        switch code {
        case .packetTooLarge: .packetTooLarge
        case .notSupported(let reason), .refused(let reason): reason
        case .invalid: .topicNameInvalid
        default: .unspecified
        }
    }
}

extension MQTTError.Code {
    /// In a few words.
    var words: String {
        switch self {
        case .unreachable: "not reachable"
        case .refused(let reason), .notSupported(let reason): reason.words
        case .timedOut: "no answer in time"
        case .connectionLost: "connection lost"
        case .notConnected: "not connected"
        case .noCredit: "window full"
        case .packetTooLarge: "packet too large"
        case .invalid: "not usable"
        case .exhausted: "out of resources"
        }
    }
}
