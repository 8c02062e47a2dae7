internal import Synchronization

/// How a reactor's thread has spent its time, since the reactor was made. All spans are in nanoseconds.
public struct ReactorLoad: Sendable {
    /// In which it waited for something to do. What is left was work, or waiting for a core.
    public var waited: UInt64
    /// In which it was late: turns longer than ``lateAfter``, and waits that ended so much after their time.
    public var late: UInt64

    /// A turn this long is late.
    public static let lateAfter: UInt64 = 10_000_000
}

extension Reactor {
    /// How the thread has spent its time so far. From any thread.
    public var load: ReactorLoad {
        ReactorLoad(waited: meter.waited.load(ordering: .relaxed), late: meter.late.load(ordering: .relaxed))
    }

    /// The longest time, in nanoseconds, that something which was ready had to wait for its turn; counts anew from here. From any thread.
    public func takeLongestDelay() -> UInt64 { meter.longest.exchange(0, ordering: .relaxed) }

    /// Whether a descriptor had more to read in this turn than its handler took. Who sends as fast as it can waits for that. From any thread.
    public var hasUnread: Bool { meter.unread.load(ordering: .relaxed) }

    /// Notes that a handler leaves the rest of what its descriptor has for the next turn. On the loop only.
    public func noteUnread() {
        preconditionOnLoop()
        meter.unread.store(true, ordering: .relaxed)
    }
}

/// What a loop's thread writes of itself, and any thread reads.
final class LoopMeter: Sendable {
    let waited = Atomic<UInt64>(0)
    let late = Atomic<UInt64>(0)
    let longest = Atomic<UInt64>(0)
    let unread = Atomic<Bool>(false)
    /// When the present turn began or the present wait began; written and read by the loop's thread alone.
    private let since = Atomic<UInt64>(0)

    func turnEnded(at now: UInt64) {
        let began = since.load(ordering: .relaxed)
        since.store(now, ordering: .relaxed)
        if began > 0 { note(delay: now &- began) }
    }

    /// - Parameter deadline: until when the thread was to wait at most; `nil` where it only looked.
    func turnBegan(at now: UInt64, waitedUntil deadline: UInt64?) {
        if let deadline {
            let began = since.load(ordering: .relaxed)
            // What goes beyond the deadline was no waiting: the thread got no core.
            let end = max(began, min(now, deadline))
            waited.add(end &- began, ordering: .relaxed)
            note(delay: now &- end)
        }
        since.store(now, ordering: .relaxed)
    }

    private func note(delay: UInt64) {
        if delay >= ReactorLoad.lateAfter { late.add(delay, ordering: .relaxed) }
        if delay > longest.load(ordering: .relaxed) { longest.store(delay, ordering: .relaxed) }
    }
}
