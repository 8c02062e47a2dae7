internal import CLinux
internal import DequeModule
internal import Glibc
internal import Synchronization

/// One thread around one epoll: a serial executor for actors, a task executor for tasks, descriptors and timers.
///
/// Whatever lives on a reactor is touched by its thread alone, so it needs no lock. Jobs are run in bounded bursts between polls for
/// descriptors, so neither can starve the other. A job enqueued from elsewhere takes a lock, and wakes the thread only if it sleeps.
///
/// An actor is pinned to a reactor by returning ``asUnownedSerialExecutor()`` from `unownedExecutor`; it must hold the reactor
/// strongly, because an unowned executor does not.
public final class Reactor: SerialExecutor, TaskExecutor, @unchecked Sendable {
    // Why @unchecked Sendable is sound: `loop` is touched only by the loop's thread, which every accessor checks with
    // `preconditionOnLoop`; `inbox`, `owner` and `meter` synchronise themselves; the rest is immutable.

    /// The name of the thread, at most 15 bytes of it shown by the system.
    public let name: String

    let poller: Poller
    let inbox = Mutex(Inbox())
    /// The loop's thread, 0 while there is none.
    let owner = Atomic<UInt>(0)
    let loop = LoopState()
    let meter = LoopMeter()

    /// What other threads hand to the loop.
    struct Inbox {
        var work = Deque<Work>()
        /// The thread is in, or about to enter, a wait that only a wake-up ends early.
        var sleeping = false
        var running = false
        var stopping = false
        var stopWaiters: [CheckedContinuation<Void, Never>] = []
        /// CPU time of threads of this reactor that have ended, in nanoseconds.
        var pastCPU: UInt64 = 0
        var thread: pthread_t?
    }

    /// One thing to run on the loop.
    enum Work {
        case job(UnownedJob)
        case call(@Sendable () -> Void)
    }

    /// Makes a reactor and starts its thread.
    /// - Throws: ``ReactorError`` where the system has no descriptor for it.
    public init(name: String) throws(ReactorError) {
        self.name = name
        poller = try Poller()
        inbox.withLock { startThread(&$0) }
    }

    deinit {
        poller.close()
    }

    /// Whether the caller runs on this reactor's thread.
    public var isOnLoop: Bool { owner.load(ordering: .relaxed) == UInt(pthread_self()) }

    /// CPU seconds that the reactor's thread has used.
    public var cpuSeconds: Double {
        inbox.withLock { inbox in
            var clock = clockid_t()
            guard let thread = inbox.thread, inbox.running, pthread_getcpuclockid(thread, &clock) == 0 else {
                return Double(inbox.pastCPU) / 1e9
            }
            return Double(inbox.pastCPU + MonotonicClock.read(clock)) / 1e9
        }
    }

    /// Runs `body` on the loop, after what was handed over before it.
    public func execute(_ body: @escaping @Sendable () -> Void) {
        submit(.call(body))
    }

    /// Ends the thread once nothing is left to run, and returns when it has ended. Sleeping tasks are woken with `CancellationError`.
    /// No job is dropped: a job that is enqueued later starts the thread again for as long as it takes.
    public func stop() async {
        precondition(!isOnLoop, "A reactor cannot wait for its own end.")
        await withCheckedContinuation { continuation in
            let ended = inbox.withLock { inbox in
                inbox.stopping = true
                if !inbox.running { return true }
                inbox.stopWaiters.append(continuation)
                return false
            }
            if ended { continuation.resume() } else { poller.wake() }
        }
    }

    func submit(_ work: Work) {
        if isOnLoop {
            loop.work.append(work)
            return
        }
        let wake = inbox.withLock { inbox in
            inbox.work.append(work)
            if !inbox.running { startThread(&inbox) }
            defer { inbox.sleeping = false }
            return inbox.sleeping
        }
        if wake { poller.wake() }
    }

    func preconditionOnLoop() {
        precondition(isOnLoop, "This must be called on the thread of reactor '\(name)'.")
    }
}

extension Reactor {
    /// Takes a job of an actor or a task of this reactor.
    public func enqueue(_ job: consuming ExecutorJob) {
        submit(.job(UnownedJob(job)))
    }

    /// The reactor as an actor's executor.
    public func asUnownedSerialExecutor() -> UnownedSerialExecutor {
        UnownedSerialExecutor(ordinary: self)
    }

    /// The reactor as the executor that a task prefers.
    public func asUnownedTaskExecutor() -> UnownedTaskExecutor {
        UnownedTaskExecutor(ordinary: self)
    }

    /// Stops the program where the caller is not on the loop.
    public func checkIsolated() {
        preconditionOnLoop()
    }

    /// Whether the caller is on the loop.
    public func isIsolatingCurrentContext() -> Bool? {
        isOnLoop
    }
}
