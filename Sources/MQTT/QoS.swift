/// A quality of service (MQTT 4.3).
public enum QoS: UInt8, Sendable, Comparable, CaseIterable {
    /// At most once.
    case atMostOnce = 0
    /// At least once.
    case atLeastOnce = 1
    /// Exactly once.
    case exactlyOnce = 2

    /// The weaker quality is the smaller.
    public static func < (left: QoS, right: QoS) -> Bool { left.rawValue < right.rawValue }
}

/// A version of the protocol.
public enum ProtocolVersion: String, Sendable, CaseIterable {
    /// MQTT 3.1.1.
    case v311 = "3.1.1"
    /// MQTT 5.0.
    case v5 = "5.0"
}
