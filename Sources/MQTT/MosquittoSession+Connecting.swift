internal import CMosquitto
internal import Glibc
internal import Reactor

extension MosquittoSession {
    /// Connects, or connects again after the connection ended.
    public func connect() async throws -> ConnectAnswer {
        if ending != nil { await waitForEnd() }
        if ending == .abandoning { forgetSession() }
        guard case .idle = phase else {
            throw configuration.alreadyConnected
        }
        let completion = Completion<ConnectAnswer>(on: reactor)
        phase = .connecting(completion)
        let timer = reactor.schedule(at: MonotonicClock.now + configuration.answerTimeout) { [weak self] in self?.connectingTimedOut() }
        defer { reactor.cancel(timer) }
        do {
            try startConnecting()
            let answer = try await completion.wait()
            return ending == .abandoning ? try await connectAgain() : answer
        } catch {
            // Cancelled, or connecting could not even begin.
            if case .connecting = phase { failConnecting(error) }
            // The answer came after the task was cancelled: nobody knows of this connection.
            if error is CancellationError { drop() }
            throw error
        }
    }

    /// The library would send what it had in flight to a broker that does not know the session any more, and hand out what it had half
    /// received: a new client has neither.
    private func connectAgain() async throws -> ConnectAnswer {
        await waitForEnd()
        forgetSession()
        replacesAbandoned = true
        defer { replacesAbandoned = false }
        return try await connect()
    }

    private func forgetSession() {
        client = nil
        hadSession = false
        ending = nil
    }

    private func startConnecting() throws {
        // A clean session leaves nothing to the next one, which libmosquitto would send again all the same.
        if let client, configuration.keepsSession {
            try client.register(configuration)
        } else {
            client = try MosquittoClient(configuration, events: self)
        }
        writes = true
        connectClock.begin()
        addressFailures = []
        addresses = configuration.addresses.isEmpty ? try HostAddresses.lookUp(configuration.host) : configuration.addresses
        try tryNextAddress()
    }

    /// Starts to connect to the next address of the broker.
    /// - Throws: ``MQTTError`` where none is left: what went wrong with each.
    private func tryNextAddress() throws {
        while let address = addresses.first {
            addresses.removeFirst()
            self.address = address
            closeCode = nil
            isBlocked = false
            awaitsSocket = true
            firstByte = nil
            connectClock.beginAddress()
            if let problem = client!.connect(to: address, configuration) {
                addressFailures.append((address, problem))
                continue
            }
            registration = try reactor.watch(client!.socket, for: [.read, .write]) { [weak self] readiness in self?.ready(readiness) }
            if !addresses.isEmpty { limitAttempt() }
            return
        }
        throw configuration.unreachable(addressFailures)
    }

    /// An address that does not answer leaves time for those behind it.
    private func limitAttempt() {
        let share = configuration.answerTimeout / UInt64(addresses.count + 1)
        attemptTimer = reactor.schedule(at: MonotonicClock.now + share) { [weak self] in
            guard let self, self.awaitsSocket, case .connecting = self.phase else { return }
            self.connectionFailed("no answer")
        }
    }

    func failConnecting(_ error: any Error) {
        guard case .connecting(let completion) = phase else { return }
        phase = .idle
        unwatch()
        if configuration.keepsSession {
            // The client holds the session's state: messages in flight in both directions. It closes its socket when it connects again.
            shutSocket()
        } else {
            client = nil
            resolveInFlight(as: .unknown)
        }
        completion.complete(.failure(error))
    }

    private func connectingTimedOut() {
        failConnecting(configuration.connectingTimedOut(at: awaitsSocket ? .tcp : configuration.tls != nil && !isEncrypted ? .tls : .mqtt))
    }

    /// The TLS handshake is over.
    private var isEncrypted: Bool { client?.isEncrypted ?? false }

    /// The connection ended before CONNECT was answered.
    func connectionEndedEarly(_ reason: String) {
        if let complaint = client?.encryptionComplaint(configuration) {
            failConnecting(configuration.encryptionFailed(complaint))
        } else {
            failConnecting(configuration.endedEarly(reason, firstByte: firstByte))
        }
    }

    /// No TCP connection was made to this address.
    func connectionFailed(_ problem: String? = nil) {
        let code = socketErrorCode()
        // There was a connection, however short. The beginning of the TLS handshake may have asked for the error before, and then it is gone.
        if code == ECONNRESET || code == EPIPE { return connectionEndedEarly(String(cString: strerror(code))) }
        if code == 0, problem == nil, client!.wasConnected { return connectionEndedEarly("connection closed") }
        let reason = problem ?? (code == 0 ? "the connection was refused" : String(cString: strerror(code)))
        let cause = LikelyCause.ofUnreachable(code, address: address).map { "; \($0)" } ?? ""
        addressFailures.append((address, reason + cause))
        unwatch()
        do {
            try tryNextAddress()
        } catch {
            failConnecting(error)
        }
    }

    /// Notes what the broker says first, as that tells whether it is a broker at all, and whether it speaks TLS.
    func lookAtFirstByte() {
        guard firstByte == nil, client!.socket >= 0 else { return }
        var byte: UInt8 = 0
        guard recv(client!.socket, &byte, 1, CInt(MSG_PEEK | MSG_DONTWAIT)) == 1 else { return }
        firstByte = byte
        // The library would wait for the rest of whatever that is. Only CONNACK may come first.
        if configuration.tls == nil, byte != 0x20 { connectionEndedEarly("what it sent is not MQTT") }
    }

    func connectAnswered(reason: UInt8, sessionPresent: Bool, limits: BrokerLimits) {
        guard case .connecting(let completion) = phase else { return }
        guard reason == 0 else {
            // Not failConnecting: the client must not be destroyed inside its own callback. The library closes the socket next.
            completion.complete(.failure(configuration.refusal(ReasonCode(rawValue: reason), limits)))
            return
        }
        // With TLS nobody outside of the library knows when CONNECT left.
        connectClock.answered(reactor.turnTime, isExact: configuration.tls == nil)
        window = min(configuration.window, limits.receiveMaximum ?? .max)
        self.limits = limits
        phase = .connected
        scheduleKeepAlive()
        if hadSession, !sessionPresent {
            ending = .abandoning
            resolveInFlight(as: .unknown)
            client!.disconnect()
        }
        hadSession = configuration.keepsSession
        // For the connection that replaces an abandoned one the broker has made a session in between; what counts is that it had none.
        let answer = ConnectAnswer(
            sessionPresent: sessionPresent && !replacesAbandoned, window: window,
            keepAlive: limits.serverKeepAlive ?? configuration.keepAlive, limits: limits)
        if ending == nil {
            handler?.session(self, connected: answer)
            for token in outstanding.tokens { handler?.session(self, resending: token) }
        }
        completion.complete(.success(answer))
    }

    func socketError() -> String {
        let code = socketErrorCode()
        return code == 0 ? "connection closed" : String(cString: strerror(code))
    }

    private func socketErrorCode() -> CInt {
        var code: CInt = 0
        var length = socklen_t(MemoryLayout<CInt>.size)
        return getsockopt(client!.socket, SOL_SOCKET, SO_ERROR, &code, &length) == 0 ? code : 0
    }
}
