import Trace
import Verification

/// The rules of CHECKING sections 1 to 3 and 7, written as plainly as they can be: lists searched from end to end, no state carried along.
struct Oracle {
    /// The classes that histories without wills, groups and registers come to.
    static let classes: [ViolationClass] = [
        .lost, .unexpected, .abortedRead, .corrupt, .misrouted, .duplicateQoS2, .reorder, .reorderAfterResume, .unseen, .duplicateQoS0,
        .redelivered, .retainFlagForged, .ackOrder, .falseResume, .wrongQoS,
    ]
    /// The classes that the others come to.
    static let sessionClasses: [ViolationClass] = [
        .sessionLost, .falseResume, .dupFlagMissing, .dupFlagForged, .illegalResend, .idCollision, .ackOrder, .retainedStale,
        .retainedNotCleared, .retainedMissing, .retainFlagForged, .willMissing, .willDoubled, .willAfterDisconnect, .sharedLost,
        .sharedDuplicate, .sharedNonmember, .wrongQoS,
    ]

    struct Verdicts: Equatable {
        var verdict: Verdict
        var anomalies: [String: Int]
        var totals: DeliveryTotals
    }

    struct Message {
        var publisher: String
        var topic: String
        var qos: UInt8
        var sequence: UInt64
        var attempt: UInt32
        var sent: UInt64
        var outcome: PublishOutcome?
        var completed: UInt64?
        var transmissions: Int
        var lostSession: Bool
        var retain = false
        var isEmpty = false

        var mayTakeEffectLate: Bool { qos > 0 && (outcome != .acked || lostSession) }
        var isTaken: Bool { outcome == .acked && !(qos == 2 && lostSession) }
        var isOwed: Bool { isTaken && !isEmpty }
        var name: String { "\(publisher)/\(sequence).\(attempt)" }
    }

    struct Receipt {
        var at: UInt64
        var message: Message
        var topic: String
        var retain: Bool
        /// When the connection began that resumed the session; nil in a session's first connection.
        var resumedAt: UInt64?
        /// On which connection of the session.
        var connection: Int
        var details: Step.Details

        var qos: UInt8 { details.qos ?? 1 }
    }

    struct Grant {
        var isAnswered = true
        var at: UInt64
        var qos: UInt8
        var asked: UInt64?
        var options: SubscriptionOptions

        /// What the broker may have granted: without SUBACK anything up to what was asked for.
        var possible: [UInt8] { qos >= 0x80 ? [] : isAnswered ? [qos] : Array(0...qos) }
    }

    struct Subscription {
        var filter: String
        var grants: [Grant]
        var end: UInt64?
        /// When the broker had surely noticed the end.
        var gone: UInt64?

        var isShared: Bool { filter.hasPrefix("$share/") }
        var possible: [UInt8] { grants.flatMap(\.possible) }
    }

    struct Connection {
        var from: UInt64
        var to: UInt64?
        var byClient = false
        var resumed: Bool
        var isKept: Bool
        var isVersion5: Bool
        var hasEnd = false
        /// Whether a CONNECT behind it was never answered.
        var wasTriedAgain = false
        var reason: UInt8 = 0
        var will: (topic: String, qos: UInt8, retain: Bool, sequence: UInt64)?
    }

    /// A packet with an identifier, whatever it brought.
    struct Packet {
        var at: UInt64
        var id: UInt16
        /// Which message it was; nil where that cannot be told.
        var name: String?
        var connection: Int
    }

    /// A will that came.
    struct WillReceipt {
        var at: UInt64
        var owner: String
        var sequence: UInt64
        var topic: String
        var retain: Bool
        var qos: UInt8
    }

    struct Session {
        var subscriber: String
        var isInherited = false
        var wasForgotten = false
        var receipts: [Receipt] = []
        var corrupt: [String: Int] = [:]
        /// The topics of retained messages that could not be read.
        var corruptRetained: Set<String> = []
        /// The connections on which something came that could not be read.
        var unreadable: [Int] = []
        /// What nobody of the run published: its topic, and what it is where a subscription of the session may have brought it.
        var others: [(topic: String, otherwise: ViolationClass?)] = []
        var subscriptions: [Subscription] = []
        /// When the latest UNSUBSCRIBE for each filter was sent.
        var withdrawn: [String: UInt64] = [:]
        var connections: [Connection] = []
        var packets: [Packet] = []
        var wills: [WillReceipt] = []
    }

