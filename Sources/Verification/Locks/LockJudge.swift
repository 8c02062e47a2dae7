import Trace

/// Judges the sections of each lock: one at a time, in the order of their tokens, and each saw what the one before it left.
struct LockJudge {
    private let index: RunIndex
    private(set) var violations = Violations()
    private(set) var totals: CheckReport.Locks?
    /// What the traces do not show of locks.
    private var gaps = Gaps()
    /// When the trace of each process ends; found when it is first asked for.
    private var ends: [Int: UInt64]?

    private struct Gaps {
        var unknownInitial: [String] = []
        var createdTwice: [String] = []
        var silentHoles: [String] = []
        var unprovenDrift = 0
        var unprovenRelease = 0
        var incomparable: [String] = []
    }

    init(_ index: RunIndex) {
        self.index = index
    }

    /// One sentence for each kind of doubt.
    var doubts: [String] {
        var all: [String] = []
        func add(_ locks: [String], _ rest: String) {
            if !locks.isEmpty { all.append("\(Doubts.few(locks, "lock")) \(rest)") }
        }
        add(gaps.createdTwice, "came into being more than once under one name, so their sections cannot be told apart and are not judged.")
        add(gaps.unknownInitial, "came into being in no trace, so what they guarded at first is unknown.")
        add(gaps.silentHoles, "have sections that are in no trace, although the numbers read by the others agree.")
        add(gaps.incomparable, "were counted on another clock than that of their sections, so it is unknown whether at their end.")
        if gaps.unprovenDrift > 0 {
            all.append(
                "\(gaps.unprovenDrift) sections or counters found a number that no section of the trace left, but the trace is not whole.")
        }
        if gaps.unprovenRelease > 0 {
            all.append("\(gaps.unprovenRelease) releases belong to no section of the trace, but the trace is not whole.")
        }
        return all
    }

    mutating func judge() {
        guard !index.locks.locks.isEmpty else { return }
        totals = .init()
        for lock in index.locks.locks { judge(lock) }
    }

    private mutating func judge(_ lock: LockTable.Lock) {
        var known = ends
        let found = LockSections(lock, clock: { clock(of: $0) }) { process in
            // Whose trace is not whole may have released it in the part that is missing.
            if index.processes[process].isDamaged { return 0 }
            if known == nil { known = processEnds() }
            return known?[process] ?? 0
        }
        ends = known
        let sections = found.sections
        let order = LockOrder(sections: sections, mutant: index.mutant)
        let overlaps = order.overlaps()
        count(sections, contended: overlaps.contended)
        if lock.creations.count > 1 {
            gaps.createdTwice.append(lock.name)
            return
        }
        if lock.creations.isEmpty { gaps.unknownInitial.append(lock.name) }
        let text = LockSentence(index: index, lock: lock, sections: sections)
        for reuse in order.reuses() { violations.add(.tokenReuse, text.reuse(reuse.section, reuse.earlier)) }
        let regressions = order.regressions()
        for regression in regressions { violations.add(.tokenRegression, text.regression(regression.section, regression.before)) }
        for overlap in overlaps.overlaps { violations.add(.lockOverlap, text.overlap(overlap.section, overlap.holder)) }
        judgeReleases(found, text)
        judgeValues(lock, sections, order, isRegressing: !regressions.isEmpty, text)
    }

    private mutating func judgeReleases(_ found: LockSections, _ text: LockSentence) {
        for (number, section) in found.sections.enumerated() where section.isReleasedByOther {
            if index.mutant != .releaseByAnyone { violations.add(.badRelease, text.releaseByOther(number)) }
        }
        for stray in found.stray {
            if stray.section != nil {
                if index.mutant != .secondReleaseIsHarmless { violations.add(.badRelease, text.stray(stray)) }
            } else if index.processes[stray.release.process].isDamaged {
                gaps.unprovenRelease += 1
            } else {
                violations.add(.badRelease, text.stray(stray))
            }
        }
    }

