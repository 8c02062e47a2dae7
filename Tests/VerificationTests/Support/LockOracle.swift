import Trace
import Verification

/// The rules of locks and counters, written as plainly as they can be: every pair of sections is looked at, no state is carried along.
struct LockOracle {
    /// A violation: its class and the time of the event that broke the rule.
    struct Fault: Hashable, Comparable {
        var kind: String
        var at: UInt64

        static func < (left: Fault, right: Fault) -> Bool { (left.kind, left.at) < (right.kind, right.at) }
    }

    struct Verdicts: Equatable {
        var verdict: Verdict
        var faults: [Fault]
    }

    struct Section {
        var process: String
        var token: UInt64
        var at: UInt64
        var invoked: UInt64
        var read: Int64
        var delta: Int64
        /// What ended it: who, when it began and was over, and what was written.
        var release: Release?
        var end: UInt64

        var clock: Bool { process.hasSuffix("2") }
        var possible: [Int64] { release.map { [$0.written] } ?? [read, read &+ delta] }
    }

    struct Release {
        var process: String
        var token: UInt64
        var at: UInt64
        var invoked: UInt64
        var written: Int64
    }

    let steps: [LockStep]
    let damaged: Bool
    private var faults: [Fault] = []
    private var hasDoubt = false

    static func judge(_ history: LockHistory, damaged: Bool) -> Verdicts {
        var oracle = LockOracle(steps: history.steps, damaged: damaged)
        let locks = Set(history.steps.compactMap { lock(of: $0) })
        for lock in locks { oracle.judge(lock) }
        oracle.judgeCounters(locks)
        let verdict: Verdict = !oracle.faults.isEmpty ? .violation : oracle.hasDoubt || damaged ? .inconclusive : .pass
        return Verdicts(verdict: verdict, faults: oracle.faults.sorted())
    }

    private init(steps: [LockStep], damaged: Bool) {
        self.steps = steps
        self.damaged = damaged
    }

    private static func lock(of step: LockStep) -> String? {
        switch step.action {
        case .new(let lock, _), .acquire(let lock, _, _, _, _), .release(let lock, _, _, _): lock
        default: nil
        }
    }

    private mutating func add(_ kind: ViolationClass, _ at: UInt64) { faults.append(Fault(kind: kind.rawValue, at: at)) }

    private mutating func judge(_ lock: String) {
        let initials = steps.compactMap { step -> Int64? in
            if case .new(lock, let initial) = step.action { initial } else { nil }
        }
        if initials.count != 1 { hasDoubt = true }
        if initials.count > 1 { return }
        let sections = sections(of: lock)
        let tokens = sections.map(\.token)
        func isBefore(_ one: Section, _ other: Section) -> Bool { one.clock == other.clock && one.at < other.at }
        for (number, section) in sections.enumerated() {
            if tokens[..<number].contains(section.token) { add(.tokenReuse, section.at) }
            if sections.contains(where: { $0.token > section.token && isBefore($0, section) }) { add(.tokenRegression, section.at) }
            if sections.contains(where: { isBefore($0, section) && $0.end > section.at }) { add(.lockOverlap, section.at) }
            if let release = section.release, release.process != section.process { add(.badRelease, release.at) }
            if let release = section.release, release.written != section.read &+ section.delta { add(.badWrite, section.at) }
        }
        var ordered = sections
        var breaks = chain(ordered, initials.first)
        let isRegressing = faults.contains { fault in fault.kind == "token-regression" && sections.contains { $0.at == fault.at } }
        if isRegressing, Set(sections.map(\.clock)).count == 1 {
            let byTime = sections.sorted { $0.at < $1.at }
            let other = chain(byTime, initials.first)
            if other.count < breaks.count { (ordered, breaks) = (byTime, other) }
        }
        var silent = 0
        for (number, section) in sections.enumerated() {
            let hole = holes(from: number > 0 ? sections[number - 1].token : 0, to: section.token, tokens)
            if !breaks.contains(where: { $0.at == section.at }) { silent += hole }
        }
        if silent > tokens.count - Set(tokens).count { hasDoubt = true }
        for broken in breaks {
            if broken.isHole, damaged { hasDoubt = true } else { faults.append(Fault(kind: broken.kind.rawValue, at: broken.at)) }
        }
        judgeReadings(lock, ordered, initials.first)
    }

