import Synchronization

/// A mutex that guards a number and records every section that it protects, so that the checker can prove that no update was lost.
///
/// It stands in this target because it is one mutex and two records, needs nothing that the target does not have, and costs those who do
/// not use it nothing. Services, whose counters it guards, know this target anyway.
///
/// Inside the lock a section only draws its token, reads the clock twice and calls the closure. It is recorded when the lock is free again: the lock and the recorder's mutex are
/// never held together, so neither can wait for the other for ever, and recording makes no section longer. The records of sections therefore
/// stand in the trace in any order; their tokens say which was before which.
public final class LedgerLock: Sendable {
    /// The lock's name, unique in the run.
    public let name: String

    private struct State {
        var value: Int64
        var token: UInt64 = 0
    }

    /// What one section did, told outside the lock.
    private struct Section {
        var token: UInt64
        var read: Int64
        var written: Int64
        var acquired: UInt64
        var left: UInt64
    }

    private let state: Mutex<State>
    private let recorder: TraceRecorder

    /// Makes a lock and records that it exists.
    /// - Parameters:
    ///   - name: unique in the run: a service that starts anew makes a lock of another name.
    ///   - initial: the number it guards, at first.
    ///   - process: who makes it.
    ///   - recorder: what its sections are recorded with. Several locks may share one.
    public init(name: String, initial: Int64, as process: UInt32, recorder: TraceRecorder) {
        self.name = name
        self.recorder = recorder
        state = Mutex(State(value: initial))
        recorder.record { $0.lockCreated(process: process, at: ClockAnchor.monotonicNow, lock: name, initial: initial) }
    }

    /// Changes the number.
    /// - Parameters:
    ///   - delta: by how much the number changes. It goes into the trace, and the checker compares it with what the closure made of the number.
    ///   - process: who does it.
    ///   - body: gets the number and returns the new one. It runs inside the lock: it must be quick and must not use this lock. Where it throws, the number stays as it was,
    ///     and the section is recorded as one that changed nothing.
    /// - Returns: the new number.
    /// - Throws: what `body` throws.
    @discardableResult
    public func update<Failure: Error>(
        by delta: Int64, as process: UInt32, _ body: (Int64) throws(Failure) -> Int64
    ) throws(Failure) -> Int64 {
        let invoked = ClockAnchor.monotonicNow
        let (section, result) = state.withLock { state -> (Section, Result<Int64, Failure>) in
            state.token += 1
            let read = state.value
            let acquired = ClockAnchor.monotonicNow
            let result = Result { () throws(Failure) in try body(read) }
            if case .success(let value) = result { state.value = value }
            let section = Section(
                token: state.token, read: read, written: state.value, acquired: acquired, left: ClockAnchor.monotonicNow)
            return (section, result)
        }
        let meant = if case .success = result { delta } else { Int64(0) }
        record(section, delta: meant, invoked: invoked, as: process)
        return try result.get()
    }

    /// Adds to the number.
    /// - Precondition: the sum is a 64-bit number.
    /// - Returns: the new number.
    @discardableResult
    public func add(_ delta: Int64, as process: UInt32) -> Int64 {
        update(by: delta, as: process) { $0 + delta }
    }

    /// The number, read in a section of its own.
    public func read(as process: UInt32) -> Int64 {
        update(by: 0, as: process) { $0 }
    }

    /// Records what the number is, for the checker to compare with the sections. To be called when no section is to come.
    /// - Returns: the number.
    @discardableResult
    public func count(as process: UInt32) -> Int64 {
        let (value, at) = state.withLock { ($0.value, ClockAnchor.monotonicNow) }
        let name = name
        recorder.record { $0.counted(process: process, at: at, counter: name, value: value) }
        return value
    }

    private func record(_ section: Section, delta: Int64, invoked: UInt64, as process: UInt32) {
        let released = ClockAnchor.monotonicNow
        let name = name
        recorder.record { writer in
            writer.acquired(
                process: process, at: section.acquired, lock: name, token: section.token, read: section.read, delta: delta, invoked: invoked
            )
            writer.released(
                process: process, at: released, lock: name, token: section.token, written: section.written, invoked: section.left)
        }
    }
}
