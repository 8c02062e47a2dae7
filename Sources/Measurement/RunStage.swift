/// The parts of a run, one after the other.
package enum RunStage: String, CaseIterable, Sendable {
    /// The broker is started or found, and clients connect and subscribe.
    case connecting
    /// There is load, and no figures are taken yet.
    case warmUp = "warm-up"
    /// Figures are taken.
    case hold
    /// Nothing is published any more; what is on its way arrives.
    case drain
    /// The traces are closed and judged.
    case checking
}