    private func chain(_ sections: [Section], _ initial: Int64?) -> [(kind: ViolationClass, at: UInt64, isHole: Bool)] {
        sections.enumerated().compactMap { number, section in
            let before = number > 0 ? sections[number - 1] : nil
            let allowed = before?.possible ?? initial.map { [$0] }
            if allowed?.contains(section.read) ?? true { return nil }
            let hole = holes(from: before?.token ?? 0, to: section.token, sections.map(\.token)) > 0
            let known = sections[..<number].flatMap(\.possible) + (initial.map { [$0] } ?? [])
            if hole || !known.contains(section.read) { return (.counterDrift, section.at, hole) }
            return (section.delta == 0 ? .staleRead : .lostUpdate, section.at, false)
        }
    }

    /// How many tokens between two that are neither of them does not occur.
    private func holes(from: UInt64, to: UInt64, _ tokens: [UInt64]) -> Int {
        to > from + 1 ? (from + 1..<to).count { !tokens.contains($0) } : 0
    }

    private mutating func sections(of lock: String) -> [Section] {
        var sections: [Section] = []
        var releases: [Release] = []
        for step in steps {
            switch step.action {
            case .acquire(lock, let token, let read, let delta, let invoked):
                sections.append(
                    Section(
                        process: step.process, token: token, at: step.at, invoked: invoked, read: read, delta: delta, release: nil,
                        end: step.at))
            case .release(lock, let token, let written, let invoked):
                releases.append(Release(process: step.process, token: token, at: step.at, invoked: invoked, written: written))
            default: break
            }
        }
        sections.sort { ($0.token, $0.at) < ($1.token, $1.at) }
        releases.sort { $0.invoked < $1.invoked }
        for byOwner in [true, false] {
            for number in sections.indices where sections[number].release == nil {
                let section = sections[number]
                if let found = releases.firstIndex(where: { $0.token == section.token && (!byOwner || $0.process == section.process) }) {
                    sections[number].release = releases.remove(at: found)
                }
            }
        }
        for release in releases {
            if damaged, !sections.contains(where: { $0.token == release.token }) { hasDoubt = true } else { add(.badRelease, release.at) }
        }
        for number in sections.indices {
            let process = sections[number].process
            let last = damaged ? 0 : steps.filter { $0.process == process && !$0.isNote }.map(\.at).max() ?? 0
            sections[number].end = max(sections[number].at, sections[number].release?.invoked ?? last)
        }
        return sections
    }

    private mutating func judgeReadings(_ lock: String, _ sections: [Section], _ initial: Int64?) {
        for step in steps {
            guard case .count(lock, let value) = step.action else { continue }
            let clock = step.process.hasSuffix("2")
            let isComparable = sections.allSatisfy { $0.clock == clock }
            if isComparable, sections.contains(where: { max($0.at, $0.release?.at ?? 0) > step.at }) { continue }
            guard let allowed = sections.last?.possible ?? initial.map({ [$0] }), !allowed.contains(value) else { continue }
            if isComparable, !damaged { add(.counterDrift, step.at) } else { hasDoubt = true }
        }
    }

    private mutating func judgeCounters(_ locks: Set<String>) {
        for (number, step) in steps.enumerated() {
            guard case .count(let counter, let value) = step.action, !locks.contains(counter) else { continue }
            let before = steps[..<number].filter { $0.process == step.process }
            let found: Int
            switch counter {
            case "published": found = before.count { if case .publish = $0.action { true } else { false } }
            case "acked": found = before.count { if case .complete(_, .acked) = $0.action { true } else { false } }
            case "refused": found = before.count { if case .complete(_, .refused) = $0.action { true } else { false } }
            case "delivered": found = before.count { if case .receive = $0.action { true } else { false } }
            case "processed": found = before.count { if case .process = $0.action { true } else { false } }
            default:
                hasDoubt = true
                continue
            }
            if value == found { continue }
            if damaged, value > found { hasDoubt = true } else { add(.counterMismatch, step.at) }
        }
    }
}

extension LockStep {
    var isNote: Bool { if case .note = action { true } else { false } }
}
