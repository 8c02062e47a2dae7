@testable import MQTT

/// Takes bytes for what a broker sends: whatever they are, and however they are cut, the client's state takes them as the same packets or ends with the same
/// error, and answers the same.
enum WireTarget {
    /// - Parameter input: the version and the kind of session, how the bytes are cut, and behind that the bytes.
    static func read(_ input: [UInt8]) {
        guard let kind = input.first, let step = input.dropFirst().first else { return }
        let bytes = Array(input.dropFirst(2))
        let whole = Exchange(kind, bytes, pieces: [bytes.count])
        var pieces: [Int] = []
        var left = bytes.count
        while left > 0 {
            pieces.append(min(left, Int(step) + 1))
            left -= pieces[pieces.count - 1]
        }
        let cut = Exchange(kind, bytes, pieces: pieces)
        precondition(cut.events == whole.events && cut.error == whole.error && cut.answers == whole.answers, "pieces make a difference")
        precondition(whole.answers.count <= 4 * bytes.count + 512, "a few bytes are answered with many")
    }

    /// What becomes of some bytes.
    private final class Exchange: WireEvents {
        private(set) var events: [String] = []
        private(set) var error: WireError?
        private(set) var answers: [UInt8] = []
        private let machine: ProtocolMachine

        init(_ kind: UInt8, _ bytes: [UInt8], pieces: [Int]) {
            var configuration = SessionConfiguration(host: "h", port: 1, clientID: "c")
            configuration.version = kind & 1 == 0 ? .v311 : .v5
            configuration.keepsSession = kind & 2 != 0
            configuration.readsProperties = kind & 4 != 0
            configuration.maximumPacketSize = kind & 8 != 0 ? 64 : nil
            machine = ProtocolMachine(configuration)
            machine.events = self
            machine.begin(configuration)
            var rest: [UInt8] = []
            var start = 0
            for piece in pieces {
                rest += bytes[start..<start + piece]
                start += piece
                do {
                    rest.removeFirst(try machine.receive(rest.span))
                } catch {
                    self.error = error
                    break
                }
            }
            answers = machine.output.withWaiting { Array($0) }
            machine.end(keepsState: false)
        }

        func connectAnswered(reason: ReasonCode, sessionPresent: Bool, limits: BrokerLimits) {
            events.append("connected \(reason.rawValue) \(sessionPresent) \(limits)")
            machine.connected(limits)
            // So that what answers a publish or a subscription has something to answer.
            let nothing: [UInt8] = []
            for qos in QoS.allCases where machine.room > 0 {
                machine.publish(
                    .init(topicLength: 1, payloadLength: 0, qos: qos, retain: false, propertiesLength: machine.isVersion5 ? 0 : nil),
                    topic: "t", payload: nothing.span, token: UInt64(qos.rawValue), properties: nil)
            }
            _ = machine.subscribe(["a"], options: 0)
        }
        func resending(_ token: UInt64) { events.append("resending \(token)") }
        func received(_ topic: Span<UInt8>, _ payload: Span<UInt8>, _ delivery: Delivery) {
            let text = String(validating: topic.withUnsafeBufferPointer { Array($0) }, as: UTF8.self)
            precondition(text != nil, "a topic is no text")
            events.append("received \(text ?? "") \(payload.count) \(delivery)")
        }
        func completed(_ token: UInt64, _ outcome: PublishOutcome) { events.append("completed \(token) \(outcome)") }
        func acknowledged(_ packetID: UInt16) { events.append("acknowledged \(packetID)") }
        func answered(_ packetID: UInt16, _ codes: [UInt8]) { events.append("answered \(packetID) \(codes)") }
        func disconnected(reason: ReasonCode, text: String?) { events.append("disconnected \(reason) \(text ?? "")") }
        func pingAnswered() { events.append("pinged") }
    }
}
