/// What tokens and times say of the sections of one lock. Times are compared only where they are of one clock.
struct LockOrder {
    let sections: [LockSections.Section]
    let mutant: Mutant?

    /// Each section whose token an earlier section has, by its index, with that section.
    func reuses() -> [(section: Int, earlier: Int)] {
        sections.indices.dropFirst().compactMap { index in
            guard sections[index].token == sections[index - 1].token else { return nil }
            let isByOther = sections[index].acquisition.process != sections[index - 1].acquisition.process
            if mutant == .reuseByOthersOnly, !isByOther { return nil }
            return (index, index - 1)
        }
    }

    /// Each section that drew a smaller token than one that was acquired before it, with the earliest such one.
    func regressions() -> [(section: Int, before: Int)] {
        var found: [(section: Int, before: Int)] = []
        // By clock, the earliest acquired of all sections with greater tokens.
        var earliest: [Int: Int] = [:]
        var end = sections.count
        while end > 0 {
            // Sections of one token say nothing about each other.
            let start = sections[..<end].lastIndex { $0.token != sections[end - 1].token }.map { $0 + 1 } ?? 0
            for index in (start..<end).reversed() {
                guard let clock = sections[index].clock, let other = earliest[clock] else { continue }
                if sections[other].acquisition.at < sections[index].acquisition.at { found.append((index, other)) }
            }
            for index in start..<end {
                guard let clock = sections[index].clock else { continue }
                let isEarlier = earliest[clock].map { sections[index].acquisition.at < sections[$0].acquisition.at } ?? true
                if isEarlier || mutant == .regressionOfNeighbours { earliest[clock] = index }
            }
            end = start
        }
        return found.reversed()
    }

    /// Each section that began while another held the lock, with the one that held it longest; and the indices of those that were asked for while another held it.
    func overlaps() -> (overlaps: [(section: Int, holder: Int)], contended: Int) {
        var overlaps: [(section: Int, holder: Int)] = []
        var contended = 0
        let ordered = sections.indices.filter { sections[$0].clock != nil }.sorted {
            (sections[$0].clock ?? 0, sections[$0].acquisition.at, end($0), $0) < (
                sections[$1].clock ?? 0, sections[$1].acquisition.at, end($1), $1
            )
        }
        /// The section that holds longest of all that began before, and of those that began at an earlier time.
        var holder: Int?
        var earlier: Int?
        for (position, index) in ordered.enumerated() {
            let before = position > 0 ? ordered[position - 1] : index
            if sections[before].clock != sections[index].clock {
                holder = nil
                earlier = nil
            } else if sections[before].acquisition.at < sections[index].acquisition.at {
                earlier = holder
            }
            if let holder, end(holder) > sections[index].acquisition.at { overlaps.append((index, holder)) }
            if let earlier, end(earlier) > sections[index].acquisition.invoked { contended += 1 }
            if holder.map({ end($0) < end(index) }) ?? true || mutant == .overlapWithLastOnly { holder = index }
        }
        return (overlaps, contended)
    }

    private func end(_ index: Int) -> UInt64 {
        if mutant == .unreleasedHoldsNothing, sections[index].release == nil { return sections[index].acquisition.at }
        return sections[index].end
    }

    /// The sections by the time at which they were acquired; `nil` where their clocks differ.
    func byTime() -> [Int]? {
        guard let clock = sections.first?.clock, sections.allSatisfy({ $0.clock == clock }) else { return nil }
        return sections.indices.sorted {
            (sections[$0].acquisition.at, $0) < (sections[$1].acquisition.at, $1)
        }
    }
}
