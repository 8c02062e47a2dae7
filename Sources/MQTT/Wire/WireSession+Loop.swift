internal import Glibc
internal import Reactor

extension WireSession {
    /// Stops or resumes reading from the socket.
    public func setReading(_ reads: Bool) {
        self.reads = reads
        machine.isHalted = !reads
        updateInterest()
        // Packets that came before reading was stopped lie here.
        guard reads, !rest.isEmpty, registration != nil else { return }
        reactor.atEndOfTurn { [weak self] in self?.takeRest() }
    }

    /// Stops or resumes writing to the socket.
    public func setWriting(_ writes: Bool) {
        self.writes = writes
        guard registration != nil else { return }
        updateInterest()
        scheduleFlush()
    }

    private var mayWrite: Bool {
        if case .connected = phase { return ending == .disconnecting || (writes && ending == nil) }
        return true
    }

    private var mayRead: Bool {
        if case .connecting = phase { return true }
        return reads && ending == nil
    }

    /// The socket is ready.
    func ready(_ readiness: Readiness) {
        if awaitsSocket {
            if let code = socket?.takeError(), code != 0 { return connectionFailed(SocketFailure(code: code)) }
            guard !readiness.isDisjoint(with: [.write, .failed]) else { return }
            awaitsSocket = false
            connectClock.tcpStands(reactor.turnTime)
            if let attemptTimer { reactor.cancel(attemptTimer) }
            attemptTimer = nil
        }
        if isShakingHands { return goOnConnecting() }
        if readiness.contains(.write), isBlocked {
            isBlocked = false
            flush()
        }
        guard registration != nil, !readiness.isDisjoint(with: [.read, .failed]) else { return }
        if mayRead { read() } else if readiness.contains(.failed) { failedUnread() }
    }

    /// Reads once: what has come, up to the size of the buffer. Whatever is left has its turn after the other connections.
    private func read() {
        guard let transport else { return }
        told = handler
        defer { told = nil }
        let buffer = reactor.receiveBuffer
        // A small beginning of a packet goes in front of what is read; where a packet is larger than the buffer, what is read goes behind it.
        let isLong = rest.count >= buffer.count / 2
        let kept = isLong ? 0 : rest.count
        if kept > 0 { rest.withUnsafeBytes { buffer.copyMemory(from: $0) } }
        let room = UnsafeMutableRawBufferPointer(rebasing: buffer[kept...])
        let transfer = transport.read(into: room)
        reactor.readClock()
        switch transfer {
        case .moved(let count):
            if isLong {
                rest.append(contentsOf: room[..<count])
                // To look at all of it anew each time would take the square of its length.
                if rest.count >= restNeeds { takeRest() }
            } else {
                rest.removeAll(keepingCapacity: true)
                take(UnsafeRawBufferPointer(rebasing: buffer[..<(kept + count)]))
            }
            if count == room.count { reactor.noteUnread() }
            if transport.holdsBytes { reactor.atEndOfTurn { [weak self] in self?.readHeld() } }
        case .blocked: break
        case .ended: connectionEnded(.lost("the broker closed the connection without a reason"), isUnexplained: true)
        case .failed(let reason): connectionEnded(.lost(reason), isUnexplained: true)
        }
    }

    /// What TLS has decrypted is not seen by epoll.
    private func readHeld() {
        guard registration != nil, mayRead, !isShakingHands else { return }
        read()
    }

    /// Takes what is kept of packets that have not come whole, or that nobody wanted to read.
    private func takeRest() {
        guard registration != nil, mayRead, !rest.isEmpty else { return }
        told = handler
        reactor.readClock()
        defer { told = nil }
        let bytes = rest
        rest = []
        bytes.withUnsafeBytes { take($0) }
    }

    private func take(_ bytes: UnsafeRawBufferPointer) {
        if firstByte == nil || machine.phase == .connecting {
            firstByte = configuration.tls == nil ? firstByte ?? bytes.first : firstByte
            // Only CONNACK may come first; whatever else it is, it is not MQTT.
            if configuration.tls == nil, firstByte != 0x20 { return connectionEndedEarly("what it sent is not MQTT") }
        }
        do {
            let consumed = try bytes.withMemoryRebound(to: UInt8.self) { memory throws(WireError) in try machine.receive(memory.span) }
            guard registration != nil else { return }
            if consumed < bytes.count {
                rest.append(contentsOf: bytes[consumed...])
                restNeeds = try rest.withUnsafeBufferPointer { left throws(WireError) in try FixedHeader.read(left.span, at: 0)?.end ?? 0 }
            }
        } catch {
            broken(error)
            return
        }
        if let brokerEnd { return connectionEnded(.byBroker(reason: brokerEnd.reason.rawValue)) }
        if !machine.output.isEmpty { scheduleFlush() }
    }

