/// What an inbox knows of one publisher and topic.
struct InboxStream: Sendable {
    /// How much of what is sent the subscriber gets.
    enum Reach: Sendable {
        /// Nothing: no filter matches.
        case none
        /// Some of it: only shared subscriptions match.
        case part
        /// All of it.
        case whole
    }

    let key: PublisherTopic
    var reach: Reach
    /// Where the subscription is younger than the first publish, the first message that comes tells where it begins. Until then it is open.
    private var isOpen: Bool
    /// Whether messages wait for it while it is open.
    private var waitsWhileOpen: Bool

    /// Every count up to here is settled: released, given up, or not owed to this subscriber.
    private(set) var settled: UInt64
    /// What is not here and has a count up to this one is not waited for.
    private var givenUp: UInt64 = 0
    /// While it was open, messages were released that come after this count.
    private var overtaken: UInt64 = 0
    private(set) var missing = MissingCounts()
    /// The messages above `settled` that are held, ascending by count, with their places.
    private var held: [(count: UInt64, place: Int)] = []
    /// The counts above `settled` that were released out of turn, ascending. Only stamps that contradict each other lead to any.
    private var ahead: [UInt64] = []
    /// Who waits for it.
    var waiters = WaiterHeap()

    init(key: PublisherTopic, reach: Reach, start: InboxSubscription.Start, settled: UInt64) {
        self.key = key
        self.reach = reach
        self.settled = settled
        (isOpen, waitsWhileOpen) =
            switch start {
            case .midstream(let waiting): (true, waiting)
            case .beginning: (false, true)
            }
    }

    /// How a count stands that a message depends on.
    enum Standing {
        /// No need to wait for it.
        case settled
        /// Not to be waited for, but only as long as the stream is open.
        case passed
        /// To be waited for.
        case awaited
    }

    func standing(of count: UInt64) -> Standing {
        if reach != .whole || count <= settled { return .settled }
        return isOpen && !waitsWhileOpen ? .passed : .awaited
    }

    /// A message is here.
    enum Arrival {
        case new
        /// It had been given up, or a message that comes after it was released before the stream was known.
        case late
        case duplicate
    }

    /// Takes note of a message that arrived. May settle what came before it, if it is the first.
    mutating func arrive(_ count: UInt64) -> Arrival {
        guard reach == .whole else { return .new }
        if count <= settled {
            guard missing.remove(count) else { return .duplicate }
            isOpen = false
            return .late
        }
        if heldIndex(count).isPresent || ahead.contains(count) { return .duplicate }
        if isOpen {
            isOpen = false
            // Now it is known what was not owed, and so nobody missed anything by not waiting for it.
            missing.excuse()
            if count - 1 > settled { missing.append(settled + 1, through: count - 1, isGivenUp: false) }
            settled = count - 1
            held.removeAll { $0.count <= settled }
            ahead.removeAll { $0 <= settled }
        }
        return count <= overtaken ? .late : .new
    }

    /// The message with this count is held.
    mutating func hold(_ count: UInt64, at place: Int) {
        guard reach == .whole, count > settled else { return }
        held.insert((count, place), at: heldIndex(count).index)
    }

    /// The places of what is held up to this count.
    func heldPlaces(through count: UInt64) -> some Sequence<Int> {
        held.lazy.prefix { $0.count <= count }.map(\.place)
    }

    /// The message with this count is released.
    mutating func release(_ count: UInt64) {
        let (index, isPresent) = heldIndex(count)
        if isPresent { held.remove(at: index) }
        guard reach == .whole, count > settled else { return }
        if count == settled + 1 {
            settled = count
        } else {
            ahead.append(count)
            ahead.sort()
        }
        advance()
    }

    /// Up to this count nothing is waited for any longer that is not here.
    mutating func giveUp(_ count: UInt64) {
        givenUp = max(givenUp, count)
        advance()
    }

    /// A message was released that comes after this count, of which nothing was known.
    mutating func overtake(_ count: UInt64) {
        overtaken = max(overtaken, count)
    }

    /// What is known up to some count goes on with the next one.
    mutating func close() {
        isOpen = false
    }

    /// The session is a new one: what was sent in between will not come.
    mutating func reopen(waiting: Bool) {
        isOpen = true
        waitsWhileOpen = waiting
    }

    private mutating func advance() {
        while settled < .max {
            if ahead.first == settled + 1 {
                settled += 1
                ahead.removeFirst()
                continue
            }
            var end = givenUp
            if let first = held.first { end = min(end, first.count - 1) }
            if let first = ahead.first { end = min(end, first - 1) }
            guard end > settled else { return }
            missing.append(settled + 1, through: end, isGivenUp: true)
            settled = end
        }
    }

    private func heldIndex(_ count: UInt64) -> (index: Int, isPresent: Bool) {
        // What arrives is greater than what is here, as a rule.
        guard let last = held.last, last.count >= count else { return (held.count, false) }
        var low = 0
        var high = held.count
        while low < high {
            let middle = (low + high) / 2
            if held[middle].count < count { low = middle + 1 } else { high = middle }
        }
        return (low, held[low].count == count)
    }
}
