import MQTT
import Testing

/// An engine and a version of the protocol: what each test of the suite is run with.
struct Subject: Sendable, CustomTestStringConvertible {
    var engine: MQTTEngine
    var version: ProtocolVersion

    var testDescription: String { "\(engine.rawValue), MQTT \(version.rawValue)" }

    static let all = MQTTEngine.allCases.flatMap { engine in ProtocolVersion.allCases.map { Subject(engine: engine, version: $0) } }
    static let version5 = all.filter { $0.version == .v5 }
}
