internal import CMosquitto
internal import Reactor

extension MosquittoSession {
    /// Subscribes and waits for the SUBACK.
    public func request(_ filters: [String], qos: QoS, options: SubscribeOptions) async throws -> [SubscriptionAnswer] {
        for filter in filters { if let reason = limits.refusal(ofFilter: filter) { throw configuration.notSupported(filter, reason) } }
        return try await answer(to: "SUBSCRIBE", about: filters) { $0.subscribe(filters, qos: qos, options: options) }.map { code in
            let code = UInt8(truncatingIfNeeded: code)
            return QoS(rawValue: code).map(SubscriptionAnswer.granted) ?? .refused(ReasonCode(rawValue: code))
        }
    }

    /// Withdraws subscriptions and waits for the UNSUBACK.
    public func unsubscribe(_ filters: [String]) async throws {
        _ = try await answer(to: "UNSUBSCRIBE", about: filters) { $0.unsubscribe(filters) }
    }

    private func answer(
        to packet: String, about filters: [String], _ request: (MosquittoClient) -> Result<UInt16, MosquittoCode>
    ) async throws -> [CInt] {
        guard isConnected else { throw notConnected }
        let silence = configuration.silent(packet, about: filters)
        let deadline = MonotonicClock.now + configuration.answerTimeout
        try await waitForPacketIdentifier(until: deadline, orThrow: silence)
        switch request(client!) {
        case .success(let packetID):
            outstanding.addRequest(packetID: packetID)
            let completion = Completion<[CInt]>(on: reactor)
            answers[packetID] = completion
            // Its number stays in use: the answer may come yet.
            let timer = reactor.schedule(at: deadline) { [weak self] in
                self?.answers.removeValue(forKey: packetID)?.complete(.failure(silence))
            }
            defer { reactor.cancel(timer) }
            scheduleFlush()
            return try await completion.wait()
        case .failure(let failure):
            throw filterError(failure.code, filters)
        }
    }

    /// The number that the library gives next may belong to a message whose acknowledgement is still to come.
    private func waitForPacketIdentifier(until deadline: UInt64, orThrow silence: MQTTError) async throws {
        guard try await credit.wait(until: { !outstanding.nextIsTaken || !isConnected }, orAt: deadline) else { throw silence }
        guard isConnected else { throw notConnected }
    }

    private func filterError(_ code: CInt, _ filters: [String]) -> MQTTError {
        return switch code {
        case MOSQ_ERR_OVERSIZE_PACKET.intValue: SessionConfiguration.tooLarge(filters)
        case MOSQ_ERR_NO_CONN.intValue: notConnected
        case MOSQ_ERR_INVAL.intValue, MOSQ_ERR_MALFORMED_UTF8.intValue: SessionConfiguration.unusable(filters)
        default: MQTTError(.invalid, "The filters cannot be used: \(MosquittoLibrary.describe(code)).")
        }
    }
}
