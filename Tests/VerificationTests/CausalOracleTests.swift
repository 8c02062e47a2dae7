import Foundation
import Testing
import Trace

@testable import Verification

/// The causal sweep against the plain rules, on random histories of relays. `WAYBILL_SEED` runs one seed alone.
@Suite struct CausalOracleTests {
    @Test func agreesWithThePlainRules() async throws {
        let only = ProcessInfo.processInfo.environment["WAYBILL_SEED"].flatMap(UInt64.init)
        let count = ProcessInfo.processInfo.environment["WAYBILL_HISTORIES"].flatMap(UInt64.init) ?? 20_000
        var sum = CausalOracle.Findings()
        for seed in only.map({ $0...$0 }) ?? 1...count {
            let history = RandomRelays.make(seed: seed)
            let wanted = CausalOracle.judge(history)
            let report = try await history.check(
                .init(causalOrder: .wire), files: Int(seed % 4) + 1, flushEvery: Int(seed % 7), shards: Int(seed % 5) + 1)
            let found = try Self.findings(report, against: wanted, isOneFile: seed % 4 == 0)
            guard found == wanted else {
                let steps = history.steps.map { "  \($0.at) \($0.process) \($0.action)" }.joined(separator: "\n")
                Issue.record(
                    "WAYBILL_SEED=\(seed): the checker says \(found), the rules say \(wanted)\n\(only == nil ? "" : steps)")
                return
            }
            sum.wireInversions += found.wireInversions
            sum.wireGaps += found.wireGaps
            sum.processedInversions += found.processedInversions
            sum.processedGaps += found.processedGaps
            sum.timeouts += found.timeouts
            sum.wrongStamps += found.wrongStamps
            sum.mostHops = max(sum.mostHops, found.mostHops)
        }
        guard only == nil, count >= 20_000 else { return }
        // The comparison is worth something only if everything came up.
        for number in [sum.wireInversions, sum.wireGaps, sum.processedInversions, sum.processedGaps, sum.timeouts, sum.wrongStamps] {
            #expect(number > 200, "\(sum)")
        }
        #expect(sum.mostHops > 4, "\(sum)")
    }

    private static func findings(
        _ report: CheckReport, against wanted: CausalOracle.Findings, isOneFile: Bool
    ) throws -> CausalOracle.Findings {
        let causality = report.causality
        var found = CausalOracle.Findings()
        found.wrongStamps = causality.wrongStamps
        // A wrong stamp is all that is said of causes then; the rest is taken over so that the comparison holds.
        if wanted.wrongStamps > 0 {
            found = wanted
            found.wrongStamps = causality.wrongStamps
            #expect(!report.anomalies.contains { $0.class == "causal-inversion" })
            return found
        }
        found.wireInversions = causality.wire.inversions
        found.wireGaps = causality.wire.gaps
        found.processedInversions = causality.processed?.inversions ?? 0
        found.processedGaps = causality.processed?.gaps ?? 0
        found.timeouts = causality.processed?.timeouts ?? 0
        found.concurrentPairs = causality.census.concurrentPairs
        found.longestChain = causality.census.longestChain
        found.mostHops = causality.census.mostHops
        // Several files are read one after the other, so the first that is found is the first of its file.
        if isOneFile, wanted.processedInversions == 0 {
            found.firstInversion = report.anomalies.first { $0.class == "causal-inversion" }?.witnesses.first.map {
                "\($0.publisher ?? "?")/\($0.sequence ?? 0).1 at \($0.subscriber ?? "?")"
            }
        } else {
            found.firstInversion = wanted.firstInversion
        }
        return found
    }
}

/// Networks of processes that publish after receiving, from a seed: losses, overtaking, duplicates, causal inboxes good and bad, and now
/// and then a false stamp.
struct RandomRelays {
    private var random: SplitMix
    private var steps: [Step] = []
    private var time: UInt64 = 1_000_000

