internal import CMosquitto
internal import Reactor

extension MosquittoSession {
    /// Subscribes and waits for the SUBACK.
    public func subscribe(_ filters: [String], qos: QoS) async throws -> [QoS?] {
        let granted = try await answer(about: filters) { $0.subscribe(filters, qos: qos) }
        return granted.map { QoS(rawValue: UInt8(truncatingIfNeeded: $0)) }
    }

    /// Withdraws subscriptions and waits for the UNSUBACK.
    public func unsubscribe(_ filters: [String]) async throws {
        _ = try await answer(about: filters) { $0.unsubscribe(filters) }
    }

    private func answer(about filters: [String], _ request: (MosquittoClient) -> Result<UInt16, MosquittoCode>) async throws -> [CInt] {
        guard isConnected else { throw notConnected }
        while outstanding.nextIsTaken {
            try await credit.wait()
            guard isConnected else { throw notConnected }
        }
        switch request(client!) {
        case .success(let packetID):
            outstanding.addRequest(packetID: packetID)
            let completion = Completion<[CInt]>(on: reactor)
            answers[packetID] = completion
            scheduleFlush()
            return try await completion.wait()
        case .failure(let failure):
            throw filterError(failure.code, filters)
        }
    }

    private func filterError(_ code: CInt, _ filters: [String]) -> MQTTError {
        let list = "The filters \(filters.map { "'\($0)'" }.joined(separator: ", "))"
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
            MQTTError(.invalid, "\(list) cannot be used: \(MosquittoLibrary.describe(code))")
        }
    }
}
