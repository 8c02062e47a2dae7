/// Decides whether the generator, and not what it tested, held a run back.
struct BottleneckCheck {
    /// The share of sends that the generator alone may delay.
    static let lateShare = 0.01
    /// The share of the time in which a reactor may be busy.
    static let busyShare = 0.9
    /// The share of the time in which a reactor may be late.
    static let behindShare = 0.1

    var sent: Int
    var lateByGenerator: Int
    /// CPU seconds of each reactor during the hold.
    var reactorSeconds: [Double]
    /// Seconds of the hold in which each reactor did not wait for something to do, whether it had a core or not.
    var busySeconds: [Double]
    /// Seconds of the hold in which what was ready had waited for each reactor for 10 ms or more.
    var lateSeconds: [Double]
    /// CPU seconds of the broker during the hold; `nil` where it runs elsewhere.
    var brokerSeconds: Double?
    /// Seconds of the hold.
    var hold: Double
    /// Seconds in which this process did not run.
    var pausedSeconds: Double

    /// Why the generator was the bottleneck, one sentence each.
    var reasons: [String] {
        guard hold > 0 else { return [] }
        var reasons: [String] = []
        if pausedSeconds > 0 {
            reasons.append(
                "For \(tenths(pausedSeconds)) s this process did not run: it was stopped, or the machine slept or had no time for it. That time stands in the latencies and is not the broker's."
            )
        }
        let due = max(sent, lateByGenerator)
        if due > 0, Double(lateByGenerator) >= Self.lateShare * Double(due) {
            let share = percent(Double(lateByGenerator) / Double(due))
            reasons.append("\(share) of the sends were late although there was send credit: this machine had no time for them.")
        }
        // A broker that used more CPU than the busiest reactor sets the pace; of one that nobody measures that is not known.
        let isBroker = brokerSeconds.map { $0 >= reactorSeconds.max() ?? 0 } ?? false
        let busiest = (busySeconds.max() ?? 0) / hold
        if busiest >= Self.busyShare, !isBroker {
            let broker = brokerSeconds.map { ", the broker \(percent($0 / hold))" } ?? ""
            reasons.append("A reactor was busy \(percent(busiest)) of the hold\(broker).")
        }
        let latest = (lateSeconds.max() ?? 0) / hold
        if latest >= Self.behindShare, !isBroker {
            reasons.append("A reactor came 10 ms or more too late to what was ready in \(percent(min(1, latest))) of the hold.")
        }
        return reasons
    }

    private func percent(_ share: Double) -> String { "\(tenths(share * 100)) %" }

    private func tenths(_ value: Double) -> String {
        let tenths = Int((value * 10).rounded())
        return "\(tenths / 10).\(tenths % 10)"
    }
}
