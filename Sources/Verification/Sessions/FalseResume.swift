import Trace

extension RunIndex {
    /// Judges a CONNACK that says that a session is present. There can be none where the client asks for a clean session
    /// [MQTT-3.2.2-1], or where its connection before was a clean session of MQTT 3.1.1, which lasts as long as that connection [MQTT-3.1.2-6].
    /// - Returns: whether there can be none.
    mutating func judgeResume(
        _ event: TraceEvent.Connected, _ process: Int, _ current: Int?, _ shown: Witness.Event
    ) -> Bool {
        let before = current.flatMap { sessions[$0].connections.last }
        let name = processes[process].name
        if event.clean {
            addFalseResume(
                process, current, "The broker told \(name), which asked for a clean session, that a session is present.", [shown])
            return true
        }
        guard let before, before.keeping == nil, !before.isVersion5, !before.wasTriedAgain, mutant != .cleanSessionsMayLast else {
            return false
        }
        addFalseResume(
            process, current,
            "The broker told \(name) that a session is present, although its session before was a clean one and had ended.",
            [before.event, shown])
        return true
    }

    private mutating func addFalseResume(_ process: Int, _ session: Int?, _ sentence: String, _ events: [Witness.Event]) {
        let witness = Witness(
            sentence: sentence, topic: session.map { filterNames(of: $0).joined(separator: ", ") } ?? "",
            subscriber: processes[process].name, events: events)
        sessionFaults.append(SessionFault(process: process, kind: .falseResume, witness: witness))
    }
}
