internal import Reactor

// What the library tells during its calls. Nothing here may release the client.
extension MosquittoSession: MosquittoEvents {
    func connectionClosed(code: CInt) {
        // A DISCONNECT of the broker is followed by a second call, which knows less.
        if closeCode == nil { closeCode = code }
    }

    func published(packetID: UInt16, reason: UInt8) {
        guard let token = outstanding.remove(packetID: packetID) else { return }
        handler?.session(self, completed: token, outcome: reason >= 0x80 ? .refused(reason: reason) : .acked)
        // All of them: whom credit was given to alone might not use it, and the others would wait on.
        credit.wakeAll()
    }

    func subscribed(packetID: UInt16, granted: [CInt]) {
        answered(packetID: packetID, granted)
    }

    func unsubscribed(packetID: UInt16) {
        answered(packetID: packetID, [])
    }

    private func answered(packetID: UInt16, _ answer: [CInt]) {
        outstanding.removeRequest(packetID: packetID)
        answers.removeValue(forKey: packetID)?.complete(.success(answer))
        credit.wakeAll()
    }

    func received(
        topic: Span<UInt8>, payload: Span<UInt8>, qos: CInt, retain: Bool, packetID: UInt16, properties: MessageProperties?
    ) {
        let delivery = Delivery(
            qos: QoS(rawValue: UInt8(qos)) ?? .atMostOnce, retain: retain, dup: nil, packetID: packetID, properties: properties)
        handler?.session(self, received: topic, payload: payload, delivery: delivery)
    }
}
