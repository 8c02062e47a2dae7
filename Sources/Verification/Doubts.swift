/// Why the checker cannot be sure that it saw all: counts on the way, sentences at the end.
struct Doubts {
    var events = 0
    var damages: [String] = []
    var isQuiescent = false
    var drainTimedOut = false
    var wasInterrupted = false
    var namelessProcesses: [String] = []
    var namelessTopics = 0
    var otherNames: [String] = []
    var repeatedAttempts = 0
    var outcomesOfNothing = 0
    var absentSubscribers: [String] = []
    /// Deliveries of publishers that no file tells of.
    var strangers = 0
    /// Deliveries that stand in their file before their publish.
    var foretold = 0
    /// Deliveries by subscriptions that are older than the trace.
    var unmatchedInherited = 0
    /// Deliveries nobody published, of publishers whose trace is damaged.
    var unprovenUnexpected = 0
    /// Pairs of a publisher's stream and a subscriber whose times are of different clocks.
    var incomparable = 0
    /// Missing deliveries between processes of which one has a damaged trace.
    var unprovenMissing = 0
    /// Missing deliveries at the tail of their stream in a run that did not come to rest.
    var unprovenUnseen = 0
    /// Whole sentences of judges that look at something else than messages.
    var others: [String] = []

    /// Adds what deliveries made doubtful to what the rest of the trace did.
    mutating func add(deliveriesTo others: Doubts) {
        var sum = others
        sum.strangers += strangers
        sum.foretold += foretold
        sum.unmatchedInherited += unmatchedInherited
        sum.unprovenUnexpected += unprovenUnexpected
        self = sum
    }

    /// One plain sentence each.
    func sentences() -> [String] {
        var all: [String] = []
        func add(_ condition: Bool, _ sentence: @autoclosure () -> String) {
            if condition { all.append(sentence()) }
        }
        add(events == 0, "The trace holds no events at all.")
        all.append(contentsOf: damages.prefix(10).map { "The trace is not whole: \($0)." })
        add(damages.count > 10, "The trace has \(damages.count - 10) more damages.")
        add(drainTimedOut, "The drain timed out, so messages may have arrived later.")
        add(
            !drainTimedOut && !isQuiescent && events > 0,
            "The trace does not say that the run came to rest, so messages may have arrived later.")
        add(wasInterrupted, "The run was interrupted before it came to rest.")
        add(!namelessProcesses.isEmpty, "\(Self.few(namelessProcesses, "process")) have no name in any file.")
        add(namelessTopics > 0, "\(namelessTopics) events name topics whose dictionary entry is missing.")
        all.append(contentsOf: otherNames.prefix(3).map { "The files contradict each other: \($0)." })
        add(
            repeatedAttempts > 0,
            "\(repeatedAttempts) publish records repeat a sequence number and an attempt that their publisher had used.")
        add(outcomesOfNothing > 0, "\(outcomesOfNothing) outcomes or resends belong to no publish record of the trace.")
        add(
            !absentSubscribers.isEmpty,
            "\(Self.few(absentSubscribers, "subscriber")) lost the connection and had not come back when the drain ended, so what was owed to them is unknown."
        )
        add(strangers > 0, "\(strangers) deliveries name publishers of which no file holds an event; is a trace file missing?")
        add(
            foretold > 0,
            "\(foretold) deliveries stand in their file before the publish that they are of; nobody receives what was not sent, so the writer of the file is wrong."
        )
        add(
            unmatchedInherited > 0,
            "\(unmatchedInherited) deliveries came by subscriptions that are older than the trace, so what else was owed is unknown.")
        add(unprovenUnexpected > 0, "\(unprovenUnexpected) deliveries have no publish record, but their publisher's trace is not whole.")
        add(
            incomparable > 0,
            "For \(incomparable) streams the publisher and a subscriber ran on different clocks, so what was due cannot be told.")
        add(
            unprovenMissing > 0,
            "\(unprovenMissing) deliveries that were owed are not in the trace, but the trace is not whole, so it may be the trace that lacks them."
        )
        add(
            unprovenUnseen > 0,
            "\(unprovenUnseen) deliveries that were owed had not arrived at the end of their stream; they may be merely late.")
        return all + others
    }

    /// `1 lock (stock)`, `4 locks (a, b, c, …)`
    static func few(_ names: [String], _ what: String, plural: String? = nil) -> String {
        let some = names.prefix(3).joined(separator: ", ")
        return names.count == 1 ? "1 \(what) (\(some))" : "\(names.count) \(plural ?? what + "s") (\(some)\(names.count > 3 ? ", …" : ""))"
    }
}
