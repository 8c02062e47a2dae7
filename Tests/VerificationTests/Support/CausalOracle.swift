import Trace
import Verification

/// The rules of CHECKING section 4 as plainly as they can be: for each message the set of all messages in its past, for each pair a look.
struct CausalOracle {
    struct Findings: Equatable {
        var wireInversions = 0
        var wireGaps = 0
        var processedInversions = 0
        var processedGaps = 0
        var timeouts = 0
        var wrongStamps = 0
        var concurrentPairs = 0
        var longestChain = 0
        var mostHops = 0
        /// The number of the message that was first found late on the wire, as "publisher/sequence at subscriber".
        var firstInversion: String?
    }

    private struct Message {
        var name: String
        var publisher: String
        var topic: String
        var qos: UInt8
        var outcome: PublishOutcome?
        /// All messages that happened before it, by position; itself included.
        var past: Set<Int>
        /// The messages that came directly before: its publisher's last, and what that had received since.
        var direct: [Int]
    }

    private var messages: [Message] = []
    private var positions: [String: Int] = [:]
    private var filters: [String: String] = [:]
    private var inboxes: Set<String> = []

    static func judge(_ history: History) -> Findings {
        var oracle = CausalOracle()
        return oracle.judge(history.steps)
    }

    private mutating func judge(_ steps: [Step]) -> Findings {
        inboxes = Set(steps.compactMap { if case .process = $0.action { $0.process } else { nil } })
        var found = Findings()
        var arrivals: [String: [Int]] = [:]
        var releases: [String: [(message: Int, timedOut: Bool)]] = [:]
        var past: [String: Set<Int>] = [:]
        var direct: [String: [Int]] = [:]
        var order: [(subscriber: String, message: Int)] = []
        for step in steps {
            switch step.action {
            case .subscribe(let filter, _, _): filters[step.process] = filter
            case .publish(let topic, let qos, let sequence, let attempt):
                let number = messages.count
                let name = "\(step.process)/\(sequence).\(attempt)"
                past[step.process, default: []].insert(number)
                let before = past[step.process]!
                messages.append(
                    .init(name: name, publisher: step.process, topic: topic, qos: qos, past: before, direct: direct[step.process] ?? []))
                direct[step.process] = [number]
                positions[name] = number
                if let stamp = step.stamp {
                    let truth = Dictionary(grouping: before, by: { messages[$0].publisher }).mapValues { UInt64($0.count) }
                    if stamp != truth { found.wrongStamps += 1 }
                }
            case .complete(let sequence, let attempt, let outcome):
                messages[positions["\(step.process)/\(sequence).\(attempt)"]!].outcome = outcome
            case .receive(let publisher, let sequence, let attempt, _, _):
                let message = positions["\(publisher)/\(sequence).\(attempt)"]!
                if !arrivals[step.process, default: []].contains(message) {
                    arrivals[step.process, default: []].append(message)
                    order.append((step.process, message))
                }
                if !inboxes.contains(step.process) {
                    past[step.process, default: []].formUnion(messages[message].past)
                    direct[step.process, default: []].append(message)
                }
            case .process(let publisher, let sequence, let attempt, let timedOut):
                let message = positions["\(publisher)/\(sequence).\(attempt)"]!
                if !releases[step.process, default: []].contains(where: { $0.message == message }) {
                    releases[step.process, default: []].append((message, timedOut))
                    if timedOut { found.timeouts += 1 }
                }
                past[step.process, default: []].formUnion(messages[message].past)
                direct[step.process, default: []].append(message)
            default: break
            }
        }
        judgeWire(arrivals, order, &found)
        judgeReleases(releases, arrivals, &found)
        census(&found)
        return found
    }

    private func sameStream(_ one: Int, _ other: Int) -> Bool {
        messages[one].publisher == messages[other].publisher && messages[one].topic == messages[other].topic
            && messages[one].qos == messages[other].qos
    }

    private func isLate(_ message: Int, behind earlier: ArraySlice<Int>) -> Bool {
        earlier.contains { $0 != message && messages[$0].past.contains(message) }
    }

    private func judgeWire(_ arrivals: [String: [Int]], _ order: [(subscriber: String, message: Int)], _ found: inout Findings) {
        for (subscriber, message) in order {
            let all = arrivals[subscriber]!
            let earlier = all[..<all.firstIndex(of: message)!]
            let mayBeLate = messages[message].qos > 0 && messages[message].outcome != .acked
            let isReordered = earlier.contains { sameStream($0, message) && $0 > message }
            if isLate(message, behind: earlier), !mayBeLate, !isReordered {
                found.wireInversions += 1
                if found.firstInversion == nil { found.firstInversion = "\(messages[message].name) at \(subscriber)" }
            }
        }
        for (subscriber, filter) in filters {
            for number in messages.indices where isDue(number, filter) && !(arrivals[subscriber] ?? []).contains(number) {
                if isLate(number, behind: (arrivals[subscriber] ?? [])[...]) { found.wireGaps += 1 }
            }
        }
    }

    private func isDue(_ number: Int, _ filter: String) -> Bool {
        messages[number].outcome == .acked && Oracle.matches(filter, messages[number].topic)
    }

    private func judgeReleases(
        _ releases: [String: [(message: Int, timedOut: Bool)]], _ arrivals: [String: [Int]], _ found: inout Findings
    ) {
        for subscriber in inboxes {
            let all = releases[subscriber] ?? []
            for (index, release) in all.enumerated() {
                let earlier = all[..<index]
                guard isLate(release.message, behind: earlier.map(\.message)[...]) else { continue }
                if !isLate(release.message, behind: earlier.filter(\.timedOut).map(\.message)[...]) { found.processedInversions += 1 }
            }
            for number in messages.indices where !all.contains(where: { $0.message == number }) {
                let arrived = (arrivals[subscriber] ?? []).contains(number)
                let due = filters[subscriber].map { isDue(number, $0) } ?? false
                if arrived || due, isLate(number, behind: all.map(\.message)[...]) { found.processedGaps += 1 }
            }
        }
    }

    private func census(_ found: inout Findings) {
        var lengths: [Int] = []
        var hops: [Int] = []
        for (number, message) in messages.enumerated() {
            for other in messages.indices where other < number && !message.past.contains(other) { found.concurrentPairs += 1 }
            lengths.append(1 + (message.direct.map { lengths[$0] }.max() ?? 0))
            hops.append(message.direct.map { hops[$0] + (messages[$0].publisher == message.publisher ? 0 : 1) }.max() ?? 0)
        }
        found.longestChain = lengths.max() ?? 0
        found.mostHops = hops.max() ?? 0
    }
}
