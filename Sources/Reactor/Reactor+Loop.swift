internal import CLinux
internal import Glibc
internal import Synchronization

extension Reactor {
    /// The most jobs that run, and the most timers that fire, between two polls for descriptors.
    static let burst = 256

    /// Calls `body` once, after the jobs, descriptors and timers of this turn: the place to send what a turn has gathered. On the loop only.
    public func atEndOfTurn(_ body: @escaping () -> Void) {
        preconditionOnLoop()
        loop.endOfTurn.append(body)
    }

    /// The least time between two looks at the descriptors, in nanoseconds: 0, unless it is set. With some, what comes meanwhile is read with one call and
    /// what it leads to is written with one, so a message costs less and takes longer: for finding out how much goes through, not how fast. On the loop
    /// only.
    public var coalescing: UInt64 {
        get { loop.coalescing }
        set {
            preconditionOnLoop()
            loop.coalescing = newValue
        }
    }

    /// The time at which this turn began, or the latest ``readClock()`` of it: one look at the clock for all that came together. On the loop only.
    public var turnTime: UInt64 { loop.turnTime }

    /// Looks at the clock, for what a handler takes together. On the loop only.
    public func readClock() { loop.turnTime = MonotonicClock.now }

    /// Memory into which handlers read from their descriptors. All share it, so what is in it is another's as soon as the call returns. On the loop only.
    public var receiveBuffer: UnsafeMutableRawBufferPointer {
        preconditionOnLoop()
        return loop.receiveBuffer
    }

    /// Starts the thread; the caller holds the inbox.
    func startThread(_ inbox: inout Inbox) {
        var thread = pthread_t()
        // The thread owns the reactor for as long as it runs.
        let argument = Unmanaged.passRetained(self)
        let failure = pthread_create(
            &thread, nil,
            { argument in
                let reactor = Unmanaged<Reactor>.fromOpaque(argument!).takeRetainedValue()
                reactor.run()
                return nil
            }, argument.toOpaque())
        // A system without room for one more thread cannot run what was promised to run; there is nobody to tell.
        precondition(failure == 0, "No thread for reactor '\(name)': \(String(cString: strerror(failure))).")
        pthread_detach(thread)
        inbox.thread = thread
        inbox.running = true
        inbox.sleeping = false
    }

    private func run() {
        owner.store(UInt(pthread_self()), ordering: .relaxed)
        clinux_name_thread(name)
        clinux_precise_timers()
        repeat {
            runJobs()
            runEndOfTurn()
        } while poll()
        // poll() has set `running` to false: from here on another thread may be the loop.
    }

    private func runJobs() {
        inbox.withLock { inbox in
            loop.work.append(contentsOf: inbox.work)
            inbox.work.removeAll(keepingCapacity: true)
        }
        for _ in 0..<min(loop.work.count, Self.burst) {
            switch loop.work.removeFirst() {
            case .job(let job): job.runSynchronously(isolatedTo: asUnownedSerialExecutor(), taskExecutor: asUnownedTaskExecutor())
            case .call(let body): body()
            }
        }
    }

    private func runEndOfTurn() {
        guard !loop.endOfTurn.isEmpty else { return }
        swap(&loop.endOfTurn, &loop.endingTurn)
        // By index: a body may append to the other one, and nothing changes this one.
        for index in loop.endingTurn.indices { loop.endingTurn[index]() }
        loop.endingTurn.removeAll(keepingCapacity: true)
    }

    /// Waits for whatever comes first and hands out descriptors and timers.
    /// - Returns: `false` where the reactor was stopped and nothing is left to run: the thread must end.
    private func poll() -> Bool {
        let busy = !loop.work.isEmpty || !loop.endOfTurn.isEmpty
        let deadline = loop.timers.nextDeadline()
        var waiters: [CheckedContinuation<Void, Never>] = []
        enum Next { case poll, wait, wakeSleepers, end }
        let next: Next = inbox.withLock { inbox in
            if busy || !inbox.work.isEmpty { return .poll }
            guard inbox.stopping else {
                inbox.sleeping = true
                return .wait
            }
            if loop.timers.count > 0 {
                loop.isStopping = true
                return .wakeSleepers
            }
            waiters = inbox.stopWaiters
            inbox.stopWaiters = []
            inbox.running = false
            inbox.pastCPU += MonotonicClock.read(CLOCK_THREAD_CPUTIME_ID)
            loop.isStopping = true
            owner.store(0, ordering: .relaxed)
            return .end
        }
        meter.turnEnded(at: MonotonicClock.now)
        if loop.coalescing > 0, next != .end { letMoreCome(deadline) }
        switch next {
        case .end:
            for waiter in waiters { waiter.resume() }
            return false
        case .wakeSleepers:
            for case .resume(let continuation) in loop.timers.removeAll() { continuation.resume(returning: false) }
            return true
        case .poll:
            let count = poller.waitForDescriptors(timeout: 0, into: &loop.ready)
            meter.turnBegan(at: MonotonicClock.now, waitedUntil: nil)
            handOut(count)
        case .wait:
            let now = MonotonicClock.now
            let timeout = deadline.map { $0 > now ? $0 - now : 0 }
            let count = poller.waitForDescriptors(timeout: timeout, into: &loop.ready)
            meter.turnBegan(at: MonotonicClock.now, waitedUntil: deadline ?? .max)
            inbox.withLock { $0.sleeping = false }
            handOut(count)
        }
        return true
    }

    /// Lets more come before it is looked for: what comes together costs one call. Timers are not late for it, and what other threads hand over is by
    /// no more than the time set.
    private func letMoreCome(_ deadline: UInt64?) {
        let until = min(loop.polled &+ loop.coalescing, deadline ?? .max)
        let now = MonotonicClock.now
        if now < until {
            poller.pause(until: until)
            meter.turnBegan(at: MonotonicClock.now, waitedUntil: until)
            meter.turnEnded(at: MonotonicClock.now)
        }
        loop.polled = MonotonicClock.now
    }

    private func handOut(_ count: Int) {
        readClock()
        meter.unread.store(false, ordering: .relaxed)
        for index in 0..<count {
            let event = loop.ready[index]
            if event.tag == Poller.wakeTag {
                poller.clearWake()
            } else if let handler = loop.descriptors.handler(tag: event.tag) {
                handler(Readiness(state: event.state))
            }
        }
        guard let first = loop.timers.nextDeadline() else { return }
        let now = MonotonicClock.now
        guard first <= now else { return }
        // A timer that sets one anew for a time that has passed has to wait for the next turn, and so has what is more than a burst.
        var remaining = min(loop.timers.count, Self.burst)
        while remaining > 0, let action = loop.timers.popDue(now: now) {
            remaining -= 1
            switch action {
            case .call(let body): body()
            case .resume(let continuation): continuation.resume(returning: true)
            }
        }
    }
}
