/// The held messages that wait for one publisher and topic to get as far as some count: the one that waits for the least is on top,
/// of these the one that arrived first. A binary heap.
struct WaiterHeap: Sendable {
    struct Waiter: Sendable {
        /// What it waits for.
        var count: UInt64
        /// The number of its arrival.
        var arrival: UInt64
        /// Where the inbox holds it.
        var place: Int

        func isBefore(_ other: Waiter) -> Bool {
            (count, arrival) < (other.count, other.arrival)
        }
    }

    private var waiters: [Waiter] = []

    mutating func insert(_ waiter: Waiter) {
        waiters.append(waiter)
        siftUp(waiters.count - 1)
    }

    /// Takes out the first that waits for no more than `reached`.
    mutating func pop(reached: UInt64) -> Waiter? {
        guard let top = waiters.first, top.count <= reached else { return nil }
        remove(at: 0)
        return top
    }

    /// Takes out one that waits no longer, wherever it is.
    mutating func remove(place: Int) {
        if let index = waiters.firstIndex(where: { $0.place == place }) { remove(at: index) }
    }

    private mutating func remove(at index: Int) {
        let last = waiters.removeLast()
        guard index < waiters.count else { return }
        waiters[index] = last
        siftUp(index)
        siftDown(index)
    }

    private mutating func siftUp(_ start: Int) {
        var index = start
        while index > 0, waiters[index].isBefore(waiters[(index - 1) / 2]) {
            waiters.swapAt(index, (index - 1) / 2)
            index = (index - 1) / 2
        }
    }

    private mutating func siftDown(_ start: Int) {
        var index = start
        while true {
            var least = index
            for child in [2 * index + 1, 2 * index + 2] where child < waiters.count && waiters[child].isBefore(waiters[least]) {
                least = child
            }
            if least == index { return }
            waiters.swapAt(index, least)
            index = least
        }
    }
}