    static func make(seed: UInt64) -> History {
        var maker = RandomRelays(random: SplitMix(state: seed))
        return maker.make(falseStamps: seed % 10 == 0)
    }

    private struct Message {
        var publisher: String
        var sequence: UInt64
        var topic: String
    }

    private init(random: SplitMix) {
        self.random = random
    }

    private mutating func make(falseStamps: Bool) -> History {
        let names = (0..<pick(2...5)).map { "p\($0)" }
        let topics = ["a", "b", "c"]
        var filters: [String: String] = [:]
        for name in names {
            append(name, .connect(present: false))
            guard pick(0...9) < 8 else { continue }
            let filter = ["#", "a", "b", "c"][pick(0...3)]
            filters[name] = filter
            append(name, .subscribe(filter: filter, requested: 1, granted: 1))
        }
        let inboxes = Set(names.filter { filters[$0] != nil && pick(0...9) < 4 })
        let chaos = [0, 5, 30][pick(0...2)]
        var published: [Message] = []
        var sent: [String: UInt64] = [:]
        var waiting: [String: [Message]] = [:]
        var held: [String: [Message]] = [:]
        for _ in 0..<pick(5...60) {
            let name = names[pick(0...names.count - 1)]
            if pick(0...9) < 4 {
                let sequence = sent[name, default: 0] + 1
                sent[name] = sequence
                let message = Message(publisher: name, sequence: sequence, topic: topics[pick(0...2)])
                append(name, .publish(topic: message.topic, qos: UInt8(pick(0...1)), sequence: sequence, attempt: 1))
                if falseStamps, pick(0...9) == 0, let other = names.last, other != name {
                    // As long as nobody sees it, one false stamp is one violation.
                    steps[steps.count - 1].stamp = [name: sequence, other: 1000]
                    published.removeAll()
                    complete(name, sequence, chaos)
                    continue
                }
                published.append(message)
                complete(name, sequence, chaos)
                for (subscriber, filter) in filters.sorted(by: { $0.key < $1.key })
                where Oracle.matches(filter, message.topic) && pick(0...99) >= chaos / 3 {
                    waiting[subscriber, default: []].append(message)
                }
            } else if let queue = waiting[name], !queue.isEmpty {
                let index = pick(0...99) < chaos ? pick(0...queue.count - 1) : 0
                let message = queue[index]
                if pick(0...99) >= chaos / 5 { waiting[name]?.remove(at: index) }
                receive(name, message)
                if inboxes.contains(name) { held[name, default: []].append(message) }
            } else if let queue = held[name], !queue.isEmpty {
                let index = pick(0...99) < chaos ? pick(0...queue.count - 1) : 0
                held[name]?.remove(at: index)
                release(name, queue[index], chaos)
            }
        }
        for name in names where pick(0...9) < 8 {
            for message in waiting[name] ?? [] {
                receive(name, message)
                if inboxes.contains(name) { held[name, default: []].append(message) }
            }
            for message in held[name] ?? [] where pick(0...9) < 9 { release(name, message, chaos) }
        }
        append("", .mark(.quiescent))
        return History(steps: steps)
    }

    private mutating func complete(_ name: String, _ sequence: UInt64, _ chaos: Int) {
        append(name, .complete(sequence: sequence, attempt: 1, outcome: pick(0...99) < chaos / 4 ? .unknown : .acked))
    }

    private mutating func receive(_ name: String, _ message: Message) {
        append(
            name, .receive(publisher: message.publisher, sequence: message.sequence, attempt: 1, topic: message.topic, retain: false))
    }

    private mutating func release(_ name: String, _ message: Message, _ chaos: Int) {
        append(
            name, .process(publisher: message.publisher, sequence: message.sequence, attempt: 1, timedOut: pick(0...99) < chaos))
    }

    private mutating func append(_ process: String, _ action: Step.Action) {
        time += UInt64(pick(1...3)) * 1000
        steps.append(Step(process: process, action: action, at: time))
    }

    private mutating func pick(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &random) }
}
