internal import Glibc
internal import Reactor

extension WireSession {
    /// Connects, or connects again after the connection ended.
    public func connect() async throws -> ConnectAnswer {
        if ending != nil { await waitForEnd() }
        guard case .idle = phase else { throw configuration.alreadyConnected }
        try validate()
        let completion = Completion<ConnectAnswer>(on: reactor)
        phase = .connecting(completion)
        let timer = reactor.schedule(at: MonotonicClock.now + configuration.answerTimeout) { [weak self] in self?.connectingTimedOut() }
        defer { reactor.cancel(timer) }
        do {
            try startConnecting()
            return try await completion.wait()
        } catch {
            // Cancelled, or connecting could not even begin.
            if case .connecting = phase { failConnecting(error) }
            // The answer came after the task was cancelled: nobody knows of this connection.
            if error is CancellationError { drop() }
            throw error
        }
    }

    private func validate() throws(MQTTError) {
        func refuse(_ text: String) -> MQTTError { MQTTError(.invalid, "Client '\(configuration.clientID)': \(text).") }
        guard (1...65_535).contains(configuration.window) else {
            throw refuse("the window is \(configuration.window), and MQTT has 1 to 65,535")
        }
        guard configuration.clientID.utf8.count <= 65_535, !configuration.clientID.utf8.contains(0), !configuration.host.utf8.contains(0)
        else {
            throw refuse("a client identifier has at most 65,535 bytes, and neither it nor a host name a null character")
        }
        guard !configuration.clientID.isEmpty || !configuration.keepsSession else {
            throw refuse("a kept session needs a client identifier to be found again by (MQTT-3.1.3-8)")
        }
        if let will = configuration.will {
            guard TopicCheck.isTopic(will.topic), will.payload.count <= 65_535 else {
                throw refuse("the will cannot be sent: its topic is 1 to 65,535 bytes without wildcards, its payload at most 65,535")
            }
            guard configuration.version == .v5 || (will.delay == 0 && will.properties.isEmpty) else {
                throw refuse("the will has a delay or properties, which MQTT 3.1.1 does not know: use version 5.0")
            }
            guard will.properties.isUsable else { throw refuse("the properties of the will cannot be sent") }
        }
    }

    private func startConnecting() throws {
        writes = true
        connectClock.begin()
        brokerEnd = nil
        addressFailures = []
        addresses = configuration.addresses.isEmpty ? try HostAddresses.lookUp(configuration.host) : configuration.addresses
        try tryNextAddress()
    }

    /// Starts to connect to the next address of the broker.
    /// - Throws: ``MQTTError`` where none is left: what went wrong with each.
    func tryNextAddress() throws {
        while let address = addresses.first {
            addresses.removeFirst()
            self.address = address
            isBlocked = false
            firstByte = nil
            rest = []
            connectClock.beginAddress()
            let socket: TCPSocket
            do {
                socket = try TCPSocket(
                    connectingTo: address, port: configuration.port, from: configuration.sourceAddress)
            } catch {
                if error.code == EMFILE || error.code == ENFILE {
                    throw MQTTError(.exhausted, "No socket for client '\(configuration.clientID)': \(error.text).")
                }
                noteFailure(error)
                continue
            }
            self.socket = socket
            transport = try makeTransport(over: socket)
            awaitsSocket = true
            isShakingHands = true
            registration = try reactor.watch(socket.descriptor, for: [.read, .write]) { [weak self] readiness in self?.ready(readiness) }
            if !addresses.isEmpty { limitAttempt() }
            return
        }
        throw configuration.unreachable(addressFailures)
    }

    private func makeTransport(over socket: TCPSocket) throws(MQTTError) -> any WireTransport {
        var transport: any WireTransport = socket
        if let tls = configuration.tls { transport = try TLSConnection(over: socket, tls, configuration) }
        if let webSocket = configuration.webSocket { transport = WebSocketConnection(over: transport, webSocket, configuration) }
        return transport
    }

    private func noteFailure(_ failure: SocketFailure) {
        let cause = LikelyCause.ofUnreachable(failure.code, address: address).map { "; \($0)" } ?? ""
        addressFailures.append((address, failure.text + cause))
    }

    /// An address that does not answer leaves time for those behind it.
    private func limitAttempt() {
        let share = configuration.answerTimeout / UInt64(addresses.count + 1)
        attemptTimer = reactor.schedule(at: MonotonicClock.now + share) { [weak self] in
            guard let self, self.awaitsSocket, case .connecting = self.phase else { return }
            self.connectionFailed(SocketFailure(code: ETIMEDOUT, text: "no answer"))
        }
    }

    /// No TCP connection was made to this address.
    func connectionFailed(_ failure: SocketFailure) {
        noteFailure(failure)
        closeTransport()
        do {
            try tryNextAddress()
        } catch {
            failConnecting(error)
        }
    }

    func failConnecting(_ error: any Error) {
        guard case .connecting(let completion) = phase else { return }
        phase = .idle
        closeTransport()
        machine.end(keepsState: configuration.keepsSession)
        completion.complete(.failure(error))
    }

    private func connectingTimedOut() {
        failConnecting(configuration.connectingTimedOut(at: awaitsSocket ? .tcp : isShakingHands ? transport?.step ?? .mqtt : .mqtt))
    }

    /// The connection ended before CONNECT was answered.
    func connectionEndedEarly(_ reason: String) {
        failConnecting(configuration.endedEarly(reason, firstByte: firstByte))
    }

    /// The TCP connection stands: what lies over it is agreed on next, and then CONNECT is sent.
    func goOnConnecting() {
        guard let transport else { return }
        if configuration.tls != nil, firstByte == nil { firstByte = socket?.peek() }
        switch transport.proceed() {
        case .done:
            connectClock.handshakeDone(reactor.turnTime, isEncrypted: configuration.tls != nil)
            isShakingHands = false
            machine.begin(configuration)
            flush()
        case .waitsToRead: if let registration { reactor.change(registration, to: .read) }
        case .waitsToWrite: if let registration { reactor.change(registration, to: [.read, .write]) }
        case .ended(let reason): connectionEndedEarly(reason)
        case .failed(let error): failConnecting(error)
        }
    }

    func connectAnswered(reason: ReasonCode, sessionPresent: Bool, limits: BrokerLimits) {
        guard case .connecting(let completion) = phase else { return }
        guard reason.rawValue == 0 else {
            failConnecting(configuration.refusal(reason, limits))
            machine.isHalted = true
            return
        }
        connectClock.answered(reactor.turnTime)
        self.limits = limits
        phase = .connected
        likelyCauseOfEnd = nil
        hasSent = true
        pinged = nil
        if hadSession, !sessionPresent { machine.forget() }
        hadSession = configuration.keepsSession
        machine.connected(limits)
        scheduleKeepAlive()
        let answer = ConnectAnswer(
            sessionPresent: sessionPresent, window: machine.window, keepAlive: limits.serverKeepAlive ?? configuration.keepAlive,
            limits: limits)
        isResuming = true
        (told ?? handler)?.session(self, connected: answer)
        isResuming = false
        // The handler may have given the connection up, or may not want to read yet.
        if ending == nil { machine.resume() }
        if !reads { machine.isHalted = true }
        completion.complete(.success(answer))
    }
}
