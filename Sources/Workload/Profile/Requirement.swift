/// Something that has to have happened in a run for its question to be answered, as `inversions: ">0"` under `require`.
///
/// A run in which nothing of the kind happened proved nothing about it, however green the rest is.
public struct Requirement: Equatable, Sendable, CustomStringConvertible {
    /// What is counted.
    public let event: Event
    /// How often it has to have happened.
    public let comparison: Threshold.Comparison
    /// The count that ``comparison`` compares with.
    public let value: Double
    /// The expression as it was written, without the event: `>0`.
    public let text: String

    /// What a run can be required to have seen.
    public enum Event: String, CaseIterable, Sendable {
        /// Messages whose QoS flow was completed.
        case acked
        /// First copies that arrived.
        case delivered
        /// Further copies that the QoS allows.
        case redelivered
        /// Messages at effective QoS 0 that did not arrive.
        case dropped
        /// Deliveries that were owed and did not arrive, whether a documented limit covers them or not.
        case lost
        /// Messages that the broker refused, or would not have taken.
        case refused
        /// Connections that ended although the client did not end them.
        case connectionsLost = "connections_lost"
        /// Kept sessions that a client found again when it came back.
        case resumed
        /// Sessions that the broker no longer had when a client came back.
        case forgotten
        /// Wills that arrived.
        case wills
        /// Retained messages that arrived.
        case retained
        /// Messages that arrived after one of another stream that depends on them.
        case inversions
        /// Pairs of messages of which neither happened before the other.
        case concurrent
        /// Events that a service of the shop got again and did not act on again.
        case repeated
        /// Services of the shop that were killed.
        case killed
        /// Orders of the shop that were confirmed as shipped.
        case shipped
        /// Orders of the shop that were confirmed as rejected for want of stock.
        case rejected
        /// Orders of the shop that were confirmed as cancelled.
        case cancelled

        /// Whether only a run with a shop can have it.
        public var needsShop: Bool {
            switch self {
            case .repeated, .killed, .shipped, .rejected, .cancelled: true
            case .acked, .delivered, .redelivered, .dropped, .lost, .refused, .connectionsLost, .resumed, .forgotten, .wills, .retained,
                .inversions,
                .concurrent:
                false
            }
        }
    }

    /// Whether a count meets it.
    public func isMet(by count: Int) -> Bool { comparison.holds(Double(count), value) }

    /// Event and expression: `inversions >0`.
    public var description: String { "\(event.rawValue) \(text)" }
}

extension Requirement {
    /// What its expressions look like.
    static let expected = "a comparison and a count, as \">0\""

    /// Reads one expression.
    /// - Returns: `nil` where it is none.
    init?(_ text: String, event: Event) {
        let compact = text.filter { !$0.isWhitespace }
        guard let comparison = Threshold.Comparison.allCases.first(where: { compact.hasPrefix($0.rawValue) }),
            let value = UInt64(compact.dropFirst(comparison.rawValue.count))
        else { return nil }
        self.init(event: event, comparison: comparison, value: Double(value), text: text)
    }
}
