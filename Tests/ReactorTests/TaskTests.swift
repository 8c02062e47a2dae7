import Reactor
import Synchronization
import Testing

/// An actor whose code runs on a reactor.
actor Pinned {
    let reactor: Reactor
    nonisolated var unownedExecutor: UnownedSerialExecutor { reactor.asUnownedSerialExecutor() }

    let queue: WaitQueue
    private(set) var counted = 0
    private(set) var order: [UInt64] = []

    init(_ reactor: Reactor) {
        self.reactor = reactor
        queue = WaitQueue(on: reactor)
    }

    func count() { counted += 1 }

    /// Sleeps, and notes a number once awake.
    func sleep(until deadline: UInt64, then number: UInt64) async throws {
        try await reactor.sleep(until: deadline)
        #expect(MonotonicClock.now >= deadline)
        order.append(number)
    }

    func run<Value: Sendable>(_ body: @Sendable (isolated Pinned) async throws -> Value) async throws -> Value { try await body(self) }

    /// Runs `body` beside a reactor of its own, which is stopped afterwards.
    static func with<Value>(_ body: (Pinned) async throws -> Value) async throws -> Value {
        let reactor = try Reactor(name: "test")
        let result: Result<Value, any Error>
        do { result = .success(try await body(Pinned(reactor))) } catch { result = .failure(error) }
        await reactor.stop()
        return try result.get()
    }

    /// Runs `body` on a reactor of its own, which is stopped afterwards.
    static func run<Value: Sendable>(_ body: @Sendable (isolated Pinned) async throws -> Value) async throws -> Value {
        try await with { try await $0.run(body) }
    }
}

@Suite(.timeLimit(.minutes(1))) struct TaskTests {
    @Test func aCompletionWakesItsTaskOnTheLoop() async throws {
        try await Pinned.run { pinned in
            for round in 0..<100 {
                let completion = Completion<Int>(on: pinned.reactor)
                pinned.reactor.schedule(at: MonotonicClock.now + 100_000) { completion.complete(.success(round)) }
                let value = try await completion.wait()
                #expect(value == round)
                #expect(pinned.reactor.isOnLoop)
            }
        }
    }

    @Test func aCancelledWaitEndsAndLeavesItsPlace() async throws {
        try await Pinned.run { pinned in
            let cancelled = Task { try await pinned.run { pinned in try await pinned.queue.wait { pinned.counted > 0 } } }
            let waiting = Task { try await pinned.run { pinned in try await pinned.queue.wait { pinned.counted > 0 } } }
            while pinned.queue.isEmpty { await Task.yield() }
            cancelled.cancel()
            await #expect(throws: CancellationError.self) { try await cancelled.value }
            pinned.count()
            pinned.queue.wakeAll()
            let isMet = try await waiting.value
            #expect(isMet)
            #expect(pinned.queue.isEmpty)
        }
    }

    /// A task that does not prefer the reactor is queued once more on its way into a wait. What changes meanwhile wakes nobody, as nobody waits yet.
    @Test(arguments: [false, true]) func whatChangesOnTheWayIntoAQueueIsSeen(prefersReactor: Bool) async throws {
        try await Pinned.with { pinned in
            let waiting = Task(executorPreference: prefersReactor ? pinned.reactor : nil) {
                try await pinned.run { pinned in
                    for round in 1...3 {
                        var looks = 0
                        let change: @Sendable () -> Void = {
                            pinned.assumeIsolated { pinned in
                                pinned.count()
                                pinned.queue.wakeAll()
                            }
                        }
                        // It runs with the next suspension, wherever that is: on the way into the queue, or between its two looks.
                        if round == 1 { pinned.reactor.execute(change) }
                        try await pinned.queue.wait {
                            looks += 1
                            if round > 1, looks == 1 { pinned.reactor.execute(change) }
                            return pinned.counted == round
                        }
                    }
                }
            }
            try await finish(waiting)
        }
    }

    /// A timer that is due before the task waits would wake nobody either.
    @Test func aDeadlineThatComesOnTheWayIntoAQueueEndsTheWait() async throws {
        try await Pinned.with { pinned in
            let waiting = Task {
                try await pinned.run { pinned in
                    for delay in [0, 1, 1_000, 20_000, 100_000] as [UInt64] {
                        let isMet = try await pinned.queue.wait(until: { pinned.counted > 0 }, orAt: MonotonicClock.now + delay)
                        #expect(!isMet)
                    }
                    #expect(pinned.queue.isEmpty)
                }
            }
            try await finish(waiting)
        }
    }

    /// A task that was woken for nothing waits on.
    @Test func aWaitOutlastsWakeUpsForNothing() async throws {
        try await Pinned.run { pinned in
            let waiting = Task { try await pinned.run { pinned in try await pinned.queue.wait { pinned.counted == 3 } } }
            for _ in 0..<3 {
                while pinned.queue.isEmpty { await Task.yield() }
                pinned.count()
                pinned.queue.wakeAll()
                #expect(pinned.queue.isEmpty)
            }
            let isMet = try await waiting.value
            #expect(isMet)
        }
    }

    /// Waits for a task that waits on a reactor; one that stands still is cancelled, which fails the test.
    private func finish(_ task: Task<some Sendable, any Error>) async throws {
        let rescue = Task {
            try await Task.sleep(for: .seconds(20))
            task.cancel()
        }
        defer { rescue.cancel() }
        _ = try await task.value
    }

    @Test func sleepersWakeInTheOrderOfTheirDeadlines() async throws {
        let order = try await Pinned.with { pinned in
            let start = MonotonicClock.now + 300_000_000
            try await withThrowingTaskGroup(of: Void.self) { group in
                for delay in [5, 1, 4, 2, 3, 9, 7, 8, 6, 0] as [UInt64] {
                    group.addTask { try await pinned.sleep(until: start + delay * 1_000_000, then: delay) }
                }
                try await group.waitForAll()
            }
            return await pinned.order
        }
        #expect(order == Array(0...9))
    }

    @Test func aStoppedReactorWakesItsSleepersAndDropsNoJob() async throws {
        let reactor = try Reactor(name: "test")
        let pinned = Pinned(reactor)
        let sleeper = Task { try await pinned.run { try await $0.reactor.sleep(until: .max) } }
        try await pinned.run { _ in }
        let ran = Mutex(0)
        for _ in 0..<1_000 { reactor.execute { ran.withLock { $0 += 1 } } }
        await reactor.stop()
        await #expect(throws: CancellationError.self) { try await sleeper.value }
        #expect(ran.withLock { $0 } == 1_000)
        // What comes later starts the thread again.
        let isOnLoop = try await pinned.run { $0.reactor.isOnLoop }
        #expect(isOnLoop)
        await reactor.stop()
    }

    /// Two at a time on the counter would lose some.
    @Test func jobsFromManyThreadsAllRunAlone() async throws {
        let total = try await Pinned.with { pinned in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<50 {
                    group.addTask { for _ in 0..<200 { await pinned.count() } }
                }
                try await group.waitForAll()
            }
            return await pinned.counted
        }
        #expect(total == 10_000)
    }
}
