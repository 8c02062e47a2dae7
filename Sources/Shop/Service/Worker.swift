internal import Causality
internal import Synchronization

/// One worker: it knows the orders of its own and decides what becomes of them.
final class Worker: Sendable {
    private let service: ServiceName
    private let ledgers: Ledgers
    private let packingMilliseconds: Int64
    private let isIdempotent: Bool
    /// Touched by the worker's own task alone; the mutex says so to the compiler.
    private let state: Mutex<State>

    private struct State {
        var records: [String: OrderRecord]
        /// How many of them are withdrawn: cancelled, and not placed.
        var withdrawn: Int
        /// The orders that are to be packed, with their times, the first due first where all take the same time to pack.
        var due: [(order: String, at: Int64)]
    }

    /// The most cancellations that a worker remembers whose order has not come. Only what is lost and sent again makes honest ones.
    static let greatestWithdrawn = 256

    init(_ service: ServiceName, records: [OrderRecord], ledgers: Ledgers, packingMilliseconds: Int64, isIdempotent: Bool) {
        self.service = service
        self.ledgers = ledgers
        self.packingMilliseconds = packingMilliseconds
        self.isIdempotent = isIdempotent
        let due = records.filter { $0.due > 0 }.map { ($0.order.key, $0.due) }.sorted { $0.1 < $1.1 }
        state = Mutex(
            State(
                records: Dictionary(uniqueKeysWithValues: records.map { ($0.order.key, $0) }),
                withdrawn: records.count { $0.state == .withdrawn }, due: due))
    }

    func work(_ order: WorkOrder) -> WorkDone {
        state.withLock { state in
            var done = WorkDone()
            for (place, event, stamp) in order.events {
                let key = event.subject
                let before = state.records[key]
                let situation = Situation(
                    record: before, stamp: stamp, now: order.now, packingMilliseconds: packingMilliseconds,
                    ledgers: ledgers, remembersWithdrawn: state.withdrawn < Self.greatestWithdrawn, isIdempotent: isIdempotent)
                guard let reaction = ServiceLogic.react(service, to: event, situation) else { continue }
                if let record = reaction.record {
                    state.records[key] = record
                    state.withdrawn += (record.state == .withdrawn ? 1 : 0) - (before?.state == .withdrawn ? 1 : 0)
                    if record.due > 0 { state.due.append((key, record.due)) }
                }
                done.reactions.append((place, reaction))
            }
            // Behind the events: a cancellation that is here counts before packing that is due.
            pack(&state, &done, now: order.now)
            return done
        }
    }

    /// Notes the stamp of the message that told of an order's being packed.
    func notePacked(_ order: String, stamp: [UInt8]) {
        state.withLock { $0.records[order]?.packedStamp = stamp }
    }

    private func pack(_ state: inout State, _ done: inout WorkDone, now: Int64) {
        while let next = state.due.first {
            let record = state.records[next.order].flatMap { $0.state == .reserved ? $0 : nil }
            if let record, record.due > now { break }
            state.due.removeFirst()
            guard let record else { continue }
            let reaction = Packaging.pack(record)
            state.records[next.order] = reaction.record
            done.packed.append(reaction)
        }
        done.nextDue = state.due.first?.at
    }
}
