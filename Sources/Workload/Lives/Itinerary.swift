/// When one client is there: nanoseconds from the start of the warm-up.
public struct Itinerary: Equatable, Sendable {
    /// A time in which the client is away.
    public struct Absence: Equatable, Sendable {
        /// When it leaves.
        public let from: UInt64
        /// When it comes back.
        public let until: UInt64
        /// How it leaves.
        public let by: Profile.Departure

        /// Makes an absence.
        public init(from: UInt64, until: UInt64, by: Profile.Departure) {
            self.from = from
            self.until = until
            self.by = by
        }
    }

    /// When it connects first; 0 for before the load begins.
    public var joins: UInt64 = 0
    /// When it leaves for good; `nil` for never.
    public var leaves: UInt64?
    /// How it leaves for good.
    public var leavesBy = Profile.Departure.disconnect
    /// When it is away, in order; none touches another.
    public var absences: [Absence] = []

    /// Makes the itinerary of a client that is always there.
    public init() {}

    /// Whether the client is there all the time.
    public var isConstant: Bool { joins == 0 && leaves == nil && absences.isEmpty }

    /// Whether it was planned for the client to be there.
    public func isThere(at time: UInt64) -> Bool {
        if time < joins || leaves.map({ time >= $0 }) ?? false { return false }
        // The last absence that has begun decides.
        var (low, high) = (0, absences.count)
        while low < high {
            let middle = (low + high) / 2
            if absences[middle].from <= time { low = middle + 1 } else { high = middle }
        }
        return low == 0 || time >= absences[low - 1].until
    }
}

extension Profile.Life {
    /// The itineraries of a group's clients. The same seed gives the same.
    /// - Parameters:
    ///   - count: how many clients the group has.
    ///   - end: when the load ends, from the start of the warm-up in nanoseconds; whoever is away then comes back. `nil` where that is not known beforehand.
    ///   - random: the stream of one client, by its number.
    public func itineraries(of count: Int, end: UInt64?, random: (Int) -> RandomStream) -> [Itinerary] {
        let ends = end ?? .max
        var absences = [[Itinerary.Absence]](repeating: [], count: count)
        for number in 0..<count {
            var random = random(number)
            for one in away { absences[number] += one.absences(of: number, among: count, end: ends, &random) }
        }
        if let churn, let end {
            // Whom it is for is drawn from the stream of the first, so that others keep theirs.
            var random = random(0).substream(UInt64(count))
            var schedule = ArrivalProcess(rate: churn.rate, kind: .poisson, start: 0, random: random.substream(1))
            while case let from = schedule.next(), from < end {
                let number = Int(random.number(below: UInt64(count)))
                absences[number].append(.init(from: from, until: from.adding(churn.length.wholeNanoseconds), by: churn.by))
            }
        }
        return (0..<count).map { number in
            var itinerary = Itinerary()
            itinerary.joins = join.map { $0.after.wholeNanoseconds + spread($0.over, number, count) } ?? 0
            if let leave {
                itinerary.leaves = leave.after.wholeNanoseconds + spread(leave.over, number, count)
                itinerary.leavesBy = leave.by
            }
            itinerary.take(absences[number], end: ends)
            return itinerary
        }
    }
}

extension Profile.Away {
    fileprivate func absences(of number: Int, among count: Int, end: UInt64, _ random: inout RandomStream) -> [Itinerary.Absence] {
        guard random.fraction() < share else { return [] }
        var found: [Itinerary.Absence] = []
        var from = after.wholeNanoseconds + spread(over, number, count)
        var left = times ?? (every == nil ? 1 : .max)
        while left > 0, from < end {
            if random.fraction() < chance { found.append(.init(from: from, until: from.adding(length.wholeNanoseconds), by: by)) }
            guard let every else { break }
            from = from.adding(every.wholeNanoseconds)
            left -= 1
        }
        return found
    }
}

extension Itinerary {
    /// Takes the absences that fit: a client that is away, has not joined or has left cannot leave. Those that would outlast the load end with it.
    fileprivate mutating func take(_ wanted: [Absence], end: UInt64) {
        let end = min(end, leaves ?? .max)
        for one in wanted.sorted(by: { $0.from < $1.from }) where one.from < end && (one.from > joins || joins == 0) {
            if let last = absences.last, one.from <= last.until { continue }
            absences.append(Absence(from: one.from, until: min(one.until, end), by: one.by))
        }
    }
}

/// How much later than the first of `count` clients one of them is, where they are spread evenly over a time.
private func spread(_ over: Duration, _ number: Int, _ count: Int) -> UInt64 {
    over.wholeNanoseconds / UInt64(count) * UInt64(number)
}

extension UInt64 {
    fileprivate func adding(_ other: UInt64) -> UInt64 {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? .max : sum
    }
}
