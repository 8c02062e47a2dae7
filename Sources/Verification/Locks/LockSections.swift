/// The sections of one lock, in the order of their tokens: each acquisition with the release that ended it.
struct LockSections {
    private(set) var sections: [Section] = []
    /// Releases that end no section: nobody acquired that token, or it was released before.
    private(set) var stray: [Stray] = []

    struct Section {
        var acquisition: LockTable.Acquisition
        /// `nil` where the lock was never released.
        var release: LockTable.Release?
        /// Until when the lock was held: when its release began, or when the trace of its process ends.
        var end: UInt64
        /// The clock of its process; `nil` where its times are of several clocks.
        var clock: Int?

        var token: UInt64 { acquisition.token }
        var read: Int64 { acquisition.read }
        var delta: Int64 { acquisition.delta }
        /// Whether another process released it.
        var isReleasedByOther: Bool { release.map { $0.process != acquisition.process } ?? false }
        /// Whether it left the guarded number as this: a section that was not released may have come to its write or not.
        func mayHaveLeft(_ value: Int64) -> Bool {
            if let release { return release.written == value }
            return value == read || value == read &+ delta
        }
    }

    struct Stray {
        var release: LockTable.Release
        /// Who acquired that token, where anybody did.
        var section: Int?
    }

    /// - Parameters:
    ///   - clock: the clock of a process; `nil` where its times cannot be compared.
    ///   - end: when the trace of a process ends; asked for sections that were not released only.
    init(_ lock: LockTable.Lock, clock: (Int) -> Int?, end: (Int) -> UInt64) {
        // Of one token the times decide, which matters only where it was used twice.
        let acquisitions = lock.acquisitions.sorted { ($0.token, $0.at, $0.place) < ($1.token, $1.at, $1.place) }
        let releases = lock.releases.sorted { ($0.token, $0.invoked, $0.place) < ($1.token, $1.invoked, $1.place) }
        sections.reserveCapacity(acquisitions.count)
        var next = 0
        var first = 0
        while first < acquisitions.count {
            let token = acquisitions[first].token
            while next < releases.count, releases[next].token < token {
                stray.append(Stray(release: releases[next]))
                next += 1
            }
            let last = acquisitions[first...].prefix { $0.token == token }.endIndex
            let until = releases[next...].prefix { $0.token == token }.endIndex
            pair(acquisitions[first..<last], releases[next..<until], clock, end)
            first = last
            next = until
        }
        stray += releases[next...].map { Stray(release: $0) }
    }

    /// Pairs what has one token: first each acquisition with a release by its own process, then what is left in the order of time.
    private mutating func pair(
        _ acquisitions: ArraySlice<LockTable.Acquisition>, _ releases: ArraySlice<LockTable.Release>, _ clock: (Int) -> Int?,
        _ end: (Int) -> UInt64
    ) {
        var left = Array(releases)
        let first = sections.count
        for acquisition in acquisitions {
            let own = left.firstIndex { $0.process == acquisition.process }
            sections.append(
                Section(acquisition: acquisition, release: own.map { left.remove(at: $0) }, end: 0, clock: clock(acquisition.process)))
        }
        for index in first..<sections.count {
            if sections[index].release == nil, !left.isEmpty { sections[index].release = left.removeFirst() }
            let acquisition = sections[index].acquisition
            sections[index].end = max(acquisition.at, sections[index].release?.invoked ?? end(acquisition.process))
        }
        stray += left.map { Stray(release: $0, section: first) }
    }
}
