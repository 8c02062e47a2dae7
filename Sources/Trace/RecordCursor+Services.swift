import Causality

extension RecordCursor {
    /// The events of locks, inboxes, wills and workflows.
    static func serviceEvent(_ type: RecordType, _ body: inout RecordBody, _ bytes: Span<UInt8>, _ at: UInt64) -> TraceEvent? {
        let process = body.small(bytes)
        switch type {
        case .lockCreated:
            let lock = body.text(bytes)
            return .lockCreated(.init(process: process, at: at, lock: lock, initial: body.signed(bytes)))
        case .acquired:
            let lock = body.text(bytes)
            let token = body.number(bytes)
            let read = body.signed(bytes)
            let delta = body.signed(bytes)
            return .acquired(
                .init(process: process, at: at, lock: lock, token: token, read: read, delta: delta, invoked: at &- body.number(bytes)))
        case .released:
            let lock = body.text(bytes)
            let token = body.number(bytes)
            let written = body.signed(bytes)
            return .released(.init(process: process, at: at, lock: lock, token: token, written: written, invoked: at &- body.number(bytes)))
        case .counted:
            let counter = body.text(bytes)
            return .counted(.init(process: process, at: at, counter: counter, value: body.signed(bytes)))
        case .acknowledged:
            return .acknowledged(.init(process: process, at: at, packetID: body.packetID(bytes)))
        case .processed:
            let publisher = body.small(bytes)
            let sequence = body.number(bytes)
            let attempt = body.small(bytes)
            return .processed(
                .init(
                    process: process, at: at, publisher: publisher, sequence: sequence, attempt: attempt,
                    timedOut: body.byte(bytes) & 1 != 0))
        case .will:
            let topic = body.small(bytes)
            let flags = body.byte(bytes)
            let sequence = body.number(bytes)
            guard flags & 0b11 != 3 else { return nil }
            return .will(
                .init(
                    process: process, at: at, topic: topic, qos: flags & 0b11, retain: flags & 4 != 0, sequence: sequence,
                    attempt: body.small(bytes)))
        case .entered:
            let machine = body.text(bytes)
            let entity = body.text(bytes)
            return .entered(.init(process: process, at: at, machine: machine, entity: entity, state: body.text(bytes)))
        case .moved:
            let quantity = body.text(bytes)
            let account = body.text(bytes)
            let from = body.text(bytes)
            let to = body.text(bytes)
            let amount = body.number(bytes)
            return .moved(
                .init(
                    process: process, at: at, quantity: quantity, account: account, from: from, to: to, amount: amount,
                    entity: body.text(bytes)))
        default:
            return nil
        }
    }
}