    /// What the broker sent is not MQTT: it is told so, where the protocol can, and left.
    private func broken(_ error: WireError) {
        guard case .connected = phase else {
            return failConnecting(
                MQTTError(
                    .connectionLost,
                    "\(configuration.place) sent something else instead of answering CONNECT of client '\(configuration.clientID)': \(error.what)."
                ))
        }
        if machine.isVersion5 {
            machine.output.disconnect(reason: error.reason.rawValue)
            _ = machine.output.withWaiting { transport?.write($0) }
        }
        connectionEnded(.lost("what the broker sent is not MQTT: \(error.what)"))
    }

    /// The connection broke while nothing is read.
    private func failedUnread() {
        connectionEnded(ending == nil ? .lost("the broker closed the connection without a reason") : .requested, isUnexplained: true)
    }

    /// Writes at the end of this turn what it has appended.
    func scheduleFlush() {
        guard !flushScheduled, !isBlocked, mayWrite, registration != nil else { return }
        flushScheduled = true
        reactor.atEndOfTurn(flushAtEndOfTurn)
    }

    /// Writes what was appended, with one call.
    func flush() {
        flushScheduled = false
        guard let transport, registration != nil, mayWrite, !isBlocked, !isShakingHands else { return }
        if !machine.output.isEmpty {
            let waiting = machine.output.count
            switch machine.output.withWaiting({ transport.write($0) }) {
            case .moved(let count):
                hasSent = true
                told = handler
                reactor.readClock()
                machine.left(count)
                told = nil
                credit.wakeAll()
                isBlocked = count < waiting
            case .blocked, .ended: isBlocked = true
            case .failed(let reason): return writeFailed(reason)
            }
        }
        guard registration != nil else { return }
        if ending == .disconnecting, machine.output.isEmpty { return connectionEnded(.requested) }
        updateInterest()
    }

    /// The broker may have said why before it closed.
    private func writeFailed(_ reason: String) {
        if mayRead, case .connected = phase { read() }
        if registration != nil { connectionEnded(ending == nil ? .lost(reason) : .requested, isUnexplained: true) }
    }

    func updateInterest() {
        guard let registration, !isShakingHands else { return }
        var interest: Interest = mayRead ? .read : []
        // A socket that is writable while nothing may be written would be told of over and over.
        if isBlocked && mayWrite { interest.insert(.write) }
        reactor.change(registration, to: interest)
    }

    /// Closes the socket and forgets what was on its way.
    func closeTransport() {
        if let registration { reactor.unwatch(registration) }
        registration = nil
        transport?.close()
        transport = nil
        socket = nil
        awaitsSocket = false
        isShakingHands = false
        rest = []
        for timer in [keepAliveTimer, attemptTimer] { if let timer { reactor.cancel(timer) } }
        keepAliveTimer = nil
        attemptTimer = nil
    }

    /// Looks twice within a keep-alive whether something has left, so that nothing has to be noted for each packet (MQTT 3.1.2.10).
    func scheduleKeepAlive() {
        let seconds = limits.serverKeepAlive ?? configuration.keepAlive
        guard seconds > 0 else { return }
        let limit = UInt64(seconds) * 1_000_000_000
        keepAliveTimer = reactor.schedule(at: MonotonicClock.now + limit / 2) { [weak self] in self?.lookAfterKeepAlive(limit) }
    }

    private func lookAfterKeepAlive(_ limit: UInt64) {
        guard isConnected else { return }
        let now = MonotonicClock.now
        if let pinged, now >= pinged + limit {
            let seconds = limit / 1_000_000_000
            return connectionEnded(.lost("the broker did not answer a ping within the keep-alive of \(seconds) s"))
        }
        // A ping that cannot leave would count as one without an answer.
        if !hasSent, pinged == nil, writes {
            machine.output.ping()
            pinged = now
            scheduleFlush()
        }
        hasSent = false
        scheduleKeepAlive()
    }
}
