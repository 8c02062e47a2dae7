import Trace

/// A stream of a session of which everything came in order so far: all there is to know is which message comes next.
struct Lane {
    /// The rank that comes next.
    var next: UInt32 = 0
    /// The topic of the stream.
    var topic: UInt32 = 0
    /// Where the publisher's process is in the subscriber's causal view.
    var slot: Int32 = 0
    /// The QoS at which every copy comes.
    var qos: UInt8 = 0
    /// Whether it is in use; otherwise the ``StreamState`` says what arrived.
    var isOpen = false
}

extension DeliveryPass {
    /// Takes a delivery that is the next of its stream, about which there is nothing to judge. That is nearly every delivery of nearly
    /// every run, so nothing here is looked at that could be looked at less often.
    /// - Returns: whether it was such a delivery; otherwise nothing was done.
    @inline(__always)
    mutating func deliverInOrder(_ event: TraceEvent.Delivered, _ process: Int, _ file: Int) -> Bool {
        let session = Int(plainSessions[process])
        guard session >= 0, !event.retain, let sender = index.number(of: event.publisher) else { return false }
        let publisher = index.publisherNumbers[sender]
        guard publisher >= 0,
            let position = index.publishes.publishers[publisher].position(sequence: event.sequence, attempt: event.attempt),
            index.publishes.publishers[publisher].states[position].isPlainlyAcked
        else { return false }
        let stream = Int(index.publishes.publishers[publisher].stream[position])
        guard let number = numbers[session, stream], lanes[number].isOpen,
            lanes[number].next == index.publishes.publishers[publisher].rank[position], lanes[number].qos == event.qos,
            !isForetold(publisher, position, in: file),
            event.topic < index.topicNumbers[file].count, lanes[number].topic == index.topicNumbers[file][Int(event.topic)]
        else { return false }
        guard packets.isWatched[process] else {
            guard causal.deliverInOrder(publisher, position, at: process, slot: Int(lanes[number].slot)) else { return false }
            lanes[number].next += 1
            return true
        }
        return deliverWatchedInOrder(event, process, session, number, publisher, position)
    }

    /// The same for a client whose packets are watched: there is nothing to judge where the packet says nothing of an earlier one, and its identifier is free.
    private mutating func deliverWatchedInOrder(
        _ event: TraceEvent.Delivered, _ process: Int, _ session: Int, _ number: Int, _ publisher: Int, _ position: Int
    ) -> Bool {
        guard event.dup != true else { return false }
        let entry = PacketTable.Entry(
            state: Int32(truncatingIfNeeded: number), rank: Int(lanes[number].next), connection: cursors[process].connection,
            isInFlight: packets.showsAcknowledgements[process])
        let hasPacket = event.qos > 0 && event.packetID != 0
        if hasPacket, !packets.isFree(process, session: session, packet: event.packetID, for: entry) { return false }
        guard causal.deliverInOrder(publisher, position, at: process, slot: Int(lanes[number].slot)) else { return false }
        if hasPacket { _ = packets.exchange(process, session: session, packet: event.packetID, entry) }
        lanes[number].next += 1
        return true
    }

    /// Lets a stream use its lane from now on, if everything that arrived is in order.
    mutating func enterLane(_ number: Int, _ topic: UInt32, _ match: TopicMatch) {
        guard states[number].isInOrder, !match.isShared, states[number].causalSlot >= 0, states[number].end < UInt32.max,
            let qos = match.onlyQoS(index.publishes.streams[states[number].stream].qos), states[number].seen.only == qos
        else { return }
        lanes[number] = Lane(next: UInt32(states[number].end), topic: topic, slot: states[number].causalSlot, qos: qos, isOpen: true)
    }

    /// Brings the state of a stream up to what came by its lane, and closes the lane.
    mutating func leaveLane(_ number: Int) {
        guard lanes[number].isOpen else { return }
        lanes[number].isOpen = false
        let next = Int(lanes[number].next)
        tally.delivered[states[number].stream] += next - states[number].end
        states[number].advance(to: next)
    }
}

/// The numbers of pairs of small numbers: an open hash table without any allocation for each pair.
struct PairTable {
    private var keys: [UInt64] = Array(repeating: .max, count: 16)
    private var values: [Int32] = Array(repeating: 0, count: 16)
    private var count = 0
    private var shift: UInt64 = 60

    /// The number of a pair; a number cannot be taken away again.
    subscript(first: Int, second: Int) -> Int? {
        @inline(__always)
        get {
            let key = UInt64(first) << 32 | UInt64(second)
            var place = Int((key &* 0x9E37_79B9_7F4A_7C15) >> shift)
            while keys[place] != key {
                if keys[place] == .max { return nil }
                place = (place + 1) & (keys.count - 1)
            }
            return Int(values[place])
        }
        set {
            guard let newValue else { return }
            if (count + 1) * 2 > keys.count { grow() }
            insert(UInt64(first) << 32 | UInt64(second), Int32(newValue))
        }
    }

    /// Calls `body` with each pair and its number.
    func forEach(_ body: (_ first: Int, _ second: Int, _ number: Int) -> Void) {
        for (place, key) in keys.enumerated() where key != .max { body(Int(key >> 32), Int(key & 0xFFFF_FFFF), Int(values[place])) }
    }

    private mutating func insert(_ key: UInt64, _ value: Int32) {
        var place = Int((key &* 0x9E37_79B9_7F4A_7C15) >> shift)
        while keys[place] != .max, keys[place] != key { place = (place + 1) & (keys.count - 1) }
        if keys[place] == .max { count += 1 }
        keys[place] = key
        values[place] = value
    }

    private mutating func grow() {
        let (oldKeys, oldValues) = (keys, values)
        keys = Array(repeating: .max, count: oldKeys.count * 2)
        values = Array(repeating: 0, count: keys.count)
        count = 0
        shift -= 1
        for (place, key) in oldKeys.enumerated() where key != .max { insert(key, oldValues[place]) }
    }
}
