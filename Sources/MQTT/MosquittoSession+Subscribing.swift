internal import CMosquitto
internal import Reactor

extension MosquittoSession {
    /// Subscribes and waits for the SUBACK.
    public func request(_ filters: [String], qos: QoS) async throws -> [SubscriptionAnswer] {
        for filter in filters { if let reason = limits.refusal(ofFilter: filter) { throw notSupported(filter, reason) } }
        return try await answer(to: "SUBSCRIBE", about: filters) { $0.subscribe(filters, qos: qos) }.map { code in
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
        let silence = MQTTError(
            .timedOut,
            "\(place) did not answer \(packet) of client '\(configuration.clientID)' for \(list(filters)) within \(patience).")
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

    /// At most three filters, as there may be many.
    private func list(_ filters: [String]) -> String {
        let first = filters.prefix(3).map { "'\($0)'" }.joined(separator: ", ")
        return filters.count > 3 ? "\(first) and \(filters.count - 3) more" : first
    }

    private func notSupported(_ filter: String, _ reason: ReasonCode) -> MQTTError {
        let what = reason == .wildcardsNotSupported ? "takes no filters with wildcards" : "has no shared subscriptions"
        return MQTTError(
            .notSupported(reason),
            "Client '\(configuration.clientID)' cannot subscribe to '\(filter)': the broker said in CONNACK that it \(what).")
    }

    private func filterError(_ code: CInt, _ filters: [String]) -> MQTTError {
        let list = "The filters \(list(filters))"
        return switch code {
        case MOSQ_ERR_OVERSIZE_PACKET.intValue:
            MQTTError(.packetTooLarge, "\(list) make a packet that is larger than the broker takes.")
        case MOSQ_ERR_NO_CONN.intValue:
            notConnected
        case MOSQ_ERR_INVAL.intValue, MOSQ_ERR_MALFORMED_UTF8.intValue:
            MQTTError(
                .invalid,
                "\(list) cannot be used: a filter is 1 to 65,535 bytes of UTF-8, '+' stands for a whole level, '#' for the last ones.")
        default:
            MQTTError(.invalid, "\(list) cannot be used: \(MosquittoLibrary.describe(code)).")
        }
    }
}
