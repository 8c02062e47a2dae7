internal import MQTT
internal import Reactor
internal import Trace
internal import Tracing
internal import Workload

/// When a client is there, and how it leaves and comes back.
extension LoadClient {
    /// How long a client that leaves with a DISCONNECT waits for the answers to what it has sent, in nanoseconds.
    private static let patience: UInt64 = 1_000_000_000

    /// Joins, leaves and comes back as the profile says.
    /// - Parameter start: the time that the itinerary counts from.
    func live(from start: UInt64) async throws {
        let itinerary = plan.itinerary
        if itinerary.joins > 0 {
            try await context.reactor.sleep(until: start + itinerary.joins)
            comeBack()
        }
        for absence in itinerary.absences {
            try await context.reactor.sleep(until: start + absence.from)
            await leave(by: absence.by)
            try await context.reactor.sleep(until: start + absence.until)
            comeBack()
        }
        if let leaves = itinerary.leaves {
            try await context.reactor.sleep(until: start + leaves)
            // Who is just coming back takes its leave as well: of a client that was last seen when its connection broke nobody knows whether it is gone for good.
            try await connectionChanged.wait(until: { session.isConnected }, orAt: MonotonicClock.now + Self.patience)
            await leave(by: itinerary.leavesBy)
            hasLeft = true
            connectionChanged.wakeAll()
        }
    }

    private func leave(by departure: Profile.Departure) async {
        isAbsent = true
        context.trace.mark(at: MonotonicClock.now, .note, text: "\(name) leaves: \(departure.rawValue)")
        // Somebody who is about to connect it finds that nobody wants that any more.
        guard session.isConnected else { return }
        switch departure {
        case .disconnect:
            let limit = MonotonicClock.now + Self.patience
            while session.inFlight > 0, session.isConnected, MonotonicClock.now < limit {
                try? await context.reactor.sleep(until: MonotonicClock.now + 2_000_000)
            }
            guard session.isConnected else { return }
            self.departure = .disconnect
            await session.disconnect()
        case .drop:
            self.departure = .drop
            session.drop()
        case .silence:
            session.setReading(false)
            session.setWriting(false)
        }
    }

    private func comeBack() {
        if session.isConnected {
            // It was silent, and the broker has not noticed. A new connection is what a client that was cut off makes.
            departure = .drop
            session.drop()
        }
        session.setReading(true)
        isAbsent = false
        context.trace.mark(at: MonotonicClock.now, .note, text: "\(name) comes back")
        connectsAtOnce = true
        wantedAgain()
        wantConnection()
        connectionChanged.wakeAll()
    }

    /// Has the connection made, unless somebody is about to.
    func wantConnection() {
        guard !isConnecting else { return }
        isConnecting = true
        context.away.append(seat)
        context.awayChanged.wakeAll()
    }

    /// Connects, with growing pauses between attempts, until it is connected or is to be away.
    func connectAgain() async throws {
        defer { isConnecting = false }
        while !session.isConnected, !isAbsent {
            let atOnce = connectsAtOnce
            connectsAtOnce = false
            try await Reconnecting.again(session, on: context.reactor, atOnce: atOnce, isWanted: { !isAbsent }) { try await establish() }
        }
        // It was to be away before the connection stood.
        if isAbsent, session.isConnected {
            departure = .drop
            session.drop()
        }
    }
}

extension SubscribeOptions {
    /// What a profile asks for.
    init(_ options: Profile.SubscribeOptions) {
        self.init(
            noLocal: options.noLocal, retainAsPublished: options.retainAsPublished,
            retainHandling: options.retainHandling == .always ? .always : options.retainHandling == .new ? .whenNew : .never)
    }
}
