import Trace

/// What came before its cause, and which stamps do not say what they depend on.
extension DeliveryPass {
    /// A message that came after a later one of its own stream is a matter of order, not of causes.
    @inline(__always)
    mutating func judgeCause(_ number: Int, isJudged: Bool, _ finding: Finding) {
        guard let publisher = finding.publisher, let position = finding.attempt else { return }
        if states[number].causalSlot < 0 {
            states[number].causalSlot = Int32(causal.slot(of: publisher, at: finding.subscriber))
        }
        let message = CausalView.Reference(publisher: UInt32(publisher), position: UInt32(position))
        let effect = causal.deliver(message, at: finding.subscriber, slot: Int(states[number].causalSlot), isJudged: isJudged)
        if let effect, expectations.causalOrder == .wire { addInversion(finding, effect) }
    }

    mutating func process(_ event: TraceEvent.Processed, _ delivery: Place) {
        guard let process = own(event.process),
            let publisher = index.number(of: event.publisher).flatMap({ index.processes[$0].publisher }),
            let position = index.publishes.publishers[publisher].position(sequence: event.sequence, attempt: event.attempt)
        else { return }
        let message = CausalView.Reference(publisher: UInt32(publisher), position: UInt32(position))
        guard let effect = causal.process(message, at: process, timedOut: event.timedOut) else { return }
        let topic = index.publishes.streams[Int(index.publishes.publishers[publisher].stream[position])].topic
        let finding = Finding(
            kind: .causalInversion, subscriber: process, publisher: publisher, attempt: position, topic: topic, delivery: delivery,
            detail: .processed)
        addInversion(finding, effect)
    }

    @inline(__always)
    mutating func judgeStamp(of event: TraceEvent.Published, _ delivery: Place) {
        guard let process = own(event.process), let publisher = index.processes[process].publisher,
            let position = index.publishes.publishers[publisher].position(sequence: event.sequence, attempt: event.attempt)
        else { return }
        causal.publish(publisher, position, by: process, delivery)
    }

    /// Reports the stamps that are wrong. One that differs from what the stamps before it say is right all the same where it is what the events say:
    /// then one of those before it is wrong.
    mutating func reportStamps() {
        if causal.accused.isEmpty { return }
        let truth = index.mutant == .passesWrongStampsOn ? nil : TrueStamps(index)
        for accusation in causal.accused {
            if let truth, truth.agrees(index.stamps.publishers[accusation.publisher], accusation.publisher, accusation.position) {
                continue
            }
            let publisher = index.publishes.publishers[accusation.publisher]
            let finding = Finding(
                kind: .stampCorrupt, subscriber: publisher.process, publisher: accusation.publisher, attempt: accusation.position,
                topic: index.publishes.streams[Int(publisher.stream[accusation.position])].topic, delivery: accusation.place)
            findings.add(.stampCorrupt, finding)
        }
    }

    private mutating func addInversion(_ finding: Finding, _ effect: CausalView.Reference) {
        var inversion = finding
        inversion.effect = effect
        add(.causalInversion, inversion, finding.detail)
    }
}
