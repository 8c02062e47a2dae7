import Trace
import Verification

/// Makes histories that are mostly sensible and now and then wrong, from a seed.
struct RandomHistory {
    private var random: SplitMix
    private var steps: [Step] = []
    private var time: UInt64 = 1_000_000
    private var published: [(publisher: String, sequence: UInt64, attempt: UInt32, topic: String)] = []
    private var open: [(publisher: String, sequence: UInt64, attempt: UInt32)] = []
    private var next: [String: UInt64] = [:]
    /// How far each subscriber is in `published`.
    private var read: [String: Int] = [:]
    private var online: [String: Bool] = [:]
    private let chaos: Int

    static let topics = ["a", "a/b", "b", "$x"]
    static let filters = ["a", "a/b", "#", "+", "a/#", "b"]

    static func make(seed: UInt64) -> History {
        var maker = RandomHistory(seed)
        return maker.make()
    }

    private init(_ seed: UInt64) {
        random = SplitMix(state: seed)
        // Some histories are nearly clean, so that `pass` is compared too.
        chaos = [0, 3, 10, 30][Int(seed % 4)]
    }

    private mutating func make() -> History {
        let publishers = (0..<pick(1...3)).map { $0 == 2 ? "q2" : "p\($0)" }
        // One process may be both.
        let subscribers = (0..<pick(1...3)).map { $0 == 2 && chance(50) ? "p0" : "s\($0)" }
        for process in Set(publishers + subscribers).sorted() {
            append(process, .connect(present: false))
            online[process] = true
        }
        for subscriber in subscribers {
            for _ in 0..<pick(1...2) where chance(90) { subscribe(subscriber) }
        }
        for _ in 0..<pick(5...60) {
            switch pick(0...99) {
            case 0..<30: publish(publishers[pick(0...publishers.count - 1)])
            case 30..<55: complete()
            case 55..<92: receive(subscribers[pick(0...subscribers.count - 1)])
            default:
                if chance(30 + chaos) { unusual(publishers, subscribers) }
            }
        }
        while !open.isEmpty, chance(95) { complete() }
        for subscriber in subscribers {
            if online[subscriber] == false, chance(80) { connect(subscriber) }
            while read[subscriber, default: 0] < published.count, chance(97) { receive(subscriber) }
        }
        if chance(5) { append("", .mark(.drainTimedOut)) }
        if chance(95) { append("", .mark(.quiescent)) }
        if chance(20) { append(subscribers[0], .gone) }
        return History(steps: steps)
    }

    private mutating func publish(_ publisher: String) {
        var sequence = next[publisher, default: 0] + 1
        var attempt: UInt32 = 1
        if chance(chaos / 3), let again = open.first(where: { $0.publisher == publisher }) {
            sequence = again.sequence
            attempt = (published.filter { $0.publisher == publisher && $0.sequence == sequence }.map(\.attempt).max() ?? 0) + 1
        } else {
            next[publisher] = sequence
        }
        let topic = Self.topics[pick(0...99) < 60 ? 0 : pick(0...3)]
        append(publisher, .publish(topic: topic, qos: UInt8(pick(0...2)), sequence: sequence, attempt: attempt))
        published.append((publisher, sequence, attempt, topic))
        open.append((publisher, sequence, attempt))
    }

    private mutating func complete() {
        guard !open.isEmpty else { return }
        let index = chance(80) ? 0 : pick(0...open.count - 1)
        let entry = open[index]
        if chance(5) { return append(entry.publisher, .resend(sequence: entry.sequence, attempt: entry.attempt)) }
        let outcome: PublishOutcome = chance(92) ? .acked : chance(50) ? .unknown : .refused
        if outcome != .unknown { open.remove(at: index) }
        append(entry.publisher, .complete(sequence: entry.sequence, attempt: entry.attempt, outcome: outcome))
    }

    private mutating func receive(_ subscriber: String) {
        var position = read[subscriber, default: 0]
        if chance(chaos), !published.isEmpty {
            // Go back and repeat, skip, or take any.
            switch pick(0...3) {
            case 0: read[subscriber] = max(0, position - pick(1...4))
            case 1: read[subscriber] = position + 1
            default: position = pick(0...published.count - 1)
            }
        } else {
            read[subscriber] = position + 1
        }
        guard position < published.count else { return }
        let message = published[position]
        let isWanted = steps.contains {
            if case .subscribe(let filter, _, _) = $0.action {
                $0.process == subscriber && Oracle.matches(filter, message.topic)
            } else {
                false
            }
        }
        guard isWanted || chance(chaos / 3) else { return }
        let topic = chance(chaos / 5) ? Self.topics[pick(0...3)] : message.topic
        append(
            subscriber,
            .receive(
                publisher: message.publisher, sequence: message.sequence + (chance(chaos / 10) ? 50 : 0), attempt: message.attempt,
                topic: topic,
                retain: chance(chaos / 5)))
        if chance(chaos / 4) { steps[steps.count - 1].details.qos = UInt8(pick(0...2)) }
    }

    private mutating func subscribe(_ subscriber: String) {
        let requested = UInt8(pick(0...2))
        let granted: UInt8 = chance(3) ? 0x80 : chance(90) ? requested : 0
        append(subscriber, .subscribe(filter: Self.filters[pick(0...5)], requested: requested, granted: granted))
    }

    private mutating func connect(_ process: String) {
        append(process, .connect(present: chance(60)))
        online[process] = true
    }

    private mutating func unusual(_ publishers: [String], _ subscribers: [String]) {
        let subscriber = subscribers[pick(0...subscribers.count - 1)]
        switch pick(0...9) {
        case 0, 1: subscribe(subscriber)
        case 2: append(subscriber, .unsubscribe(filter: Self.filters[pick(0...5)]))
        case 3, 4:
            append(subscriber, chance(80) ? .gone : .bye)
            online[subscriber] = false
        case 5, 6: connect(subscriber)
        case 7: connect(publishers[pick(0...publishers.count - 1)])
        case 8:
            append(subscriber, .unreadable(topic: Self.topics[pick(0...3)], qos: UInt8(pick(0...2)), retain: chance(20), cause: .corrupt))
        default: append(subscriber, .unreadable(topic: Self.topics[pick(0...3)], qos: 0, retain: chance(50), cause: .foreign))
        }
    }

    private mutating func append(_ process: String, _ action: Step.Action) {
        // Whole microseconds: the checker keeps the time of an outcome no finer.
        time += UInt64(pick(1...3)) * 1000
        steps.append(Step(process: process, action: action, at: time))
    }

    private mutating func pick(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &random) }

    private mutating func chance(_ percent: Int) -> Bool { pick(0...99) < percent }
}

/// A small generator of its own, so that a seed means the same history for ever.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
