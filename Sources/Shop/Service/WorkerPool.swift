internal import AsyncAlgorithms
internal import Causality

/// What a worker is to do in one batch.
struct WorkOrder: Sendable {
    /// Events with their places in the batch, in the order in which they are to be processed.
    var events: [(place: Int, event: ShopEvent, stamp: DependencyStamp)] = []
    /// Milliseconds since 1970: orders that are due by then are packed first.
    var now: Int64
}

/// What a worker has done.
struct WorkDone: Sendable {
    /// The reaction to the event at each place that had one.
    var reactions: [(place: Int, reaction: Reaction)] = []
    /// What became of orders whose time had come.
    var packed: [Reaction] = []
    /// When the next order will be due.
    var nextDue: Int64?
}

/// The tasks that process events, side by side: each has the orders of its own, and all share the ledgers.
///
/// Work goes to them and comes back over channels that hold nothing: who sends waits until the other side takes it.
final class WorkerPool: Sendable {
    private let orders: [AsyncChannel<WorkOrder>]
    private let done = AsyncChannel<WorkDone>()
    private let workers: [Worker]

    /// - Parameters:
    ///   - count: how many workers.
    ///   - make: makes one with the orders that are its own.
    init(_ count: Int, records: [OrderRecord], make: ([OrderRecord]) -> Worker) {
        orders = (0..<count).map { _ in AsyncChannel<WorkOrder>() }
        let shares = Dictionary(grouping: records) { Self.place($0.order.key, among: count) }
        workers = (0..<count).map { make(shares[$0] ?? []) }
    }

    /// Works until the task is cancelled.
    func run() async {
        await withTaskGroup { group in
            for (worker, channel) in zip(workers, orders) {
                group.addTask { [done] in
                    for await order in channel { await done.send(worker.work(order)) }
                }
            }
        }
    }

    /// Has a batch processed. Only workers with something to do are asked, unless orders may be due.
    /// - Parameters:
    ///   - now: milliseconds since 1970.
    ///   - isDue: whether orders may be due at any worker.
    /// - Returns: the reactions by their places, those to due orders, and when the next order is due.
    func process(
        _ events: [(event: ShopEvent, stamp: DependencyStamp)], now: Int64, isDue: Bool
    ) async -> (reactions: [Reaction?], packed: [Reaction], nextDue: Int64?) {
        var shares = [WorkOrder](repeating: WorkOrder(now: now), count: orders.count)
        for (place, item) in events.enumerated() {
            shares[Self.place(item.event.subject, among: orders.count)].events.append((place, item.event, item.stamp))
        }
        let sending = zip(shares, orders).filter { isDue || !$0.0.events.isEmpty }
        async let sent: Void = send(sending)
        var reactions = [Reaction?](repeating: nil, count: events.count)
        var packed: [Reaction] = []
        var nextDue: Int64?
        var missing = sending.count
        for await part in done {
            for (place, reaction) in part.reactions { reactions[place] = reaction }
            packed += part.packed
            nextDue = [nextDue, part.nextDue].compactMap(\.self).min()
            missing -= 1
            if missing == 0 { break }
        }
        await sent
        return (reactions, packed, nextDue)
    }

    /// See ``Worker/notePacked(_:stamp:)``.
    func notePacked(_ order: String, stamp: [UInt8]) {
        workers[Self.place(order, among: workers.count)].notePacked(order, stamp: stamp)
    }

    private func send(_ shares: [(WorkOrder, AsyncChannel<WorkOrder>)]) async {
        for (share, channel) in shares { await channel.send(share) }
    }

    /// The same for the same order in every life and on every machine, unlike what Swift's own hash gives.
    private static func place(_ order: String, among count: Int) -> Int {
        Int(order.utf8.reduce(UInt32(2_166_136_261)) { ($0 ^ UInt32($1)) &* 16_777_619 } % UInt32(count))
    }
}

extension ShopEvent {
    /// The key of the order that the event is about; empty for receipts.
    var subject: String {
        switch body {
        case .order(let order), .outcome(let order, _): order.key
        case .stored: ""
        }
    }
}
