import Causality

/// What a random history of ``InboxWorld`` is like.
struct InboxPlan {
    var seed: UInt64
    var messages: Int
    /// The longest way from the broker to a subscriber.
    var delay: UInt64
    /// The part of the copies that is lost, and that comes twice.
    var loss: Double
    var doubling: Double
    /// Whether what one publisher sends to one topic arrives in order.
    var keepsStreams: Bool
    /// How the subscriptions begin that are not there from the beginning; if `beginning`, all are.
    var start: InboxSubscription.Start
    var timeout: UInt64?
    var capacity: Int
    var hasShared: Bool
    var noLocal: Bool

    /// The kinds of history, each with its own guarantee.
    enum Kind: Int, CaseIterable {
        /// Nothing is lost, any order of arrival, no timeout.
        case whole
        /// The same, and some subscriptions are shared.
        case shared
        /// Nothing is lost, no timeout, subscriptions in the middle that do not wait for what they have not heard of.
        case joining
        /// Nothing is lost, subscriptions in the middle that wait, and the timeout is longer than any delay.
        case joiningPatiently
        /// Loss, any order of arrival, short timeouts and small inboxes.
        case lossy
        /// Loss, subscriptions in the middle, short timeouts and small inboxes.
        case lossyJoining
    }

    /// The plan of a seed. Its kind is that of the remainder.
    init(seed: UInt64) {
        self.seed = seed
        var random = SeededGenerator(seed: seed ^ 0x5EED)
        let kind = Kind.allCases[Int(seed % UInt64(Kind.allCases.count))]
        messages = Int.random(in: 5...40, using: &random)
        delay = UInt64.random(in: 0...30, using: &random)
        loss = 0
        doubling = Bool.random(using: &random) ? 0 : 0.2
        keepsStreams = false
        start = .beginning
        timeout = nil
        capacity = .max
        hasShared = kind == .shared
        noLocal = Bool.random(using: &random)
        switch kind {
        case .whole, .shared: break
        case .joining:
            keepsStreams = true
            start = .midstream(waiting: false)
        case .joiningPatiently:
            keepsStreams = true
            start = .midstream(waiting: true)
            timeout = delay + 1
        case .lossy, .lossyJoining:
            loss = Double.random(in: 0...0.3, using: &random)
            timeout = UInt64.random(in: 0...40, using: &random)
            capacity = Bool.random(using: &random) ? .max : Int.random(in: 0...6, using: &random)
            if kind == .lossyJoining {
                keepsStreams = true
                start = .midstream(waiting: Bool.random(using: &random))
            }
        }
    }

    var kind: Kind { Kind.allCases[Int(seed % UInt64(Kind.allCases.count))] }

    /// Among them one that a leading wildcard must not match, and two that differ in their bytes only.
    static let topics = ["a", "a/b", "a/c", "b/c", "a/b/", "$s/a", "\u{E9}", "e\u{301}"]
    static let filters = ["#", "#", "+", "+/c", "a/#", "a/+", "a/b", "a/c", "b/#", "+/+/+", "$s/#", "\u{E9}", "+/"]
}

/// A subscription by the plain words of the standard.
struct PlainSubscription {
    var filter: String
    var isShared: Bool
    var isFromTheBeginning: Bool
    /// When the broker has it; the inbox knows of it no later than that.
    var takesEffect: UInt64 = 0

    func matches(_ topic: String) -> Bool {
        if topic.utf8.first == 0x24, [0x2B, 0x23].contains(filter.utf8.first) { return false }
        return Self.matches(levels(filter), levels(topic))
    }

    func inInbox(_ start: InboxSubscription.Start, noLocal: UInt32?) -> InboxSubscription {
        InboxSubscription(TopicFilter(isShared ? "$share/g/" + filter : filter)!, start: start, noLocal: noLocal)
    }

    private func levels(_ text: String) -> ArraySlice<[UInt8]> {
        var levels: [[UInt8]] = [[]]
        for byte in text.utf8 {
            if byte == 0x2F { levels.append([]) } else { levels[levels.count - 1].append(byte) }
        }
        return levels[...]
    }

    private static func matches(_ filter: ArraySlice<[UInt8]>, _ topic: ArraySlice<[UInt8]>) -> Bool {
        guard let first = filter.first else { return topic.isEmpty }
        if first == [0x23] { return true }
        guard let level = topic.first, first == [0x2B] || first == level else { return false }
        return matches(filter.dropFirst(), topic.dropFirst())
    }
}

func bit(_ number: Int) -> UInt64 { 1 << UInt64(number) }

func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }
