import Trace

extension RunIndex {
    /// A client sent a PUBLISH again.
    mutating func noteResend(_ event: TraceEvent.Resent, by publisher: Int) {
        let table = publishes.publishers[publisher]
        guard let position = table.position(sequence: event.sequence, attempt: event.attempt) else { return }
        acknowledgements.resend(publisher, position: position, count: table.states.count)
    }
}
