internal import CMosquitto
internal import Glibc
internal import Reactor

extension MosquittoSession {
    /// Connects, or connects again after the connection ended.
    public func connect() async throws -> ConnectAnswer {
        if ending != nil { await waitForEnd() }
        if ending == .abandoning { forgetSession() }
        guard case .idle = phase else {
            throw MQTTError(.invalid, "Client '\(configuration.clientID)' is connected or connecting already.")
        }
        let completion = Completion<ConnectAnswer>(on: reactor)
        phase = .connecting(completion)
        let timer = reactor.schedule(at: MonotonicClock.now + configuration.connectTimeout) { [weak self] in self?.connectingTimedOut() }
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
        if client == nil || !configuration.keepsSession { client = try MosquittoClient(configuration, events: self) }
        closeCode = nil
        isBlocked = false
        writes = true
        awaitsSocket = true
        try client!.connect(configuration)
        registration = try reactor.watch(client!.socket, for: [.read, .write]) { [weak self] readiness in self?.ready(readiness) }
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
        let seconds = Double(configuration.connectTimeout) / 1e9
        failConnecting(
            MQTTError(
                .timedOut,
                "\(configuration.host):\(configuration.port) did not answer CONNECT of client '\(configuration.clientID)' within \(seconds) s."
            ))
    }

    /// The connection ended before CONNECT was answered.
    func connectionEndedEarly(_ reason: String) {
        if let complaint = client?.encryptionComplaint {
            failConnecting(
                MQTTError(.unreachable, "No encrypted connection to \(configuration.host):\(configuration.port): \(complaint)."))
            return
        }
        let what = "\(configuration.host):\(configuration.port) closed the connection instead of answering CONNECT"
        failConnecting(MQTTError(.connectionLost, "\(what): \(reason)."))
    }

    /// No TCP connection was made.
    func connectionFailed() {
        failConnecting(MQTTError(.unreachable, "No connection to \(configuration.host):\(configuration.port): \(socketError())."))
    }

    func connectAnswered(reason: UInt8, sessionPresent: Bool, receiveMaximum: Int?, maximumPacketSize: Int?) {
        guard case .connecting(let completion) = phase else { return }
        guard reason == 0 else {
            let text = String(
                cString: configuration.version == .v5 ? mosquitto_reason_string(CInt(reason)) : mosquitto_connack_string(CInt(reason)))
            let sentence = text.hasSuffix(".") ? text : text + "."
            // Not failConnecting: the client must not be destroyed inside its own callback. The library closes the socket next.
            completion.complete(
                .failure(
                    MQTTError(.refused(reason), "The broker refused client '\(configuration.clientID)' with code \(reason): \(sentence)")))
            return
        }
        window = min(configuration.window, receiveMaximum ?? .max)
        self.maximumPacketSize = maximumPacketSize
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
            sessionPresent: sessionPresent && !replacesAbandoned, window: window, maximumPacketSize: maximumPacketSize)
        if ending == nil {
            handler?.session(self, connected: answer)
            for token in outstanding.tokens { handler?.session(self, resending: token) }
        }
        completion.complete(.success(answer))
    }

    func socketError() -> String {
        var code: CInt = 0
        var length = socklen_t(MemoryLayout<CInt>.size)
        let read = getsockopt(client!.socket, SOL_SOCKET, SO_ERROR, &code, &length)
        return read == 0 && code != 0 ? String(cString: strerror(code)) : "connection closed"
    }
}
