/// A deliberate defect of the checker, one for each detector at least. The tests switch each on and demand that something goes red: a checker
/// whose defects nobody notices proves nothing. Nothing but tests and the hidden option of `waybill selftest` can switch one on.
package enum Mutant: String, CaseIterable, Sendable {
    /// Prefix and middle losses are not reported.
    case blindToLoss
}
