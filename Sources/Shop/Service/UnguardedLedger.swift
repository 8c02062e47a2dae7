internal import Glibc
internal import Reactor
internal import Synchronization
internal import Trace

/// A ledger whose lock was taken away, for the tests that prove that the checker notices: see ``ShopDefect/noLock``.
///
/// It draws its tokens and records its sections as the real one does; only, between reading and writing others may do the same.
final class UnguardedLedger: Ledger {
    private let name: String
    private let process: UInt32
    private let recorder: TraceRecorder
    private let value: Atomic<Int>
    private let token = Atomic<UInt64>(0)

    init(name: String, initial: Int, process: UInt32, recorder: TraceRecorder) {
        self.name = name
        self.process = process
        self.recorder = recorder
        value = Atomic(initial)
        recorder.record { $0.lockCreated(process: process, at: MonotonicClock.now, lock: name, initial: Int64(initial)) }
    }

    func add(_ delta: Int, notBelow floor: Int, order: () -> UInt64) -> UInt64? {
        let invoked = MonotonicClock.now
        let token = token.add(1, ordering: .sequentiallyConsistent).newValue
        let read = value.load(ordering: .sequentiallyConsistent)
        let acquired = MonotonicClock.now
        // Whoever else is at work gets the chance to be in between.
        usleep(200)
        let isChanged = read + delta >= floor
        if isChanged { value.store(read + delta, ordering: .sequentiallyConsistent) }
        let left = MonotonicClock.now
        recorder.record { [name, process] writer in
            writer.acquired(
                process: process, at: acquired, lock: name, token: token, read: Int64(read), delta: isChanged ? Int64(delta) : 0,
                invoked: invoked)
            writer.released(
                process: process, at: MonotonicClock.now, lock: name, token: token, written: Int64(isChanged ? read + delta : read),
                invoked: left)
        }
        return isChanged ? order() : nil
    }

    func count() -> Int {
        let value = value.load(ordering: .sequentiallyConsistent)
        recorder.record { [name, process] in
            $0.counted(process: process, at: MonotonicClock.now, counter: name, value: Int64(value))
        }
        return value
    }
}
