/// Fills in at which QoS a right broker sends what a history says nothing more of: at the lesser of the QoS of the publish and the greatest that the
/// client's subscriptions were granted last.
enum RightQoS {
    static func filled(in steps: [Step]) -> [Step] {
        var published: [String: UInt8] = [:]
        var granted: [String: [String: UInt8]] = [:]
        return steps.map { step in
            switch step.action {
            case .publish(_, let qos, let sequence, let attempt): published["\(step.process)/\(sequence).\(attempt)"] = qos
            case .will(_, let qos, _, let sequence): published["\(step.process)/\(sequence).1"] = qos
            case .connect(false): granted[step.process] = [:]
            case .subscribe(let filter, let requested, let given):
                let qos = given == 0xFF ? requested : given
                if qos < 0x80 { granted[step.process, default: [:]][filter] = qos }
            case .receive(let publisher, let sequence, let attempt, let topic, _) where step.details.qos == nil:
                let all = (granted[step.process] ?? [:]).filter { Oracle.matches($0.key, topic) }
                let own = all.filter { !$0.key.hasPrefix("$share/") }
                var filled = step
                filled.details.qos = min(
                    published["\(publisher)/\(sequence).\(attempt)"] ?? 1, (own.isEmpty ? all : own).values.max() ?? 2)
                if filled.details.qos == 0 { filled.details.packet = 0 }
                return filled
            default: break
            }
            return step
        }
    }
}
