import Causality
import Foundation
import Testing

/// The inbox against plain sets of messages, on random histories with partial subscriptions. `WAYBILL_SEED` runs one seed alone;
/// `WAYBILL_HISTORIES` sets how many.
@Suite struct CausalInboxPropertyTests {
    @Test func keepsWhatItPromises() {
        let environment = ProcessInfo.processInfo.environment
        let only = environment["WAYBILL_SEED"].flatMap(UInt64.init)
        let count = environment["WAYBILL_HISTORIES"].flatMap(UInt64.init) ?? 24_000
        var totals = Totals()
        for seed in only.map({ $0...$0 }) ?? 1...count {
            let plan = InboxPlan(seed: seed)
            let world = InboxWorld.run(plan, keepsLog: only != nil)
            if let problem = world.problem {
                Issue.record("WAYBILL_SEED=\(seed): \(problem)\n\(only == nil ? "" : world.account)")
                return
            }
            totals.add(world)
        }
        guard only == nil, count >= 24_000 else { return }
        // The comparison is worth something only if all of this came up.
        for kind in InboxPlan.Kind.allCases {
            #expect(totals.released[kind, default: 0] > 20_000, "\(kind): \(totals)")
            #expect(totals.held[kind, default: 0] > 5_000, "\(kind): \(totals)")
        }
        for kind in [InboxPlan.Kind.lossy, .lossyJoining] {
            #expect(totals.timedOut[kind, default: 0] > 2_000, "\(kind): \(totals)")
            #expect(totals.overflows[kind, default: 0] > 500, "\(kind): \(totals)")
        }
        for kind in [InboxPlan.Kind.joining, .lossy, .lossyJoining] { #expect(totals.late[kind, default: 0] > 200, "\(kind): \(totals)") }
        for kind in [InboxPlan.Kind.whole, .shared] { #expect(totals.timedOut[kind, default: 0] == 0, "\(kind): \(totals)") }
    }
}

/// What came up in all histories of a kind.
private struct Totals {
    var released: [InboxPlan.Kind: Int] = [:]
    var held: [InboxPlan.Kind: Int] = [:]
    var timedOut: [InboxPlan.Kind: Int] = [:]
    var late: [InboxPlan.Kind: Int] = [:]
    var duplicates: [InboxPlan.Kind: Int] = [:]
    var overflows: [InboxPlan.Kind: Int] = [:]

    mutating func add(_ world: InboxWorld) {
        for process in world.processes {
            guard let counts = process.inbox?.counts else { continue }
            released[world.plan.kind, default: 0] += counts.released
            held[world.plan.kind, default: 0] += process.view.held
            timedOut[world.plan.kind, default: 0] += counts.timedOut
            late[world.plan.kind, default: 0] += counts.late
            duplicates[world.plan.kind, default: 0] += counts.duplicates
            overflows[world.plan.kind, default: 0] += counts.overflows
        }
    }
}

extension InboxWorld {
    /// The history, for a person who looks for a mistake.
    fileprivate var account: String {
        let lines = messages.enumerated().map { number, message in
            "  \(number): process \(message.publisher) to \(message.topic), count \(message.count), after \(members(message.past))"
        }
        let views = processes.enumerated().map { index, process in
            "  \(index) \(process.subscriptions): due \(members(process.view.due)), arrived \(members(process.view.arrived)), "
                + "released \(members(process.view.released)), given up \(members(process.view.givenUp))"
        }
        return (["\(plan)"] + lines + views + (log ?? [])).joined(separator: "\n")
    }
}
