extension TraceWriter {
    /// A lock that guards a number came into being.
    /// - Parameters:
    ///   - process: who made it.
    ///   - at: when.
    ///   - lock: its name, unique in the run.
    ///   - initial: the number it guards, at first.
    public func lockCreated(process: UInt32, at: UInt64, lock: String, initial: Int64) {
        var record = begin(.lockCreated, at: at, room: 64 + lock.utf8.count)
        record.put(process)
        record.put(text: lock)
        record.put(ZigZag.encode(initial))
        end(record)
    }

    /// A section protected by a lock began.
    /// - Parameters:
    ///   - process: who holds it now.
    ///   - at: when it was acquired.
    ///   - lock: its name.
    ///   - token: the number of the section, drawn inside the lock: the first is 1, each the next.
    ///   - read: the guarded number as the section found it.
    ///   - delta: by how much it means to change it.
    ///   - invoked: when the lock was asked for, at most `at`.
    public func acquired(process: UInt32, at: UInt64, lock: String, token: UInt64, read: Int64, delta: Int64, invoked: UInt64) {
        var record = begin(.acquired, at: at, room: 96 + lock.utf8.count)
        record.put(process)
        record.put(text: lock)
        record.put(token)
        record.put(ZigZag.encode(read))
        record.put(ZigZag.encode(delta))
        record.put(at &- min(invoked, at))
        end(record)
    }

    /// A section protected by a lock ended.
    /// - Parameters:
    ///   - process: who released it.
    ///   - at: when the release was over.
    ///   - lock: its name.
    ///   - token: the number of the section.
    ///   - written: the guarded number as the section left it.
    ///   - invoked: when the release began, at most `at`.
    public func released(process: UInt32, at: UInt64, lock: String, token: UInt64, written: Int64, invoked: UInt64) {
        var record = begin(.released, at: at, room: 96 + lock.utf8.count)
        record.put(process)
        record.put(text: lock)
        record.put(token)
        record.put(ZigZag.encode(written))
        record.put(at &- min(invoked, at))
        end(record)
    }

    /// A process says what one of its counters reads, at the end as a rule. The checker compares it with what it counts itself.
    /// - Parameters:
    ///   - process: who says so.
    ///   - at: when.
    ///   - counter: `published`, `acked`, `refused`, `delivered` or `processed` of the process itself; the name of a lock for the number it guards;
    ///     `machine/state` for the things of a workflow that are in a state; `quantity/account/term` for a quantity; `broker.dropped` for the
    ///     messages that the broker says it dropped, whoever writes it down. A broker's counter is read once before and once after the load.
    ///   - value: what it reads.
    public func counted(process: UInt32, at: UInt64, counter: String, value: Int64) {
        var record = begin(.counted, at: at, room: 64 + counter.utf8.count)
        record.put(process)
        record.put(text: counter)
        record.put(ZigZag.encode(value))
        end(record)
    }

    /// A message came out of a causal inbox, so that the application saw it.
    /// - Parameters:
    ///   - process: the receiving process.
    ///   - at: when.
    ///   - publisher: who published it.
    ///   - sequence: as in ``published(process:at:topic:qos:retain:sequence:attempt:intended:stamp:)``.
    ///   - attempt: as there.
    ///   - timedOut: whether the inbox gave up waiting for what should have come before it.
    public func processed(process: UInt32, at: UInt64, publisher: UInt32, sequence: UInt64, attempt: UInt32, timedOut: Bool) {
        var record = begin(.processed, at: at)
        record.put(process)
        record.put(publisher)
        record.put(sequence)
        record.put(attempt)
        record.put(byte: timedOut ? 1 : 0)
        end(record)
    }

    /// A CONNECT registered a will. Write it right behind the connection's ``connected(process:at:sessionPresent:clean:isVersion5:)``.
    /// - Parameters:
    ///   - process: the client whose will it is.
    ///   - at: when.
    ///   - topic: the id of the topic in this file.
    ///   - qos: 0, 1 or 2.
    ///   - retain: the will's RETAIN flag.
    ///   - sequence: the number that the will's payload names, from the client's own sequence; no publish has it.
    ///   - attempt: the attempt that the payload names.
    public func will(process: UInt32, at: UInt64, topic: UInt32, qos: UInt8, retain: Bool, sequence: UInt64, attempt: UInt32) {
        var record = begin(.will, at: at)
        record.put(process)
        record.put(topic)
        record.put(byte: (qos & 0b11) | (retain ? 4 : 0))
        record.put(sequence)
        record.put(attempt)
        end(record)
    }

    /// A thing of a workflow entered a state.
    /// - Parameters:
    ///   - process: where it happened.
    ///   - at: when.
    ///   - machine: the state machine, as the workflow file names it.
    ///   - entity: which thing: the number of an order.
    ///   - state: the state it is in now.
    public func entered(process: UInt32, at: UInt64, machine: String, entity: String, state: String) {
        var record = begin(.entered, at: at, room: 64 + machine.utf8.count + entity.utf8.count + state.utf8.count)
        record.put(process)
        record.put(text: machine)
        record.put(text: entity)
        record.put(text: state)
        end(record)
    }

    /// A quantity of a workflow moved from one term of its account to another.
    /// - Parameters:
    ///   - process: where it happened.
    ///   - at: when.
    ///   - quantity: the quantity, as the workflow file names it: `stock`.
    ///   - account: of what: an item.
    ///   - from: the term it left, `on_hand` for example; empty where it came into the world, as an initial stock does.
    ///   - to: the term it went to; empty where it left the world.
    ///   - amount: how much.
    ///   - entity: the thing it was moved for; may be empty.
    public func moved(
        process: UInt32, at: UInt64, quantity: String, account: String, from: String, to: String, amount: UInt64, entity: String
    ) {
        let texts = [quantity, account, from, to, entity]
        var record = begin(.moved, at: at, room: 96 + texts.reduce(0) { $0 + $1.utf8.count })
        record.put(process)
        for text in texts[0..<4] { record.put(text: text) }
        record.put(amount)
        record.put(text: entity)
        end(record)
    }
}
