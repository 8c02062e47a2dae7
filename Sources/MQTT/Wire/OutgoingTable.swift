/// What a client has sent and has no last answer to, by packet identifier: messages above QoS 0, SUBSCRIBE and UNSUBSCRIBE (MQTT 2.3.1; 2.2.1 of 5.0).
///
/// Identifiers come from a counter, and a place from the lower bits of the identifier. The table is at least twice as large as what is in it, so the
/// counter soon meets a free place, and looking one up is one step.
struct OutgoingTable {
    /// What is waited for.
    enum Step: UInt8 {
        case free
        case puback
        case pubrec
        case pubcomp
        case suback
        case unsuback

        var isRequest: Bool { self == .suback || self == .unsuback }
    }

    struct Entry {
        var packetID: UInt16 = 0
        var step = Step.free
        /// The caller's number of a message.
        var token: UInt64 = 0
        /// The place of a message among all that were sent, for the order in which they are sent again (MQTT-4.6.0-1).
        var serial: UInt64 = 0
        /// Where a session that is kept has the packet.
        var copy = ResendStore.Place()
    }

    /// How many packets may be in flight. Some identifiers are left, so that a free one is found soon.
    static let greatestCount = 65_000

    private var places: [Entry] = []
    private var mask = 0
    private var lastID: UInt16 = 0
    private var lastSerial: UInt64 = 0
    /// Messages without an outcome.
    private(set) var messages = 0
    private var requests = 0

    /// Takes an identifier for something that is sent now.
    @inline(__always)
    mutating func add(_ step: Step, token: UInt64) -> UInt16 {
        if (messages + requests) * 2 >= places.count, places.count <= Int(UInt16.max) { grow() }
        precondition(messages + requests < Self.greatestCount, "No packet identifier is free: the window was not looked at.")
        repeat { lastID = lastID &+ 1 } while lastID == 0 || places[Int(lastID) & mask].step != .free
        lastSerial &+= 1
        places[Int(lastID) & mask] = Entry(packetID: lastID, step: step, token: token, serial: lastSerial)
        if step.isRequest { requests += 1 } else { messages += 1 }
        return lastID
    }

    /// Notes where the packet of an identifier that is in use is kept.
    mutating func keep(_ copy: ResendStore.Place, for packetID: UInt16) { places[Int(packetID) & mask].copy = copy }

    /// What is waited for under an identifier.
    @inline(__always)
    subscript(packetID: UInt16) -> Entry? {
        guard !places.isEmpty else { return nil }
        let entry = places[Int(packetID) & mask]
        return entry.packetID == packetID && entry.step != .free ? entry : nil
    }

    /// PUBREC came: from here on PUBREL is what is sent again.
    @inline(__always)
    mutating func awaitCompletion(of packetID: UInt16) {
        places[Int(packetID) & mask].step = .pubcomp
        places[Int(packetID) & mask].copy = ResendStore.Place()
    }

    /// The last answer came, and the identifier is free.
    @inline(__always)
    mutating func remove(_ packetID: UInt16) {
        if places[Int(packetID) & mask].step.isRequest { requests -= 1 } else { messages -= 1 }
        places[Int(packetID) & mask].step = .free
    }

    /// The messages in the order in which they were sent.
    var inOrder: [Entry] {
        places.filter { $0.step != .free && !$0.step.isRequest }.sorted { $0.serial < $1.serial }
    }

    /// Forgets the requests, which end with a connection.
    mutating func removeRequests() {
        for index in places.indices where places[index].step.isRequest { places[index].step = .free }
        requests = 0
    }

    /// Forgets everything.
    mutating func removeAll() {
        places = []
        mask = 0
        messages = 0
        requests = 0
        lastID = 0
    }

    private mutating func grow() {
        var count = max(4, places.count)
        while true {
            count *= 2
            var larger = [Entry](repeating: Entry(), count: count)
            var fits = true
            for entry in places where entry.step != .free {
                let place = Int(entry.packetID) & (count - 1)
                if larger[place].step != .free {
                    fits = false
                    break
                }
                larger[place] = entry
            }
            if fits {
                places = larger
                mask = count - 1
                return
            }
        }
    }
}
