import Measurement
import Verification

@testable import Reporting

extension Examples {
    /// A run whose broker stood still for a while: much was never sent, and what the profile requires did not happen.
    static let frozen: RunResult = {
        var result = good
        result.profile = "freeze"
        result.totals.unsent = 741
        result.totals.connectionsLost = 2
        result.totals.refused = 1
        result.latencySeconds.bounds = 741
        result.latencySeconds.leastBound = result.latencySeconds.p90
        result.groups[1].latencySeconds.bounds = 741
        result.groups[1].latencySeconds.leastBound = 1e-9
        result.groups[1].totals.refused = 1
        result.groups[1].refusal = "quota exceeded (0x97)"
        result.thresholds = [
            .init(text: "latency p(99)<20ms", value: 0.00135, unit: .seconds, met: false, bound: true),
            .init(text: "refused ==0", value: 1, unit: .count, met: false, implied: true),
            .init(text: "unknown ==0", value: 0, unit: .count, met: true, implied: true),
            .init(text: "unsent ==0", value: 741, unit: .count, met: false, implied: true),
        ]
        result.requirements = [.init(text: "inversions >0", value: 12, met: true), .init(text: "resumed >0", value: 0, met: false)]
        result.exitCode = .thresholdMissed
        return result
    }()
}
