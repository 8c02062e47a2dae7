/// What is still to happen, the earliest first; of two things at one time that which was scheduled first. A binary heap of small entries; the
/// events themselves stay where they were put.
struct EventQueue<Event> {
    private struct Entry {
        var time: UInt64
        var number: UInt64
        var place: Int

        func isBefore(_ other: Entry) -> Bool { (time, number) < (other.time, other.number) }
    }

    private var heap: [Entry] = []
    private var events: [Event?] = []
    private var free: [Int] = []
    private var scheduled: UInt64 = 0

    mutating func schedule(_ event: Event, at time: UInt64) {
        scheduled += 1
        let place: Int
        if let last = free.popLast() {
            place = last
            events[place] = event
        } else {
            place = events.count
            events.append(event)
        }
        heap.append(Entry(time: time, number: scheduled, place: place))
        var child = heap.count - 1
        while child > 0, heap[child].isBefore(heap[(child - 1) / 2]) {
            heap.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    mutating func next() -> (time: UInt64, event: Event)? {
        guard !heap.isEmpty else { return nil }
        heap.swapAt(0, heap.count - 1)
        let first = heap.removeLast()
        var parent = 0
        while true {
            var least = parent
            let child = 2 * parent + 1
            if child < heap.count, heap[child].isBefore(heap[least]) { least = child }
            if child + 1 < heap.count, heap[child + 1].isBefore(heap[least]) { least = child + 1 }
            if least == parent { break }
            heap.swapAt(parent, least)
            parent = least
        }
        guard let event = events[first.place] else { return nil }
        events[first.place] = nil
        free.append(first.place)
        return (first.time, event)
    }
}
