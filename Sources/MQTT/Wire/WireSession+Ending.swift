internal import Glibc
internal import Reactor

extension WireSession {
    /// Sends DISCONNECT after what was appended before, and closes.
    public func disconnect() async {
        guard case .connected = phase else { return }
        if ending == nil {
            ending = .disconnecting
            machine.isHalted = true
            machine.output.disconnect(reason: 0)
            scheduleFlush()
            updateInterest()
            credit.wakeAll()
        }
        // A broker that reads no more must not hold the client for ever.
        let timer = reactor.schedule(at: MonotonicClock.now + 2_000_000_000) { [weak self] in self?.connectionEnded(.requested) }
        await waitForEnd()
        reactor.cancel(timer)
    }

    /// Closes the socket without DISCONNECT.
    public func drop() {
        guard isConnected else { return }
        ending = .dropping
        machine.isHalted = true
        credit.wakeAll()
        // A handler may be on the stack, with the packets behind the one that it looks at.
        reactor.atEndOfTurn { [weak self] in self?.connectionEnded(.requested) }
    }

    /// Waits until a connection that was given up has ended. It ends soon, so a cancelled task waits too.
    func waitForEnd() async {
        guard case .connected = phase else { return }
        await withUnsafeContinuation { continuation in
            // A task that does not prefer the reactor's executor may have been queued once more on the way here.
            if case .connected = phase { endWaiters.append(continuation) } else { continuation.resume() }
        }
    }

    /// The connection is over.
    /// - Parameter isUnexplained: whether a guess at the cause helps.
    func connectionEnded(_ end: ConnectionEnd, isUnexplained: Bool = false) {
        if case .connecting = phase {
            if case .lost(let reason) = end { connectionEndedEarly(reason == Self.closed ? "connection closed" : reason) }
            return
        }
        guard case .connected = phase else { return }
        let end = ending == nil ? end : .requested
        if isUnexplained, ending == nil {
            likelyCauseOfEnd = LikelyCause.ofLoss(inFlight > 0 ? lastPublish : nil)
        } else if case .byBroker(let reason) = end, reason == ReasonCode.sessionTakenOver.rawValue {
            likelyCauseOfEnd = LikelyCause.ofLoss(nil)
        } else {
            likelyCauseOfEnd = ending == nil ? brokerEnd?.text.map { "it says: \($0)" } : nil
        }
        closeTransport()
        phase = .idle
        ending = nil
        reactor.readClock()
        told = handler
        machine.end(keepsState: configuration.keepsSession)
        told = nil
        let waiting = answers
        answers = [:]
        let error = configuration.lostBeforeAnswer(end, cause: likelyCauseOfEnd)
        for answer in waiting.values { answer.complete(.failure(error)) }
        credit.wakeAll()
        for waiter in endWaiters { waiter.resume() }
        endWaiters = []
        handler?.session(self, ended: end)
    }

    private static let closed = "the broker closed the connection without a reason"
}
