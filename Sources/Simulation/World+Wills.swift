/// Wills, and what MQTT 3.1.1 allows a broker on a live connection.
extension World {
    /// A connection ended without DISCONNECT [MQTT-3.1.2-8].
    func publishWill(_ link: Link) {
        // A trace tells of a will with CONNACK, so there is none before.
        guard let will = link.will, link.connectedAt != nil else { return }
        link.will = nil
        injection.link = link
        let message = messages[will]
        for _ in 0..<copiesOfWill(will) {
            route(PublishPacket(message: will, topic: message.topic, qos: message.qos, retain: message.retain))
        }
    }

    /// DISCONNECT withdraws the will [MQTT-3.14.4-3].
    func withdrawWill(_ link: Link) {
        if keepsWill(link) { return }
        link.will = nil
    }

    /// The broker sends again, in order, what a client has not acknowledged. MQTT 5.0 forbids it [MQTT-4.4.0-1].
    func resendLive(_ number: Int) {
        guard !plan.clients[number].isVersion5, let session = sessions.first(where: { $0.client == number }), let link = session.link
        else { return }
        for entry in session.inFlight where !entry.isReceived {
            var packet = entry.packet
            packet.dup = true
            send(.publish(packet), toClient: link)
        }
    }
}
