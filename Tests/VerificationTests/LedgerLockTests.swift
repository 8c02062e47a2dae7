import Foundation
import Synchronization
import Testing

@testable import Trace
@testable import Verification

/// The lock of services under real tasks and threads, judged by the checker from its trace.
@Suite struct LedgerLockTests {
    /// Records a run with one recorder and checks it.
    private func check(_ body: (TraceRecorder) async throws -> Void) async throws -> CheckReport {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/service.trace"
        let recorder = try TraceRecorder(path: path, run: 1, writer: 1, name: "service")
        recorder.record { writer in
            for process in UInt32(1)...4 { writer.define(process: process, name: "service-\(process)", group: "services") }
        }
        try await body(recorder)
        recorder.record { $0.mark(at: ClockAnchor.monotonicNow, .quiescent, text: "") }
        try await recorder.close()
        try await recorder.close()
        return try Checker.check([try TraceFile(path: path)])
    }

    /// Runs `body` on several threads at once and waits for all.
    private func onThreads(_ count: Int, _ body: @escaping @Sendable (Int) -> Void) async {
        await withCheckedContinuation { continuation in
            let running = Mutex(count)
            for number in 0..<count {
                Thread {
                    body(number)
                    if running.withLock({
                        $0 -= 1; return $0 == 0
                    }) {
                        continuation.resume()
                    }
                }.start()
            }
        }
    }

    struct Empty: Error {}

    @Test func tasksLoseNoUpdate() async throws {
        let report = try await check { recorder in
            let stock = LedgerLock(name: "stock", initial: 500, as: 1, recorder: recorder)
            let sold = LedgerLock(name: "sold", initial: 0, as: 1, recorder: recorder)
            await withTaskGroup(of: Void.self) { group in
                for task in 0..<50 {
                    group.addTask {
                        let process = UInt32(task % 4) + 1
                        for _ in 0..<20 {
                            do {
                                try stock.update(by: -1, as: process) { value throws(Empty) in
                                    guard value > 0 else { throw Empty() }
                                    return value - 1
                                }
                                sold.add(1, as: process)
                            } catch {
                                #expect(stock.read(as: process) == 0)
                            }
                            await Task.yield()
                        }
                    }
                }
            }
            #expect(stock.count(as: 1) == 0 && sold.count(as: 2) == 500)
        }
        #expect(report.verdict == .pass, "\(report)")
        // 1,000 attempts, of which 500 failed and were followed by a reading, and 500 were counted.
        #expect(report.locks?.count == 2 && report.locks?.sections == 2000)
    }

    @Test func threadsLoseNoUpdate() async throws {
        let report = try await check { recorder in
            let ledger = LedgerLock(name: "ledger", initial: -7, as: 1, recorder: recorder)
            let started = Atomic(0)
            await onThreads(4) { number in
                // All begin together, and who holds the lock lets the others come up to it.
                started.add(1, ordering: .sequentiallyConsistent)
                while started.load(ordering: .sequentiallyConsistent) < 4 { sched_yield() }
                for step in 0..<1000 {
                    let delta: Int64 = step.isMultiple(of: 3) ? -2 : 1
                    ledger.update(by: delta, as: UInt32(number) + 1) { value in
                        sched_yield()
                        return value + delta
                    }
                }
            }
            #expect(ledger.count(as: 3) == -7 + 4 * (666 - 2 * 334))
        }
        #expect(report.verdict == .pass, "\(report)")
        #expect(report.locks?.sections == 4000)
    }

    /// A section that failed changed nothing, and stands in the trace as one that meant to change nothing.
    @Test func aFailedSectionLeavesTheNumber() async throws {
        let report = try await check { recorder in
            let ledger = LedgerLock(name: "ledger", initial: 5, as: 1, recorder: recorder)
            #expect(throws: Empty.self) { try ledger.update(by: -9, as: 1) { _ throws(Empty) in throw Empty() } }
            #expect(ledger.read(as: 1) == 5)
            #expect(ledger.update(by: 2, as: 1) { $0 + 2 } == 7)
            #expect(ledger.count(as: 1) == 7)
        }
        #expect(report.verdict == .pass, "\(report)")
        #expect(report.locks?.sections == 3)
    }

    /// Who says one thing and does another is found out.
    @Test func aClosureThatDoesNotWhatItSaidIsABadWrite() async throws {
        let report = try await check { recorder in
            let ledger = LedgerLock(name: "ledger", initial: 5, as: 1, recorder: recorder)
            ledger.update(by: 1, as: 1) { $0 + 2 }
            #expect(ledger.read(as: 1) == 7)
        }
        #expect(report.counts == ["bad-write": 1])
    }

    /// The guard removed: two sections read before either writes, as a rendezvous makes sure, and then threads go on without one.
    @Test func withoutTheGuardUpdatesAreLost() async throws {
        let report = try await check { recorder in
            let ledger = UnguardedLedger(name: "ledger", recorder: recorder)
            let arrived = Atomic(0)
            await onThreads(2) { number in
                for step in 0..<200 {
                    ledger.add(1, as: UInt32(number) + 1) {
                        arrived.add(1, ordering: .sequentiallyConsistent)
                        while step == 0, arrived.load(ordering: .sequentiallyConsistent) < 2 { sched_yield() }
                    }
                }
            }
        }
        #expect(report.verdict == .violation)
        #expect(report.counts["lost-update", default: 0] >= 1, "\(report.counts)")
        #expect(report.counts["lock-overlap", default: 0] >= 1, "\(report.counts)")
        #expect(report.locks?.sections == 400)
    }
}

/// A ledger without a guard: it reads, lets others go first, and writes. Its number is atomic, so that what goes wrong is the update and
/// not the memory.
final class UnguardedLedger: Sendable {
    private let name: String
    private let recorder: TraceRecorder
    private let value = Atomic(Int64(0))
    private let token = Atomic(UInt64(0))

    init(name: String, recorder: TraceRecorder) {
        self.name = name
        self.recorder = recorder
        recorder.record { $0.lockCreated(process: 1, at: ClockAnchor.monotonicNow, lock: name, initial: 0) }
    }

    func add(_ delta: Int64, as process: UInt32, _ between: () -> Void) {
        let invoked = ClockAnchor.monotonicNow
        let token = token.add(1, ordering: .sequentiallyConsistent).newValue
        let acquired = ClockAnchor.monotonicNow
        let read = value.load(ordering: .sequentiallyConsistent)
        between()
        sched_yield()
        value.store(read + delta, ordering: .sequentiallyConsistent)
        let left = ClockAnchor.monotonicNow
        let name = name
        recorder.record { writer in
            writer.acquired(process: process, at: acquired, lock: name, token: token, read: read, delta: delta, invoked: invoked)
            writer.released(
                process: process, at: ClockAnchor.monotonicNow, lock: name, token: token, written: read + delta, invoked: left)
        }
    }
}
