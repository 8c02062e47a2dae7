internal import CMosquitto
internal import Glibc
internal import Reactor

extension MosquittoSession {
    /// The most packets that are handled before the other descriptors of the reactor have their turn.
    private static let readBurst = 64

    /// Stops or resumes reading from the socket.
    public func setReading(_ reads: Bool) {
        self.reads = reads
        updateInterest()
    }

    /// Stops or resumes writing to the socket.
    ///
    /// In threaded mode the library only queues what it sends: acknowledgements and pings too. It writes nowhere but in `mosquitto_loop_write`.
    public func setWriting(_ writes: Bool) {
        self.writes = writes
        guard let client, registration != nil else { return }
        updateInterest()
        if client.wantsToWrite { scheduleFlush() }
    }

    private var mayWrite: Bool {
        if case .connected = phase { return writes || ending != nil }
        return true
    }

    private var mayRead: Bool {
        if case .connecting = phase { return true }
        return reads && ending == nil
    }

    /// The socket is ready.
    func ready(_ readiness: Readiness) {
        guard client != nil else { return }
        if awaitsSocket {
            awaitsSocket = false
            if let attemptTimer { reactor.cancel(attemptTimer) }
            attemptTimer = nil
            if readiness.contains(.failed) {
                connectionFailed()
                return
            }
            connectClock.tcpStands(reactor.turnTime)
        }
        if readiness.contains(.write) {
            isBlocked = false
            // The library goes on with a TLS handshake when it reads.
            if case .connecting = phase, configuration.tls != nil {
                lookAtFirstByte()
                after(client!.read())
            }
            if registration != nil, mayWrite { write() }
        }
        if registration != nil, !readiness.isDisjoint(with: [.read, .failed]) {
            if mayRead { read() } else if readiness.contains(.failed) { failedUnread() }
        }
        if registration != nil, case .connecting = phase { endWhereHandshakeCannotGoOn(readiness) }
    }

    private func read() {
        for _ in 0..<Self.readBurst {
            guard mayRead, client!.socket >= 0 else { break }
            if case .connecting = phase {
                lookAtFirstByte()
                guard registration != nil else { return }
            }
            reactor.readClock()
            let result = client!.read()
            guard result == MOSQ_ERR_SUCCESS.intValue else {
                after(result)
                return
            }
            if client!.hasReadAll {
                after(result)
                return
            }
        }
        after(MOSQ_ERR_SUCCESS.intValue)
        guard registration != nil, mayRead else { return }
        reactor.noteUnread()
        // What OpenSSL has decrypted is not seen by epoll.
        if configuration.tls != nil {
            reactor.atEndOfTurn { [weak self] in
                guard let self, self.registration != nil, self.mayRead else { return }
                self.read()
            }
        }
    }

    /// The connection broke while nothing is read, so the library does not find out by itself.
    private func failedUnread() {
        if ending == nil { closeCode = MOSQ_ERR_CONN_LOST.intValue }
        closeSocket()
    }

    /// The library takes the end of the connection in a TLS handshake for a wish to wait.
    private func endWhereHandshakeCannotGoOn(_ readiness: Readiness) {
        var byte: UInt8 = 0
        let atEnd = configuration.tls != nil && recv(client!.socket, &byte, 1, CInt(MSG_PEEK | MSG_DONTWAIT)) == 0
        if atEnd || readiness.contains(.failed) { connectionEndedEarly(socketError()) }
    }

    private func write() {
        reactor.readClock()
        let result = client!.write()
        isBlocked = client!.wantsToWrite
        after(result)
    }

    /// What follows each call of the library: it may have closed the connection, or have something to write.
    private func after(_ result: CInt) {
        guard client != nil else { return }
        if client!.socket < 0 {
            connectionEnded(closeCode ?? result)
            return
        }
        if client!.wantsToWrite { scheduleFlush() }
        updateInterest()
    }

    /// Writes at the end of this turn what it has queued.
    func scheduleFlush() {
        guard !flushScheduled, !isBlocked, mayWrite else { return }
        flushScheduled = true
        reactor.atEndOfTurn { [weak self] in self?.flush() }
    }

    private func flush() {
        flushScheduled = false
        guard client != nil, registration != nil, mayWrite else { return }
        write()
    }

    func updateInterest() {
        guard let registration else { return }
        var interest: Interest = mayRead ? .read : []
        // A socket that is writable while nothing may be written would be told of over and over.
        if awaitsSocket || (isBlocked && mayWrite) { interest.insert(.write) }
        reactor.change(registration, to: interest)
    }

    func unwatch() {
        if let registration { reactor.unwatch(registration) }
        registration = nil
        for timer in [keepAliveTimer, attemptTimer] { if let timer { reactor.cancel(timer) } }
        keepAliveTimer = nil
        attemptTimer = nil
    }

    func scheduleKeepAlive() {
        keepAliveTimer = reactor.schedule(at: MonotonicClock.now + 1_000_000_000) { [weak self] in
            guard let self, self.isConnected else { return }
            self.scheduleKeepAlive()
            // A ping that cannot leave would count as one without an answer.
            if self.writes { self.after(self.client!.keepAlive()) }
        }
    }
}
