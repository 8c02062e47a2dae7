public import Reactor

/// The client that speaks MQTT for a session.
public enum MQTTEngine: String, Sendable, CaseIterable {
    /// Waybill's own, made for load: it batches, and it sees every packet.
    case wire
    /// libmosquitto, which many clients in production use.
    case libmosquitto

    /// Makes a session that lives on `reactor`; all its calls must be made there.
    public func makeSession(_ configuration: SessionConfiguration, on reactor: Reactor) -> any MQTTSession {
        switch self {
        case .wire: WireSession(configuration, on: reactor)
        case .libmosquitto: MosquittoSession(configuration, on: reactor)
        }
    }
}
