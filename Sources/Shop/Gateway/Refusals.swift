internal import Logging
internal import Trace

/// What a service has received since it was started and has not acted on. The first are told one by one, the rest is summed up: whoever sends a
/// service what is none of its business fills neither its log nor its trace.
struct Refusals {
    /// So many are recorded in the trace one by one.
    static let recorded = 100
    /// So many have a line of their own in the log.
    static let logged = 10
    /// At most one line for all others in so long, in nanoseconds.
    static let pause: UInt64 = 10_000_000_000

    private(set) var corrupt = 0
    private(set) var foreign = 0
    private(set) var passedOver = 0
    /// How many of the present sum were not told one by one.
    private var untold = 0
    private var unrecorded = 0
    private var lastSum: UInt64 = 0

    private let logger: Logger

    init(logger: Logger) { self.logger = logger }

    /// A message is no event.
    /// - Parameter reason: one sentence about a corrupt one; `nil` for a foreign one.
    /// - Returns: whether the trace is to have a record of its own of it.
    mutating func take(reason: String?, topic: String) -> Bool {
        if reason == nil { foreign += 1 } else { corrupt += 1 }
        if corrupt + foreign <= Self.logged {
            if let reason {
                logger.error("corrupt message", metadata: ["reason": "\(reason)"])
            } else {
                logger.warning("foreign message", metadata: ["topic": "\(topic.prefix(200).debugDescription)"])
            }
        } else {
            untold += 1
        }
        guard corrupt + foreign > Self.recorded else { return true }
        unrecorded += 1
        return false
    }

    /// A cancellation of an order that nobody has placed has no effect, and is not remembered.
    mutating func passOver(_ order: String) {
        passedOver += 1
        guard passedOver <= Self.logged else { return untold += 1 }
        let reason = "nobody has placed the order, and no more such cancellations are remembered"
        logger.warning("a cancellation is passed over", metadata: ["order": "\(order)", "reason": "\(reason)"])
    }

    /// Logs in one line what has not been told, if it is time.
    mutating func sumUp(at now: UInt64, isLast: Bool = false) {
        guard untold > 0, isLast || now >= lastSum + Self.pause else { return }
        lastSum = now
        logger.warning("\(untold) more messages were not acted on", metadata: ["so-far": "\(sum)"])
        untold = 0
    }

    /// What the trace is to say at its end of what it has no records of; `nil` where it has all.
    var note: String? { unrecorded + passedOver > 0 ? "not acted on since the start: \(sum); \(unrecorded) have no record" : nil }

    private var sum: String { "\(corrupt) corrupt and \(foreign) foreign messages, \(passedOver) cancellations passed over" }
}
