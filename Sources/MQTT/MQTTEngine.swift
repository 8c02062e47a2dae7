public import Reactor

/// The client that speaks MQTT for a session.
public enum MQTTEngine: String, Sendable, CaseIterable {
    /// Waybill's own, made for load: it batches, and it sees every packet.
    case wire
    /// libmosquitto, which many clients in production use.
    case libmosquitto
}

extension SessionConfiguration {
    /// Makes a session that lives on `reactor`; all its calls must be made there.
    public func makeSession(on reactor: Reactor) -> any MQTTSession {
        switch engine {
        case .wire: WireSession(self, on: reactor)
        case .libmosquitto: MosquittoSession(self, on: reactor)
        }
    }
}
