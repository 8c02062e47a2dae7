internal import Measurement
internal import Reactor

/// CPU seconds of generator and broker at the turns of a run.
struct ResourceUsage<Load: Crew>: Sendable {
    private struct Reading: Sendable {
        var time: UInt64
        var own: Double
        var reactors: [Double]
        var loads: [ReactorLoad]
        var broker: Double?
    }

    private let crew: Load
    private let target: BrokerTarget
    private let first: Reading
    private var holdBegin: Reading?
    private var holdEnd: Reading?
    private var last: Reading?
    /// The longest that something ready waited for its turn on a reactor during the hold, in nanoseconds.
    private var longestDelay: UInt64?

    /// Takes the first reading, before anything is published.
    init(crew: Load, target: BrokerTarget) {
        self.crew = crew
        self.target = target
        first = Self.read(crew, target)
    }

    mutating func holdBegan() {
        holdBegin = Self.read(crew, target)
        _ = crew.takeLongestDelay()
    }

    mutating func holdEnded() {
        holdEnd = Self.read(crew, target)
        if holdBegin != nil { longestDelay = crew.takeLongestDelay() }
    }
    mutating func runEnded() { last = Self.read(crew, target) }

    /// CPU seconds of this process over the whole run.
    var generatorSeconds: Double { (last?.own ?? first.own) - first.own }

    /// CPU seconds of the broker over the whole run; `nil` where it runs elsewhere or is gone.
    var brokerSeconds: Double? { difference(first.broker, last?.broker) }

    /// The length of the hold in seconds.
    var holdSeconds: Double {
        guard let holdBegin, let holdEnd else { return 0 }
        return Double(holdEnd.time - holdBegin.time) / 1e9
    }

    /// CPU seconds of each reactor during the hold.
    var reactorSecondsOfHold: [Double] {
        guard let holdBegin, let holdEnd else { return [] }
        return zip(holdBegin.reactors, holdEnd.reactors).map { $1 - $0 }
    }

    /// The seconds of the hold in which each reactor did not wait for something to do.
    var busySecondsOfHold: [Double] {
        guard let holdBegin, let holdEnd else { return [] }
        return zip(holdBegin.loads, holdEnd.loads).map { max(0, holdSeconds - Double($1.waited - $0.waited) / 1e9) }
    }

    /// The seconds of the hold in which each reactor was late.
    var lateSecondsOfHold: [Double] {
        guard let holdBegin, let holdEnd else { return [] }
        return zip(holdBegin.loads, holdEnd.loads).map { Double($1.late - $0.late) / 1e9 }
    }

    /// The longest that something which was ready waited for its turn on a reactor during the hold; `nil` where there was no hold.
    var longestDelaySecondsOfHold: Double? { longestDelay.map { Double($0) / 1e9 } }

    /// CPU seconds of the broker during the hold.
    var brokerSecondsOfHold: Double? { difference(holdBegin?.broker, holdEnd?.broker) }

    private func difference(_ begin: Double?, _ end: Double?) -> Double? {
        guard let begin, let end else { return nil }
        return end - begin
    }

    private static func read(_ crew: Load, _ target: BrokerTarget) -> Reading {
        Reading(
            time: MonotonicClock.now, own: ProcessUsage.cpuSeconds(), reactors: crew.busySeconds, loads: crew.loads,
            broker: target.cpuSeconds)
    }
}