    let steps: [Step]
    let expectations: Expectations
    var counts: [String: Int] = [:]
    var totals = DeliveryTotals()
    var hasDoubt = false
    var messages: [Message] = []
    var sessions: [Session] = []
    /// The connects that are told of a session that there cannot be.
    var falseResumes: Set<UInt64> = []
    /// Those that are told of one which a CONNECT without an answer may have begun.
    var unknownResumes: Set<UInt64> = []

    static func judge(_ history: History, _ expectations: Expectations) -> Verdicts {
        var oracle = Oracle(steps: history.steps, expectations: expectations)
        return oracle.judge()
    }

    private init(steps: [Step], expectations: Expectations) {
        self.steps = steps
        self.expectations = expectations
    }

    var end: UInt64? {
        steps.filter {
            if case .mark(.quiescent) = $0.action { true } else if case .mark(.drainTimedOut) = $0.action { true } else { false }
        }.map(\.at).max()
    }

    var isQuiescent: Bool {
        steps.contains { if case .mark(.quiescent) = $0.action { true } else { false } }
            && !steps.contains { if case .mark(.drainTimedOut) = $0.action { true } else { false } }
    }

    mutating func add(_ kind: ViolationClass, _ count: Int = 1) {
        counts[kind.rawValue, default: 0] += count
    }

    private mutating func judge() -> Verdicts {
        judgeConnects()
        messages = findMessages()
        sessions = findSessions()
        totals.published = messages.count
        totals.acked = messages.count { $0.outcome == .acked }
        totals.refused = messages.count { $0.outcome == .refused }
        totals.unknown = messages.count - totals.acked - totals.refused
        for session in sessions {
            judgeCopies(session)
            judgeOrder(session)
            judgeMissing(session)
            judgeMissingInEnded(session)
            judgeLevels(session)
            judgePackets(session)
            judgeRetained(session)
            judgeRetainedDue(session)
        }
        judgeAcknowledgements()
        judgeWills()
        judgeGroups()
        if !isQuiescent { hasDoubt = true }
        for subscriber in Set(sessions.map(\.subscriber)) { judgeAbsence(sessions.filter { $0.subscriber == subscriber }) }
        counts = counts.filter { $0.value > 0 }
        return Verdicts(verdict: !counts.isEmpty ? .violation : hasDoubt ? .inconclusive : .pass, anomalies: counts, totals: totals)
    }

    /// The CONNACKs of each client against those before.
    private mutating func judgeConnects() {
        for process in Set(steps.map(\.process)) {
            var before: Step?
            var ends = 0
            for step in steps where step.process == process {
                if case .gone = step.action { ends += 1 }
                if case .bye = step.action { ends += 1 }
                guard case .connect(let present) = step.action else { continue }
                defer { ends = 0 }
                if case .connect(let had)? = before?.action {
                    let wasClean = before?.details.clean ?? !had
                    let isClean = step.details.clean ?? !present
                    if present, isClean || (wasClean && ends < 2 && before?.details.isVersion5 == false) {
                        falseResumes.insert(step.at)
                    } else if present, wasClean, ends > 1 {
                        unknownResumes.insert(step.at)
                    }
                    if !present, !isClean, !wasClean { add(.sessionLost) }
                } else if present, step.details.clean == true {
                    falseResumes.insert(step.at)
                }
                before = step
            }
        }
        add(.falseResume, falseResumes.count)
    }

    private func findMessages() -> [Message] {
        steps.enumerated().compactMap { index, step in
            guard case .publish(let topic, let qos, let sequence, let attempt) = step.action else { return nil }
            var message = Message(
                publisher: step.process, topic: topic, qos: qos, sequence: sequence, attempt: attempt, sent: step.at, transmissions: 1,
                lostSession: false, retain: step.details.retain, isEmpty: step.details.isEmpty)
            for later in steps[index...] where later.process == step.process {
                switch later.action {
                case .resend(sequence, attempt): message.transmissions += 1
                case .complete(sequence, attempt, let outcome) where message.outcome == nil || message.outcome == .unknown:
                    message.outcome = outcome
                    message.completed = later.at
                case .connect(let present) where message.outcome == nil || message.outcome == .unknown:
                    if !present || falseResumes.contains(later.at) || unknownResumes.contains(later.at) { message.lostSession = true }
                default: break
                }
            }
            return message
        }
    }
}
