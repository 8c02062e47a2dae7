/// Follows the guarded number from section to section: what a section reads is what the section before it left.
///
/// A sum that is right in the end proves nothing, because one update that was lost and another that was counted twice leave it right. So
/// every link of the chain is looked at. Where all links hold and every section wrote what it read and its delta, the sum is right too and needs
/// no check of its own.
struct ValueChain {
    let sections: [LockSections.Section]
    /// The number that the lock guards at first; `nil` where that is not known.
    let initial: Int64?
    /// For each section, how many tokens up to its own are in no trace.
    private let missing: [UInt64]

    struct Break {
        var kind: ViolationClass
        /// The section that read what it should not have.
        var section: Int
        /// The section before it; `nil` where it is the first.
        var before: Int?
        /// How many sections between the two nobody recorded.
        var missing: UInt64
    }

    init(_ sections: [LockSections.Section], initial: Int64?) {
        self.sections = sections
        self.initial = initial
        var missing: [UInt64] = []
        missing.reserveCapacity(sections.count)
        var different: UInt64 = 0
        for (index, section) in sections.enumerated() {
            if section.token > 0, index == 0 || sections[index - 1].token != section.token { different += 1 }
            missing.append(section.token - min(section.token, different))
        }
        self.missing = missing
    }

    /// The links that do not hold.
    /// - Parameter order: the sections in the order in which they are taken to have been.
    func breaks(_ order: [Int], _ mutant: Mutant?) -> [Break] {
        var breaks: [Break] = []
        /// Every value written by the first `written` sections of the order; filled only when a link is broken.
        var values: Set<Int64> = initial.map { [$0] } ?? []
        var written = 0
        for (position, index) in order.enumerated() {
            let section = sections[index]
            let before = position > 0 ? order[position - 1] : nil
            if before.map({ sections[$0].mayHaveLeft(section.read) }) ?? (initial == nil || section.read == initial) { continue }
            if mutant == .chainOfUpdatesOnly, section.delta == 0 { continue }
            while written < position {
                values.formUnion(Self.mayHaveWritten(sections[order[written]]))
                written += 1
            }
            let hole = holes(between: before, and: index)
            let isForeign = !values.contains(section.read)
            let kind: ViolationClass =
                (hole > 0 && mutant != .holesAreQuiet) || isForeign ? .counterDrift : section.delta != 0 ? .lostUpdate : .staleRead
            breaks.append(Break(kind: kind, section: index, before: before, missing: hole))
        }
        return breaks
    }

    /// How many tokens between those of two sections are in no trace; 0 where the second has the smaller one.
    func holes(between before: Int?, and index: Int) -> UInt64 {
        let base = before.map { missing[$0] } ?? 0
        return missing[index] - min(missing[index], base)
    }

    private static func mayHaveWritten(_ section: LockSections.Section) -> [Int64] {
        if let release = section.release { return [release.written] }
        return [section.read, section.read &+ section.delta]
    }
}
