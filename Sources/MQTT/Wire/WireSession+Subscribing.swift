internal import Reactor

extension WireSession {
    /// Subscribes and waits for the SUBACK.
    public func request(_ filters: [String], qos: QoS, options: SubscribeOptions) async throws -> [SubscriptionAnswer] {
        guard isConnected else { throw configuration.notConnected }
        try check(filters, greatest: 3)
        for filter in filters { if let reason = limits.refusal(ofFilter: filter) { throw configuration.notSupported(filter, reason) } }
        let byte = qos.rawValue | (machine.isVersion5 ? options.byte : 0)
        let codes = try await answer(to: "SUBSCRIBE", about: filters) { machine.subscribe(filters, options: byte) }
        return codes.map { QoS(rawValue: $0).map(SubscriptionAnswer.granted) ?? .refused(ReasonCode(rawValue: $0)) }
    }

    /// Withdraws subscriptions and waits for the UNSUBACK.
    public func unsubscribe(_ filters: [String]) async throws {
        guard isConnected else { throw configuration.notConnected }
        try check(filters, greatest: 2)
        _ = try await answer(to: "UNSUBSCRIBE", about: filters) { machine.unsubscribe(filters) }
    }

    /// - Parameter greatest: the bytes that a filter takes beside its own.
    private func check(_ filters: [String], greatest overhead: Int) throws(MQTTError) {
        guard !filters.isEmpty, filters.allSatisfy(TopicCheck.isFilter) else { throw SessionConfiguration.unusable(filters) }
        let size = filters.reduce(8) { $0 + overhead + $1.utf8.count }
        guard size <= min(limits.maximumPacketSize ?? .max, FixedHeader.greatestLength) else {
            throw SessionConfiguration.tooLarge(filters)
        }
    }

    private func answer(to packet: String, about filters: [String], _ request: () -> UInt16) async throws -> [UInt8] {
        let silence = configuration.silent(packet, about: filters)
        let deadline = MonotonicClock.now + configuration.answerTimeout
        let packetID = request()
        let completion = Completion<[UInt8]>(on: reactor)
        answers[packetID] = completion
        // Its number stays in use: the answer may come yet.
        let timer = reactor.schedule(at: deadline) { [weak self] in
            self?.answers.removeValue(forKey: packetID)?.complete(.failure(silence))
        }
        defer { reactor.cancel(timer) }
        scheduleFlush()
        return try await completion.wait()
    }
}
