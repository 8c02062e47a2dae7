/// What became of the connections of a run's clients once all of them stood.
package struct ConnectionLog: Sendable, Equatable {
    /// The most events that are listed; all are counted.
    package static let listed = 100

    /// What happened to a connection.
    package enum Kind: String, Sendable, CaseIterable {
        /// It ended, and the client had not asked for it.
        case lost
        /// An attempt to connect again failed: the broker refused it, did not answer, or was not there.
        case refused
        /// The client is connected again, with its session where it had asked the broker to keep one.
        case resumed
        /// The client is connected again, but the broker has forgotten the session that it was asked to keep.
        case forgotten
    }

    /// Something that happened to a connection.
    package struct Event: Sendable, Equatable {
        /// When, in seconds since the hold began; negative in the warm-up.
        package var atSeconds: Double
        /// Whose connection, by its name in the trace.
        package var client: String
        /// Its group.
        package var group: String
        /// What happened.
        package var kind: Kind
        /// Why, in words.
        package var reason: String
        /// Whether the profile itself asked for it, as with a client that it has stop reading.
        package var askedFor: Bool
    }

    /// A number for each kind.
    package struct Counts: Sendable, Equatable {
        private var numbers = [Int](repeating: 0, count: Kind.allCases.count)

        /// Makes counts of nothing.
        package init() {}

        /// How often it happened.
        package subscript(kind: Kind) -> Int {
            get { numbers[Self.place(kind)] }
            set { numbers[Self.place(kind)] = newValue }
        }

        private static func place(_ kind: Kind) -> Int {
            switch kind {
            case .lost: 0
            case .refused: 1
            case .resumed: 2
            case .forgotten: 3
            }
        }

        static func += (left: inout Counts, right: Counts) {
            for kind in Kind.allCases { left[kind] += right[kind] }
        }
    }

    /// How often each kind happened.
    package private(set) var counts = Counts()
    /// How often of these the profile itself had asked for it.
    package private(set) var askedFor = Counts()
    /// The first events by time, at most ``listed``.
    package private(set) var events: [Event] = []

    /// By group, how many connections were lost, and why the last.
    package private(set) var lostByGroup: [String: Lost] = [:]

    /// Connections of one group that were lost.
    package struct Lost: Sendable, Equatable {
        /// How many.
        package var count: Int
        /// Why the last was, in words.
        package var last: String
    }

    /// Makes a log in which nothing has happened.
    package init() {}

    /// How many events there were; not all of them may be listed.
    package var total: Int { Kind.allCases.reduce(0) { $0 + counts[$1] } }

    /// How often it happened without the profile having asked for it.
    package func unasked(_ kind: Kind) -> Int { counts[kind] - askedFor[kind] }

    /// Counts what happened, and lists it as long as there is room.
    package mutating func note(_ event: Event) {
        counts[event.kind] += 1
        if event.askedFor { askedFor[event.kind] += 1 }
        if event.kind == .lost {
            lostByGroup[event.group] = Lost(count: (lostByGroup[event.group]?.count ?? 0) + 1, last: event.reason)
        }
        if events.count < Self.listed { events.append(event) }
    }

    /// Adds what another reactor noted.
    static func += (left: inout ConnectionLog, right: ConnectionLog) {
        left.counts += right.counts
        left.askedFor += right.askedFor
        left.lostByGroup.merge(right.lostByGroup) { Lost(count: $0.count + $1.count, last: $1.last) }
        left.events = Array((left.events + right.events).sorted { $0.atSeconds < $1.atSeconds }.prefix(listed))
    }

    /// The same with times that count from a later moment.
    func counting(from seconds: Double) -> ConnectionLog {
        var moved = self
        for index in moved.events.indices { moved.events[index].atSeconds -= seconds }
        return moved
    }
}