    private mutating func judgeValues(
        _ lock: LockTable.Lock, _ sections: [LockSections.Section], _ order: LockOrder, isRegressing: Bool, _ text: LockSentence
    ) {
        let chain = ValueChain(sections, initial: lock.creations.first?.initial)
        var taken = Array(sections.indices)
        var breaks = chain.breaks(taken, index.mutant)
        // Where tokens and times disagree, which is a violation by itself, one of the two is wrong: the one by which less is broken is right.
        if isRegressing, !breaks.isEmpty, let byTime = order.byTime() {
            let other = chain.breaks(byTime, index.mutant)
            if other.count < breaks.count { (taken, breaks) = (byTime, other) }
        }
        if index.mutant == .finalSumOnly, isSumRight(lock, sections) { breaks = [] }
        for broken in breaks {
            if broken.missing > 0, isIncomplete {
                gaps.unprovenDrift += 1
            } else {
                violations.add(broken.kind, text.broken(broken))
            }
        }
        noteHoles(lock, sections, chain, breaks)
        for (number, section) in sections.enumerated() {
            guard let release = section.release, release.written != section.read &+ section.delta else { continue }
            if index.mutant == .writeOfUpdatesOnly, section.delta == 0 { continue }
            violations.add(.badWrite, text.badWrite(number))
        }
        let last = taken.last
        for reading in index.readings where reading.counter == lock.name { judge(reading, lock, sections, last, text) }
    }

    /// The number as a process read it when all sections were over.
    private mutating func judge(
        _ reading: CounterReading, _ lock: LockTable.Lock, _ sections: [LockSections.Section], _ last: Int?, _ text: LockSentence
    ) {
        let sameClock = sections.allSatisfy { index.shareClock($0.acquisition.process, reading.process) }
        if sameClock, sections.contains(where: { ($0.release?.at ?? $0.acquisition.at) > reading.at }) { return }
        guard let initial = lock.creations.first?.initial ?? sections.first?.read else { return }
        if last.map({ sections[$0].mayHaveLeft(reading.value) }) ?? (reading.value == initial) { return }
        if index.mutant == .finalValueMayExceed, last.map({ reading.value > sections[$0].read }) ?? true { return }
        if !sameClock {
            gaps.incomparable.append(lock.name)
        } else if isIncomplete {
            gaps.unprovenDrift += 1
        } else {
            violations.add(.counterDrift, text.counted(reading, last))
        }
    }

    /// A section that nobody recorded is no fault where the numbers agree around it, but it was not seen.
    private mutating func noteHoles(
        _ lock: LockTable.Lock, _ sections: [LockSections.Section], _ chain: ValueChain, _ breaks: [ValueChain.Break]
    ) {
        let broken = Set(breaks.map(\.section))
        var holes: UInt64 = 0
        var reused: UInt64 = 0
        for index in sections.indices {
            if index > 0, sections[index].token == sections[index - 1].token { reused += 1 }
            if !broken.contains(index) { holes += chain.holes(between: index > 0 ? index - 1 : nil, and: index) }
        }
        if holes > reused { gaps.silentHoles.append(lock.name) }
    }

    private mutating func count(_ sections: [LockSections.Section], contended: Int) {
        var sum = totals ?? .init()
        sum.count += 1
        sum.sections += sections.count
        sum.contended += contended
        for section in sections {
            let wait = section.acquisition.at - min(section.acquisition.at, section.acquisition.invoked)
            let hold = section.release == nil ? 0 : section.end - section.acquisition.at
            sum.greatestWaitNanoseconds = max(sum.greatestWaitNanoseconds, wait)
            sum.greatestHoldNanoseconds = max(sum.greatestHoldNanoseconds, hold)
        }
        totals = sum
    }

    /// Whether a section may be missing because part of some trace is.
    private var isIncomplete: Bool { !index.doubts.damages.isEmpty }

    private func clock(of process: Int) -> Int? {
        index.processes[process].hasMixedClocks ? nil : index.processes[process].clock
    }

    private func isSumRight(_ lock: LockTable.Lock, _ sections: [LockSections.Section]) -> Bool {
        let sum = sections.reduce(lock.creations.first?.initial ?? 0) { $0 &+ $1.delta }
        return sections.last?.release?.written == sum
    }

    private func processEnds() -> [Int: UInt64] {
        var ends: [Int: UInt64] = [:]
        for file in index.files {
            _ = file.forEach { event, _ in
                guard let (process, at) = event.actor, let number = index.number(of: process) else { return }
                ends[number] = max(ends[number] ?? 0, at)
            }
        }
        return ends
    }
}
