/// A deliberate defect of the checker, one for each detector at least. The tests switch each on and demand that something goes red: a checker
/// whose defects nobody notices proves nothing. Nothing but tests and the hidden option of `waybill selftest` can switch one on.
package enum Mutant: String, CaseIterable, Sendable {
    /// Prefix and middle losses are not reported.
    case blindToLoss
    /// A message that arrives after its effect is taken for one in order.
    case blindToInversions
    /// The same behind a causal inbox.
    case blindToProcessedInversions
    /// Of a stamp, only the publisher's own entry is held against the trace.
    case looksAtOwnCountOnly
    /// Of a stamp, the publisher's own entry is believed.
    case trustsOwnCount
}
