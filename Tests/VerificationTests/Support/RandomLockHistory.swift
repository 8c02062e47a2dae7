import Trace

/// Makes histories of locks that are mostly sound and now and then wrong, from a seed.
struct RandomLockHistory {
    private var random: SplitMix
    private let chaos: Int
    private var steps: [LockStep] = []
    private var time: UInt64 = 1000
    private var processes: [String]

    static func make(seed: UInt64) -> LockHistory {
        var maker = RandomLockHistory(seed)
        return maker.make()
    }

    private init(_ seed: UInt64) {
        random = SplitMix(state: seed)
        // Some histories are nearly clean, so that `pass` is compared too.
        chaos = [0, 2, 8, 25][Int(seed % 4)]
        processes = ["a", "b", "c"]
        if chance(10) { processes.append("d2") }
    }

    private mutating func make() -> LockHistory {
        for lock in ["x", "y"].prefix(pick(1...2)) { self.lock(lock) }
        steps.sort { $0.at < $1.at }
        // Sections may be recorded in any order.
        if chance(20) { steps.shuffle(using: &random) }
        if chance(30) { counters() }
        return LockHistory(steps: steps)
    }

    private mutating func lock(_ lock: String) {
        let initial = Int64(pick(-2...2))
        if !chance(chaos / 4) { append(process(), .new(lock: lock, initial: initial)) }
        if chance(chaos / 6) { append(process(), .new(lock: lock, initial: initial)) }
        var value = initial
        var values = [initial]
        var token: UInt64 = 0
        for _ in 0..<pick(0...9) {
            token += 1
            let owner = process()
            let delta = Int64(chance(30) ? 0 : pick(-2...2))
            var read = value
            if chance(chaos) { read = chance(70) ? values[pick(0...values.count - 1)] : Int64(pick(-9...9)) }
            var written = read + delta
            if chance(chaos / 2) { written += Int64(pick(-1...1)) }
            value = written
            values.append(value)
            if chance(chaos / 2) {
                time += 20
                continue
            }
            var drawn = token
            if chance(chaos / 2) { drawn = UInt64(pick(1...12)) }
            time += UInt64(pick(1...3)) * 10
            append(owner, .acquire(lock: lock, token: drawn, read: read, delta: delta, invoked: time - UInt64(pick(0...60))))
            let last = steps.count - 1
            // The next section may begin before this one has ended.
            let length = UInt64(pick(1...4)) * 10
            if chance(chaos / 3) {
                if chance(50) { value = chance(50) ? read : written }
            } else {
                let releaser = chance(chaos / 3) ? process() : owner
                append(
                    releaser, .release(lock: lock, token: drawn, written: written, invoked: time + length - UInt64(pick(0...9))),
                    after: length)
                if chance(chaos / 3) {
                    let token = chance(50) ? drawn : UInt64(pick(0...14))
                    append(process(), .release(lock: lock, token: token, written: written, invoked: time + length + 3), after: length + 5)
                }
            }
            time = chance(chaos) ? steps[last].at : max(time, steps[last].at + length + 10)
        }
        time += 60
        while chance(40) {
            let counted = chance(chaos) ? Int64(pick(-4...8)) : value
            append(process(), .count(counter: lock, value: counted))
        }
    }

    private mutating func counters() {
        var counts: [String: [String: Int64]] = [:]
        append("b", .join)
        var sequence: UInt64 = 0
        for _ in 0..<pick(1...12) {
            switch pick(0...4) {
            case 0:
                sequence += 1
                append("a", .publish(sequence: sequence))
                counts["a", default: [:]]["published", default: 0] += 1
            case 1 where sequence > 0:
                let outcome: PublishOutcome = chance(50) ? .acked : .refused
                append("a", .complete(sequence: sequence, outcome: outcome))
                counts["a", default: [:]][outcome == .acked ? "acked" : "refused", default: 0] += 1
                sequence += 1
                append("a", .publish(sequence: sequence))
                counts["a", default: [:]]["published", default: 0] += 1
            default:
                let process = chance(70) ? "a" : "b"
                let counter = ["published", "acked", "refused", "delivered", "processed"][pick(0...4)]
                let value = counts[process]?[counter] ?? 0
                append(
                    process,
                    .count(counter: chance(chaos / 4) ? "weight" : counter, value: chance(chaos) ? value + Int64(pick(-1...1)) : value))
            }
        }
    }

    private mutating func append(_ process: String, _ action: LockStep.Action, after: UInt64 = 0) {
        // Every event has a time of its own; what is said of equal times is in the tests of classes.
        var at = after == 0 ? time : time + after
        while steps.contains(where: { $0.at == at }) { at += 1 }
        if after == 0 { time = at + 1 }
        steps.append(LockStep(process: process, action: action, at: at))
    }

    private mutating func process() -> String { processes[pick(0...processes.count - 1)] }

    private mutating func pick(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &random) }

    private mutating func chance(_ percent: Int) -> Bool { pick(0...99) < percent }
}
