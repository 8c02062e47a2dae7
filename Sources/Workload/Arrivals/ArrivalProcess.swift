internal import Glibc

/// The intended times of one client's messages: an open loop that never waits for the system under test.
///
/// Constant: the nth message (from 0) is due at start + phase + n · interval, each time computed from n, so rounding never adds up.
/// Poisson: the gaps are independent and exponential with the interval as their mean.
/// Where the rate changes with time, both follow its integral: the nth message is due when n messages are, and the gaps of a Poisson process are exponential
/// in messages that are due.
/// In bursts, so many messages are due at once, and so many times as long nothing is.
public struct ArrivalProcess: Equatable, Sendable {
    /// How the messages are spread over time.
    public enum Kind: String, CaseIterable, Sendable {
        /// Evenly.
        case constant
        /// At random, as from many independent sources.
        case poisson
    }

    /// How constant schedules of several clients interleave, so that they do not all fire at once: client `position` of `clients`
    /// starts `position / clients` of an interval after the first. A Poisson process needs none.
    public struct Phase: Equatable, Sendable {
        /// 0 ..< `clients`.
        public var position: UInt64
        /// At least 1.
        public var clients: UInt64

        /// Makes a phase; `position` must be less than `clients`.
        public init(position: Int, of clients: Int) {
            precondition(clients > 0 && (0..<clients).contains(position), "position \(position) is not among \(clients) clients")
            self.position = UInt64(position)
            self.clients = UInt64(clients)
        }

        /// No shift.
        public static let none = Phase(position: 0, of: 1)
    }

    /// The mean time between two messages in nanoseconds.
    public let meanInterval: Double

    private let start: UInt64
    private let kind: Kind
    /// The interval is `span / messages` nanoseconds.
    private let span: UInt64
    private let messages: UInt64
    private let phase: Phase
    private let burst: UInt64
    /// A rate that changes with time, instead of `span` and `messages`.
    private var curve: RateCurve?
    private var index: UInt64 = 0
    /// When the burst of which the latest message is part is due.
    private var burstTime: UInt64 = 0
    private var elapsed: Double = 0
    private var random: RandomStream

    /// Makes the schedule of one client.
    /// - Parameters:
    ///   - rate: The rate of this client, or that of its group where `sharers` is above 1.
    ///   - sharers: How many clients share `rate` evenly; 1 where it is this client's own.
    ///   - kind: Constant or Poisson.
    ///   - start: The origin of the schedule in nanoseconds.
    ///   - phase: Where this client stands among those of its group.
    ///   - burst: How many messages are due at once, at least 1.
    ///   - random: The client's stream for ``RandomStream/Purpose/arrivals``.
    public init(rate: Rate, sharers: Int = 1, kind: Kind, start: UInt64, phase: Phase = .none, burst: Int = 1, random: RandomStream) {
        self.kind = kind
        self.burst = UInt64(max(1, burst))
        self.start = start
        self.phase = phase
        self.random = random
        messages = rate.messages
        // A rate so low that this overflows would send its first message in centuries; the schedule then just never fires.
        let (shared, tooLong) = rate.nanoseconds.multipliedReportingOverflow(by: UInt64(max(1, sharers)))
        span = tooLong ? .max : shared
        meanInterval = Double(span) / Double(messages)
    }

    /// Makes the schedule of one client whose rate changes with time.
    /// - Parameters:
    ///   - stages: The rates of this client, or those of its group where `sharers` is above 1; at least one.
    ///   - sharers: How many clients share the rates evenly.
    ///   - kind: Constant or Poisson.
    ///   - start: The origin of the schedule in nanoseconds.
    ///   - phase: Where this client stands among those of its group.
    ///   - burst: How many messages are due at once, at least 1.
    ///   - random: The client's stream for ``RandomStream/Purpose/arrivals``.
    public init(
        stages: [Profile.Stage], sharers: Int = 1, kind: Kind, start: UInt64, phase: Phase = .none, burst: Int = 1, random: RandomStream
    ) {
        self.kind = kind
        self.start = start
        self.phase = phase
        self.random = random
        self.burst = UInt64(max(1, burst))
        curve = RateCurve(stages, sharers: sharers)
        (span, messages, meanInterval) = (.max, 1, .infinity)
    }

    /// The intended time of the next message in nanoseconds; times never decrease. `UInt64.max` stands for never.
    public mutating func next() -> UInt64 {
        defer { index += 1 }
        if index % burst == 0 { burstTime = nextBurst() }
        return burstTime
    }

    private mutating func nextBurst() -> UInt64 {
        switch (kind, curve) {
        case (.constant, nil):
            return start.addingSaturated(exact(index, over: 1)).addingSaturated(exact(phase.position * burst, over: phase.clients))
        case (.constant, _):
            let shift = Double(phase.position) / Double(phase.clients) * Double(burst)
            return curve?.time(of: Double(index) + shift).map(start.addingSaturated) ?? .max
        case (.poisson, nil):
            // fraction() is below 1, so the logarithm is finite.
            elapsed -= log(1 - random.fraction()) * meanInterval * Double(burst)
            return elapsed < 0x1p63 ? start.addingSaturated(UInt64(elapsed)) : .max
        case (.poisson, _):
            elapsed -= log(1 - random.fraction()) * Double(burst)
            return curve?.time(of: elapsed).map(start.addingSaturated) ?? .max
        }
    }

    /// `count / divisor` intervals in nanoseconds, rounded down, `UInt64.max` where that does not fit.
    private func exact(_ count: UInt64, over divisor: UInt64) -> UInt64 {
        let (whole, tooLong) = messages.multipliedReportingOverflow(by: divisor)
        if tooLong { return UInt64(meanInterval * Double(count) / Double(divisor)) }
        let product = count.multipliedFullWidth(by: span)
        return product.high >= whole ? .max : whole.dividingFullWidth(product).quotient
    }
}

extension UInt64 {
    fileprivate func addingSaturated(_ other: UInt64) -> UInt64 {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? .max : sum
    }
}
