/// How an attempt to publish ended.
public enum PublishOutcome: UInt8, Sendable, Codable {
    /// PUBACK or PUBCOMP arrived; at QoS 0 the message was written to the socket.
    case acked = 0
    /// The broker refused it, with an MQTT 5.0 reason code of 0x80 or above.
    case refused = 1
    /// It was written, and no acknowledgement came before the run or the session ended.
    case unknown = 2
    /// It was never written: the client held it back, as the broker would not have taken it, or its library could not send it.
    case withheld = 3
}

/// Why a delivered payload is not a message of this run.
public enum Unreadable: UInt8, Sendable, Codable {
    /// It began as a load message, but its checksum or its fields are wrong.
    case corrupt = 0
    /// It is no load message, or it is one of another run.
    case foreign = 1
    /// The same at a broker that others use too, so that it accuses nobody.
    case stranger = 2
}

/// A step of the run as a whole.
public enum MarkKind: UInt8, Sendable, Codable {
    /// Every subscription of the run is acknowledged.
    case allSubscribed = 0
    /// The warm-up begins.
    case warmUp = 1
    /// The measured part begins.
    case hold = 2
    /// Nobody publishes any more.
    case publishingEnded = 3
    /// The drain ended because nothing moved any more.
    case quiescent = 4
    /// The drain ended although something still moved or was awaited.
    case drainTimedOut = 5
    /// The run was told to stop early.
    case interrupted = 6
    /// Anything else worth reading, in the text.
    case note = 7
    /// Something that makes the result doubtful and that only the harness could see, as a sentence in the text.
    case doubt = 8
}
