import MQTT
import Reactor
import Testing

/// The engines that the conformance suite is run against. A second engine is added here: one case and one line of `makeSession`.
enum Engine: String, CaseIterable, CustomTestStringConvertible {
    case libmosquitto

    var testDescription: String { rawValue }

    func makeSession(_ configuration: SessionConfiguration, on reactor: Reactor) -> any MQTTSession {
        switch self {
        case .libmosquitto: MosquittoSession(configuration, on: reactor)
        }
    }
}

/// An engine and a version of the protocol: what each test of the suite is run with.
struct Subject: Sendable, CustomTestStringConvertible {
    var engine: Engine
    var version: ProtocolVersion

    var testDescription: String { "\(engine.rawValue), MQTT \(version.rawValue)" }

    static let all = Engine.allCases.flatMap { engine in ProtocolVersion.allCases.map { Subject(engine: engine, version: $0) } }
}
