/// Decides whether the generator, and not what it tested, held a run back.
struct BottleneckCheck {
    /// The share of sends that the generator alone may delay.
    static let lateShare = 0.01
    /// The share of the time in which a reactor may be busy.
    static let busyShare = 0.9

    var sent: Int
    var lateByGenerator: Int
    /// CPU seconds of each reactor during the hold.
    var reactorSeconds: [Double]
    /// CPU seconds of the broker during the hold; `nil` where it runs elsewhere.
    var brokerSeconds: Double?
    /// Seconds of the hold.
    var hold: Double

    /// Why the generator was the bottleneck, one sentence each.
    var reasons: [String] {
        guard hold > 0 else { return [] }
        var reasons: [String] = []
        let due = max(sent, lateByGenerator)
        if due > 0, Double(lateByGenerator) >= Self.lateShare * Double(due) {
            let share = percent(Double(lateByGenerator) / Double(due))
            reasons.append("\(share) of the sends were late although there was send credit: this machine had no time for them.")
        }
        let busiest = (reactorSeconds.max() ?? 0) / hold
        if busiest >= Self.busyShare, busiest > (brokerSeconds ?? 0) / hold {
            let broker = brokerSeconds.map { ", the broker \(percent($0 / hold))" } ?? ""
            reasons.append("A reactor was busy \(percent(busiest)) of the hold\(broker).")
        }
        return reasons
    }

    private func percent(_ share: Double) -> String {
        let tenths = (share * 1_000).rounded()
        return "\(Int(tenths) / 10).\(Int(tenths) % 10) %"
    }
}
