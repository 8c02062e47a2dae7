package import Verification

/// What the process says to its caller. The numbers are stable: CI jobs ask for them.
package enum ExitCode: Int32, Codable, CaseIterable, Sendable {
    /// Everything was checked and held, and every threshold was met.
    case ok = 0
    /// Something went wrong that none of the other codes names: no broker, no disk space, a defect of Waybill.
    case failure = 1
    /// The broker was correct and not as good as a threshold demands.
    case thresholdMissed = 99
    /// A profile or an option is wrong; nothing was run.
    case badInput = 104
    /// The user stopped the run. What ran was closed properly and checked.
    case interrupted = 105
    /// A rule was broken; there is a witness.
    case violation = 120
    /// Nothing was seen to be broken, but not everything could be seen.
    case inconclusive = 121

    /// The code of a run that came to its result.
    ///
    /// An interrupted run is interrupted whatever was found: the caller stopped it and gets told so, and the verdict over the part that ran
    /// stands in the result. A missed threshold counts only if the verdict can be trusted.
    ///
    /// - Parameters:
    ///   - verdict: the checker's.
    ///   - thresholdsMet: whether every threshold of the profile was met; `true` when there is none.
    ///   - interrupted: whether the user stopped the run.
    package init(verdict: Verdict, thresholdsMet: Bool, interrupted: Bool) {
        if interrupted {
            self = .interrupted
            return
        }
        switch verdict {
        case .violation: self = .violation
        case .inconclusive: self = .inconclusive
        case .pass: self = thresholdsMet ? .ok : .thresholdMissed
        }
    }

    /// What the code means, in a few words.
    package var meaning: String {
        switch self {
        case .ok: "all good"
        case .failure: "failure"
        case .thresholdMissed: "a threshold was missed"
        case .badInput: "bad profile or option"
        case .interrupted: "interrupted"
        case .violation: "correctness violated"
        case .inconclusive: "inconclusive"
        }
    }
}
