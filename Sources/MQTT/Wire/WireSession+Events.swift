internal import Reactor

// What the protocol tells while it takes packets.
extension WireSession: WireEvents {
    func resending(_ token: UInt64) { (told ?? handler)?.session(self, resending: token) }

    func received(_ topic: Span<UInt8>, _ payload: Span<UInt8>, _ delivery: Delivery) {
        told?.session(self, received: topic, payload: payload, delivery: delivery)
    }

    func completed(_ token: UInt64, _ outcome: PublishOutcome) {
        (told ?? handler)?.session(self, completed: token, outcome: outcome)
        // All of them: whom credit was given to alone might not use it, and the others would wait on.
        credit.wakeAll()
    }

    func acknowledged(_ packetID: UInt16) { (told ?? handler)?.session(self, acknowledged: packetID) }

    func answered(_ packetID: UInt16, _ codes: [UInt8]) {
        answers.removeValue(forKey: packetID)?.complete(.success(codes))
        credit.wakeAll()
    }

    func disconnected(reason: ReasonCode, text: String?) { brokerEnd = (reason, text) }

    func pingAnswered() { pinged = nil }
}
