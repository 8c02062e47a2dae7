internal import HeapModule

/// The timers of one loop, earliest first. A cancelled timer leaves its heap entry behind, which is skipped when its time comes;
/// when such entries outnumber the live ones the heap is built anew, so timers that are set and cancelled for ever take no memory.
struct TimerHeap {
    enum Action {
        case call(() -> Void)
        case resume(UnsafeContinuation<Bool, Never>)
    }

    private struct Entry: Comparable {
        var deadline: UInt64
        var id: UInt64

        static func < (left: Entry, right: Entry) -> Bool {
            left.deadline != right.deadline ? left.deadline < right.deadline : left.id < right.id
        }
    }

    private var heap = Heap<Entry>()
    private var actions: [UInt64: (deadline: UInt64, action: Action)] = [:]
    private var lastID: UInt64 = 0

    /// The number of timers that are set.
    var count: Int { actions.count }

    /// The number of heap entries, live and stale.
    var entryCount: Int { heap.count }

    mutating func insert(deadline: UInt64, action: Action) -> UInt64 {
        lastID += 1
        actions[lastID] = (deadline, action)
        heap.insert(Entry(deadline: deadline, id: lastID))
        return lastID
    }

    mutating func remove(_ id: UInt64) -> Action? {
        guard let removed = actions.removeValue(forKey: id) else { return nil }
        if heap.count > 64, heap.count > 2 * actions.count {
            heap = Heap(actions.map { Entry(deadline: $0.value.deadline, id: $0.key) })
        }
        return removed.action
    }

    /// The earliest deadline of a live timer.
    mutating func nextDeadline() -> UInt64? {
        while let first = heap.min {
            if actions[first.id] != nil { return first.deadline }
            heap.removeMin()
        }
        return nil
    }

    /// Takes the earliest timer that is due at `now`.
    mutating func popDue(now: UInt64) -> Action? {
        while let first = heap.min, first.deadline <= now {
            heap.removeMin()
            if let due = actions.removeValue(forKey: first.id) { return due.action }
        }
        return nil
    }

    /// Takes every timer.
    mutating func removeAll() -> [Action] {
        let all = actions.sorted { $0.key < $1.key }.map(\.value.action)
        actions = [:]
        heap = Heap()
        return all
    }
}
