import Trace

/// The vector timestamps that follow from the events alone: from what each process published and received, in the order of its program. They are
/// worked out only where a stamp seems to be wrong, as that takes memory for what publishers received: then they tell whose it is.
struct TrueStamps {
    /// What was published by others in the past of each publish, by publisher and position. Neighbours share what is equal.
    private var pasts: [[[UInt32: UInt32]]]

    /// What one process did that counts.
    private enum Act {
        case publish
        case receive(publisher: Int, position: Int)
    }

    init(_ index: RunIndex) {
        pasts = Array(repeating: [], count: index.publishes.publishers.count)
        var acts: [Int: [Act]] = [:]
        for file in index.files {
            _ = file.forEach { event, _ in
                guard let (process, act) = Self.act(event, index) else { return }
                acts[process, default: []].append(act)
            }
        }
        work(&acts, index)
    }

    /// Whether a stamp is what the events say.
    func agrees(_ stamps: PublisherStamps, _ publisher: Int, _ position: Int) -> Bool {
        guard position < pasts[publisher].count, !stamps.wrongOwn.contains(position) else { return false }
        let claimed = stamps.stamp(at: position).filter { $0.count > 0 && $0.process != stamps.process }
        let past = pasts[publisher][position]
        return claimed.count == past.count && claimed.allSatisfy { past[$0.process] == $0.count }
    }

    private static func act(_ event: TraceEvent, _ index: RunIndex) -> (process: Int, act: Act)? {
        func receive(_ process: UInt32, isProcessed: Bool, _ sender: UInt32, _ sequence: UInt64, _ attempt: UInt32) -> (Int, Act)? {
            // Only who publishes passes a past on.
            guard let number = index.number(of: process), index.publisherNumbers[number] >= 0,
                index.processes[number].hasInbox == isProcessed,
                let publisher = index.number(of: sender).map({ index.publisherNumbers[$0] }),
                publisher >= 0, let position = index.publishes.publishers[publisher].position(sequence: sequence, attempt: attempt)
            else { return nil }
            return (number, .receive(publisher: publisher, position: position))
        }
        switch event {
        case .published(let event): return index.number(of: event.process).map { ($0, .publish) }
        case .delivered(let event): return receive(event.process, isProcessed: false, event.publisher, event.sequence, event.attempt)
        case .processed(let event): return receive(event.process, isProcessed: true, event.publisher, event.sequence, event.attempt)
        default: return nil
        }
    }

    /// Goes through what each process did, as far as what it received was published; again and again, until nothing moves.
    private mutating func work(_ acts: inout [Int: [Act]], _ index: RunIndex) {
        var past: [Int: [UInt32: UInt32]] = [:]
        var next: [Int: Int] = [:]
        var moved = true
        while moved {
            moved = false
            for process in acts.keys.sorted() {
                let all = acts[process] ?? []
                var place = next[process, default: 0]
                while place < all.count, take(all[place], of: process, &past[process, default: [:]], index) { place += 1 }
                if place > next[process, default: 0] { moved = true }
                next[process] = place
            }
        }
    }

    /// - Returns: whether it could be taken: what is received must have been published.
    private mutating func take(_ act: Act, of process: Int, _ past: inout [UInt32: UInt32], _ index: RunIndex) -> Bool {
        switch act {
        case .publish:
            pasts[index.publisherNumbers[process]].append(past)
        case .receive(let publisher, let position):
            guard position < pasts[publisher].count else { return false }
            let sender = UInt32(index.publishes.publishers[publisher].process)
            for (other, count) in pasts[publisher][position] where other != UInt32(process) { past[other] = max(past[other] ?? 0, count) }
            if sender != UInt32(process) { past[sender] = max(past[sender] ?? 0, UInt32(position + 1)) }
        }
        return true
    }
}
