import Trace

/// Says in a few words what an event is: for drawings, where there is room for little.
struct EventText {
    let evidence: Evidence

    /// `published orders/0 #12 (QoS 1)`
    func line(_ event: Evidence.Event) -> String {
        guard let fields = event.fields else { return event.what }
        return switch fields.event {
        case "published":
            "\(event.what) \(topic(fields)) \(number(fields))\(remarks(qos(fields), fields.retain == true ? "retained" : nil))"
        case "will":
            "\(event.what) \(topic(fields)) \(number(fields))\(remarks(qos(fields), fields.retain == true ? "retained" : nil))"
        case "completed":
            "\(event.what) \(number(fields))\(remarks((fields.reason ?? 0) == 0 ? nil : "reason \(fields.reason ?? 0)"))"
        case "resent": "\(event.what) \(number(fields))"
        case "delivered":
            "\(event.what) \(topic(fields)) \(number(fields))\(of(fields))"
                + remarks(qos(fields), fields.retain == true ? "retain" : nil, fields.dup == true ? "DUP" : nil, packet(fields))
        case "delivered_unreadable":
            "\(event.what) \(topic(fields))\(remarks(fields.cause, qos(fields), packet(fields)))"
        case "processed": "\(event.what) \(number(fields))\(of(fields))\(remarks(fields.timedOut == true ? "timed out" : nil))"
        case "connected":
            event.what + remarks(fields.sessionPresent == true ? "session present" : "no session", fields.clean == true ? "clean" : "kept")
        case "subscribed":
            "\(event.what) to \(fields.filter ?? "?")\(remarks("QoS \(fields.requested ?? 0) asked", grant(fields)))"
        case "unsubscribed": "\(event.what) from \(fields.filter ?? "?")"
        case "lock_created": "\(event.what) \(fields.lock ?? "?")\(remarks("holds \(fields.written ?? 0)"))"
        case "acquired":
            "\(event.what) \(fields.lock ?? "?")\(remarks("token \(fields.token ?? 0)", "read \(fields.read ?? 0)", "delta \(fields.delta ?? 0)"))"
        case "released":
            "\(event.what) \(fields.lock ?? "?")\(remarks("token \(fields.token ?? 0)", "wrote \(fields.written ?? 0)"))"
        case "counted": "\(event.what) \(fields.counter ?? "?") = \(fields.value ?? 0)"
        case "acknowledged": "\(event.what)\(remarks(packet(fields)))"
        case "entered": "\(event.what): \(fields.machine ?? "?") \(fields.entity ?? "?") is \(fields.state ?? "?")"
        case "moved": "\(event.what): \(movement(fields))"
        case "disconnected": event.what + remarks(fields.byClient == true ? "by the client" : nil)
        default: event.what
        }
    }

    private func topic(_ fields: ExportedEvent) -> String { fields.topic ?? "(a topic without a name)" }

    /// `#12`, of a later attempt `#12.2`.
    private func number(_ fields: ExportedEvent) -> String {
        "#\(fields.sequence ?? 0)" + ((fields.attempt ?? 1) > 1 ? ".\(fields.attempt ?? 1)" : "")
    }

    private func of(_ fields: ExportedEvent) -> String { fields.publisher.map { " of \(evidence.name($0))" } ?? "" }

    private func qos(_ fields: ExportedEvent) -> String? { fields.qos.map { "QoS \($0)" } }

    private func packet(_ fields: ExportedEvent) -> String? { (fields.packetID ?? 0) == 0 ? nil : "packet \(fields.packetID ?? 0)" }

    private func grant(_ fields: ExportedEvent) -> String? {
        fields.granted.map { $0 < 0x80 ? "\($0) granted" : "refused" }
    }

    private func movement(_ fields: ExportedEvent) -> String {
        let from = fields.from.flatMap { $0.isEmpty ? nil : $0 } ?? "nowhere"
        let to = fields.to.flatMap { $0.isEmpty ? nil : $0 } ?? "nowhere"
        let entity = fields.entity.flatMap { $0.isEmpty ? nil : " for \($0)" } ?? ""
        return "\(fields.amount ?? 0) \(fields.quantity ?? "?") of \(fields.account ?? "?"), \(from) → \(to)\(entity)"
    }

    private func remarks(_ all: String?...) -> String {
        let some = all.compactMap { $0 }
        return some.isEmpty ? "" : " (" + some.joined(separator: ", ") + ")"
    }
}

/// Times of a witness as people read them: from its first event, all in one unit with the same decimals, so that none are alike that differ.
struct RelativeTimes {
    private let starts: [Int: UInt64]
    private let span: UInt64

    init(_ events: [Evidence.Event]) {
        var starts: [Int: UInt64] = [:]
        for event in events { starts[event.clock] = min(starts[event.clock] ?? .max, event.time) }
        self.starts = starts
        span = events.map { $0.time - (starts[$0.clock] ?? $0.time) }.max() ?? 0
    }

    /// Whether the times are of several clocks, so that they cannot be compared with each other.
    var areOfSeveralClocks: Bool { starts.count > 1 }

    /// Whether events of one clock stand in another order than their times, because causes go before effects.
    func areOutOfOrder(_ events: [Evidence.Event]) -> Bool {
        var last: [Int: UInt64] = [:]
        for event in events {
            if event.time < last[event.clock] ?? 0 { return true }
            last[event.clock] = event.time
        }
        return false
    }

    /// The unit of all of them.
    var unit: String { span < 1_000_000 ? "µs" : span < 10_000_000_000 ? "ms" : "s" }

    /// Nanoseconds since the first event of the same clock.
    func nanoseconds(_ event: Evidence.Event) -> UInt64 { event.time - (starts[event.clock] ?? event.time) }

    /// `+12.345`, in ``unit``.
    func text(_ event: Evidence.Event) -> String {
        let (scale, decimals): (UInt64, Int) = span < 1_000_000 ? (1_000, 3) : span < 10_000_000_000 ? (1_000_000, 3) : (1_000_000_000, 6)
        let time = nanoseconds(event)
        var fraction = "\(time % scale)"
        fraction = String(repeating: "0", count: "\(scale)".count - 1 - fraction.count) + fraction
        return "+\(Units.count(Int(clamping: time / scale))).\(fraction.prefix(decimals))"
    }
}
