import Trace

/// Says in a few words what an event is: for drawings, where there is room for little.
struct EventText {
    /// The name of a process.
    let name: (UInt32) -> String

    /// `published orders/0 #12 (QoS 1)`, in the witness's own word for what happened.
    func line(_ event: Evidence.Event) -> String {
        event.fields.map { line($0, what: event.what) } ?? event.what
    }

    /// The same in the words of an export.
    func line(_ fields: ExportedEvent) -> String {
        line(fields, what: fields.event == "completed" ? fields.outcome ?? fields.event : fields.event.replacing("_", with: " "))
    }

    private func line(_ fields: ExportedEvent, what: String) -> String {
        switch fields.event {
        case "published":
            "\(what) \(topic(fields)) \(number(fields))\(remarks(qos(fields), fields.retain == true ? "retained" : nil))"
        case "will":
            "\(what) \(topic(fields)) \(number(fields))\(remarks(qos(fields), fields.retain == true ? "retained" : nil))"
        case "completed":
            "\(what) \(number(fields))\(remarks((fields.reason ?? 0) == 0 ? nil : "reason \(fields.reason ?? 0)"))"
        case "resent": "\(what) \(number(fields))"
        case "delivered":
            "\(what) \(topic(fields)) \(number(fields))\(of(fields))"
                + remarks(qos(fields), fields.retain == true ? "retain" : nil, fields.dup == true ? "DUP" : nil, packet(fields))
        case "delivered_unreadable":
            "\(what) \(topic(fields))\(remarks(fields.cause, qos(fields), packet(fields)))"
        case "processed": "\(what) \(number(fields))\(of(fields))\(remarks(fields.timedOut == true ? "timed out" : nil))"
        case "connected":
            what + remarks(fields.sessionPresent == true ? "session present" : "no session", fields.clean == true ? "clean" : "kept")
        case "subscribed":
            "\(what) to \(fields.filter ?? "?")\(remarks("QoS \(fields.requested ?? 0) asked", grant(fields)))"
        case "unsubscribed": "\(what) from \(fields.filter ?? "?")"
        case "lock_created": "\(what) \(fields.lock ?? "?")\(remarks("holds \(fields.written ?? 0)"))"
        case "acquired":
            "\(what) \(fields.lock ?? "?")\(remarks("token \(fields.token ?? 0)", "read \(fields.read ?? 0)", "delta \(fields.delta ?? 0)"))"
        case "released":
            "\(what) \(fields.lock ?? "?")\(remarks("token \(fields.token ?? 0)", "wrote \(fields.written ?? 0)"))"
        case "counted": "\(what) \(fields.counter ?? "?") = \(fields.value ?? 0)"
        case "acknowledged": "\(what)\(remarks(packet(fields)))"
        case "entered": "\(what): \(fields.machine ?? "?") \(fields.entity ?? "?") is \(fields.state ?? "?")"
        case "moved": "\(what): \(movement(fields))"
        case "disconnected": what + remarks(fields.byClient == true ? "by the client" : nil)
        default: what
        }
    }

    private func topic(_ fields: ExportedEvent) -> String { fields.topic ?? "(a topic without a name)" }

    /// `#12`, of a later attempt `#12.2`.
    private func number(_ fields: ExportedEvent) -> String {
        "#\(fields.sequence ?? 0)" + ((fields.attempt ?? 1) > 1 ? ".\(fields.attempt ?? 1)" : "")
    }

    private func of(_ fields: ExportedEvent) -> String { fields.publisher.map { " of \(name($0))" } ?? "" }

    private func qos(_ fields: ExportedEvent) -> String? { fields.qos.map { "QoS \($0)" } }

    private func packet(_ fields: ExportedEvent) -> String? { (fields.packetID ?? 0) == 0 ? nil : "packet \(fields.packetID ?? 0)" }

    private func grant(_ fields: ExportedEvent) -> String? {
        fields.granted.map { $0 < 0x80 ? "\($0) granted" : $0 == TraceEvent.Subscribed.unanswered ? "no answer" : "refused" }
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
