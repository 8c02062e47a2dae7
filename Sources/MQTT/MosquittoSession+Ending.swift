internal import CMosquitto
internal import Glibc
internal import Reactor

extension MosquittoSession {
    /// Sends DISCONNECT after what was appended before, and closes.
    public func disconnect() async {
        guard case .connected = phase else { return }
        if ending == nil {
            ending = .disconnecting
            client!.disconnect()
            scheduleFlush()
            updateInterest()
            credit.wakeAll()
        }
        // A broker that reads no more must not hold the client for ever.
        let timer = reactor.schedule(at: MonotonicClock.now + 2_000_000_000) { [weak self] in self?.closeSocket() }
        await waitForEnd()
        reactor.cancel(timer)
    }

    /// Closes the socket without DISCONNECT.
    public func drop() {
        guard isConnected else { return }
        ending = .dropping
        // Nothing leaves any more, not even the acknowledgement of a message whose handler is running.
        shutSocket()
        credit.wakeAll()
        // The library may be on the stack: its socket is closed when it is not.
        reactor.atEndOfTurn { [weak self] in self?.closeSocket() }
    }

    /// Waits until a connection that was given up has ended. It ends soon, so a cancelled task waits too.
    func waitForEnd() async {
        guard case .connected = phase else { return }
        await withUnsafeContinuation { continuation in
            // A task that does not prefer the reactor's executor may have been queued once more on the way here.
            if case .connected = phase { endWaiters.append(continuation) } else { continuation.resume() }
        }
    }

    func shutSocket() {
        guard let socket = client?.socket, socket >= 0 else { return }
        _ = shutdown(socket, CInt(SHUT_RDWR))
    }

    /// The library has no call that closes its socket. It closes it when a write fails, so it gets something to write to a socket that is shut.
    func closeSocket() {
        guard case .connected = phase, let client else { return }
        shutSocket()
        client.disconnect()
        // Where the library keeps its socket all the same, it closes it when it connects again or is released: nobody waits for that.
        let result = client.write()
        connectionEnded(closeCode ?? result)
    }

    /// The library has closed its socket.
    func connectionEnded(_ code: CInt) {
        unwatch()
        if case .connecting = phase {
            connectionEndedEarly(MosquittoLibrary.describe(code))
            return
        }
        guard case .connected = phase else { return }
        let end: ConnectionEnd =
            if ending != nil {
                .requested
            } else if code >= 0x80 || code == 0 {
                .byBroker(reason: UInt8(truncatingIfNeeded: code))
            } else {
                .lost(reasonOfLoss(code))
            }
        if case .lost = end, code == MOSQ_ERR_CONN_LOST.intValue || code == MOSQ_ERR_ERRNO.intValue {
            likelyCauseOfEnd = LikelyCause.ofLoss(outstanding.count > 0 ? lastPublish : nil)
        } else if case .byBroker(let reason) = end, reason == ReasonCode.sessionTakenOver.rawValue {
            likelyCauseOfEnd = LikelyCause.ofLoss(nil)
        } else {
            likelyCauseOfEnd = nil
        }
        reactor.readClock()
        let isReported = ending != .abandoning
        phase = .idle
        if isReported { ending = nil }
        if configuration.keepsSession {
            // Packets that were not written are forgotten, and at QoS 0 nobody sends them again.
            for token in outstanding.removeUnwritten() { handler?.session(self, completed: token, outcome: .unknown) }
        } else {
            client = nil
            resolveInFlight(as: .unknown)
        }
        let waiting = answers
        answers = [:]
        let error = configuration.lostBeforeAnswer(end, cause: likelyCauseOfEnd)
        for answer in waiting.values { answer.complete(.failure(error)) }
        credit.wakeAll()
        for waiter in endWaiters { waiter.resume() }
        endWaiters = []
        // Where connect() has not returned yet, there was no connection to end.
        if isReported { handler?.session(self, ended: end) }
    }

    private func reasonOfLoss(_ code: CInt) -> String {
        switch code {
        case MOSQ_ERR_CONN_LOST.intValue: "the broker closed the connection without a reason"
        case MOSQ_ERR_KEEPALIVE.intValue:
            "the broker did not answer a ping within the keep-alive of \(limits.serverKeepAlive ?? configuration.keepAlive) s"
        case MOSQ_ERR_PROTOCOL.intValue, MOSQ_ERR_MALFORMED_PACKET.intValue: "what the broker sent is not MQTT"
        default: MosquittoLibrary.describe(code)
        }
    }

    func resolveInFlight(as outcome: PublishOutcome) {
        for token in outstanding.removeAll() { handler?.session(self, completed: token, outcome: outcome) }
    }
}
