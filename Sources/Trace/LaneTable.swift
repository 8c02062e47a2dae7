/// The lanes of the present chunk, found by what all their events have in common, without hashing beyond a multiplication and without any allocation.
///
/// A lane is what goes on: the publishes of one process to one topic, the deliveries of one publisher's messages on one topic to one subscriber. Of the next event of
/// a lane everything is known beforehand but that it happened.
///
/// The memory is the table's own and lies behind pointers: an array in a property of the writer would be guarded at each event. Whoever makes a table frees
/// it, and every index comes from the table itself.
struct LaneTable {
    /// What all events of a lane have in common.
    struct Key: Equatable {
        /// The process, and the publisher of what is delivered; of what is published, how far the publisher's own count is ahead of the sequence.
        var parties: UInt64
        /// Topic and attempt.
        var topic: UInt64
        /// ``RecordType``, flags and reason.
        var kind: UInt64

        /// No event has it.
        static var none: Key { Key(parties: 0, topic: 0, kind: 0) }

        @inline(__always)
        static func == (one: Key, other: Key) -> Bool {
            (one.parties ^ other.parties) | (one.topic ^ other.topic) | (one.kind ^ other.kind) == 0
        }
    }

    /// One lane: what is common to its events, and what its next event is to be.
    struct Lane {
        var key: Key
        /// The sequence of the next event.
        var sequence: UInt64
        /// Of what is delivered or acknowledged, the packet id of the next; of what is published, how far it was meant ahead.
        var second: UInt64
    }

    /// ``TraceFormat/laneLimit`` of them. Those that were opened in this chunk are meant; before that, the first has no key.
    let lanes: UnsafeMutablePointer<Lane>
    /// Open addressing: each place holds the number of a lane and 1, or 0.
    private let places: UnsafeMutablePointer<UInt16>
    private var count = 0

    private static let placeBits: UInt64 = 13
    /// How many places in a row a key may be at.
    private static let reach = 4

    init() {
        lanes = .allocate(capacity: TraceFormat.laneLimit)
        // A key may be looked for behind the last place.
        places = .allocate(capacity: 1 << Int(Self.placeBits) + Self.reach)
        places.initialize(repeating: 0, count: 1 << Int(Self.placeBits) + Self.reach)
        lanes.initialize(to: Lane(key: .none, sequence: 0, second: 0))
    }

    func free() {
        lanes.deallocate()
        places.deallocate()
    }

    /// Forgets all lanes: those of a chunk are unknown to the next.
    mutating func clear() {
        guard count > 0 else { return }
        places.update(repeating: 0, count: 1 << Int(Self.placeBits) + Self.reach)
        count = 0
        // What was looked at last is looked at again before anything is searched for.
        lanes[0].key = .none
    }

    /// The number of the lane that has a key; `nil` where none has.
    func find(_ key: Key) -> Int? {
        let home = Self.home(key)
        for place in home..<home + Self.reach {
            let number = Int(places[place]) - 1
            if number < 0 { return nil }
            if lanes[number].key == key { return number }
        }
        return nil
    }

    /// Opens a lane, in the place of another where there is no room. A key that has a lane gets that one.
    /// - Returns: its number; one that was never given before is the next.
    mutating func open(_ key: Key, sequence: UInt64, second: UInt64) -> Int {
        let number = find(key) ?? take(key)
        lanes[number] = Lane(key: key, sequence: sequence, second: second)
        return number
    }

    private mutating func take(_ key: Key) -> Int {
        let home = Self.home(key)
        var place = home
        while place < home + Self.reach, places[place] != 0 { place += 1 }
        let number: Int
        if place < home + Self.reach, count < TraceFormat.laneLimit {
            number = count
            count += 1
        } else if place > home {
            // Whose lane it was opens another when it goes on.
            place = home
            number = Int(places[home]) - 1
        } else {
            number = home % TraceFormat.laneLimit
        }
        places[place] = UInt16(number + 1)
        return number
    }

    /// Takes the key from each lane of which `isMeant` says so, so that no event follows it any more.
    func close(where isMeant: (Key) -> Bool) {
        for number in 0..<count where isMeant(lanes[number].key) { lanes[number].key = .none }
    }

    @inline(__always)
    private static func home(_ key: Key) -> Int {
        let mixed = (key.parties ^ key.topic &* 0x9E37_79B9_7F4A_7C15 ^ key.kind &* 0xC2B2_AE3D_27D4_EB4F)
            .multipliedFullWidth(by: 0xD6E8_FEB8_6659_FD93)
        return Int(truncatingIfNeeded: (mixed.high ^ mixed.low) >> (64 - placeBits))
    }
}
