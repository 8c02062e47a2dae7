internal import MQTT
internal import Workload

extension LoadClient {
    /// Where what the broker gives is less than what the profile asks for, one clause each.
    func notes(on answer: ConnectAnswer) -> [String] {
        let limits = answer.limits
        var notes: [String] = []
        if let publish = publishing {
            let qos = publish.qos.max() ?? 0
            if qos > limits.maximumQoS.rawValue {
                notes.append("it takes QoS \(limits.maximumQoS.rawValue) at most, and the profile asks for \(qos)")
            }
            if publish.retain, !limits.retains { notes.append("it keeps no retained messages, so none is sent with RETAIN") }
            if let size = limits.maximumPacketSize, size < publish.size {
                notes.append("it takes packets of at most \(size) bytes, and the payload alone has \(publish.size)")
            }
            if answer.window < session.configuration.window {
                notes.append("it takes \(answer.window) messages in flight, and the window is \(session.configuration.window)")
            }
        }
        if answer.keepAlive != session.configuration.keepAlive {
            notes.append("the keep-alive is \(answer.keepAlive) s by its demand instead of \(session.configuration.keepAlive) s")
        }
        if limits.assignedClientID != nil { notes.append("it assigns the client identifiers") }
        return notes
    }

    /// A stall that the profile may ask for can be too long for the keep-alive that this broker demands.
    func check(_ answer: ConnectAnswer) throws {
        guard let stall = subscribing?.stall, let longest = stall.longest(keepAlive: answer.keepAlive), stall.duration > longest else {
            return
        }
        throw HarnessError(
            .badInput,
            "The broker demands a keep-alive of \(answer.keepAlive) s, and client '\(name)' is to leave its socket unread for longer: make subscribe.stall.for of its group at most \(longest)."
        )
    }
}
