@testable import MQTT

/// Notes what a machine tells.
final class MachineLog: WireEvents {
    enum Event: Equatable {
        case connected(ReasonCode, Bool)
        case resending(UInt64)
        case received(String, [UInt8], Delivery)
        case completed(UInt64, PublishOutcome)
        case acknowledged(UInt16)
        case answered(UInt16, [UInt8])
        case disconnected(ReasonCode)
        case pinged
    }

    var events: [Event] = []
    unowned var machine: ProtocolMachine!
    /// Called with each message.
    var whenReceived: () -> Void = {}

    func connectAnswered(reason: ReasonCode, sessionPresent: Bool, limits: BrokerLimits) {
        events.append(.connected(reason, sessionPresent))
        guard !reason.isFailure else { return }
        machine.connected(limits)
        machine.resume()
    }
    func resending(_ token: UInt64) { events.append(.resending(token)) }
    func received(_ topic: Span<UInt8>, _ payload: Span<UInt8>, _ delivery: Delivery) {
        events.append(
            .received(
                String(decoding: topic.withUnsafeBufferPointer { Array($0) }, as: UTF8.self),
                payload.withUnsafeBufferPointer { Array($0) }, delivery))
        whenReceived()
    }
    func completed(_ token: UInt64, _ outcome: PublishOutcome) { events.append(.completed(token, outcome)) }
    func acknowledged(_ packetID: UInt16) { events.append(.acknowledged(packetID)) }
    func answered(_ packetID: UInt16, _ codes: [UInt8]) { events.append(.answered(packetID, codes)) }
    func disconnected(reason: ReasonCode, text: String?) { events.append(.disconnected(reason)) }
    func pingAnswered() { events.append(.pinged) }
}

/// A machine and what it told.
struct MachineBench {
    let machine: ProtocolMachine
    let log: MachineLog
    private let configuration: SessionConfiguration

    init(
        _ version: ProtocolVersion = .v5, kept: Bool = false, window: Int = 10,
        _ adjust: (inout SessionConfiguration) -> Void = { _ in }
    ) {
        var configuration = SessionConfiguration(host: "h", port: 1, clientID: "c")
        configuration.version = version
        configuration.keepsSession = kept
        configuration.window = window
        adjust(&configuration)
        self.configuration = configuration
        machine = ProtocolMachine(configuration)
        log = MachineLog()
        machine.events = log
        log.machine = machine
    }

    func begin() { machine.begin(configuration) }

    /// Connects, and takes CONNECT away.
    func connect(present: Bool = false, properties: [UInt8] = []) throws {
        begin()
        _ = leave()
        let isVersion5 = machine.isVersion5
        let body: [UInt8] = [present ? 1 : 0, 0] + (isVersion5 ? [UInt8(properties.count)] + properties : [])
        try take([0x20, UInt8(body.count)] + body)
    }

    @discardableResult func take(_ bytes: [UInt8]) throws -> Int { try machine.receive(bytes.span) }

    /// What is to be sent, which leaves.
    func leave() -> [UInt8] {
        let bytes = machine.output.withWaiting { Array($0) }
        machine.left(bytes.count)
        return bytes
    }

    func publish(_ topic: String = "t", _ payload: [UInt8] = [7], qos: QoS, token: UInt64) {
        let shape = OutputBuffer.Publish(
            topicLength: topic.utf8.count, payloadLength: payload.count, qos: qos, retain: false,
            propertiesLength: machine.isVersion5 ? 0 : nil)
        machine.publish(shape, topic: topic, payload: payload.span, token: token, properties: nil)
    }

    /// The events since the last call.
    func told() -> [MachineLog.Event] {
        defer { log.events = [] }
        return log.events
    }
}
