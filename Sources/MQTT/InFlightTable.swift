/// The messages of one session that have no outcome yet, by packet identifier.
///
/// libmosquitto numbers packets with a counter and does not look whether a number is still in use. This table knows the counter, so
/// that the session can wait rather than have two packets of one number in flight (MQTT-2.3.1-2 to -4).
struct InFlightTable {
    private struct Entry {
        var token: UInt64
        var awaitsAcknowledgement: Bool
    }

    private var entries: [UInt16: Entry] = [:]
    /// The numbers of the SUBSCRIBE and UNSUBSCRIBE packets that have no answer.
    private var requests: Set<UInt16> = []
    private var lastID: UInt16 = 0

    /// Messages above QoS 0 that are not acknowledged.
    private(set) var unacknowledged = 0

    /// Messages at QoS 0 that are not written.
    var unwritten: Int { entries.count - unacknowledged }

    var count: Int { entries.count }

    /// The tokens above QoS 0, in the order in which they were published.
    var tokens: [UInt64] { entries.values.filter(\.awaitsAcknowledgement).map(\.token).sorted() }

    /// The number that the library will give next belongs to a packet still in flight.
    var nextIsTaken: Bool {
        let next = lastID == .max ? 1 : lastID + 1
        return entries[next] != nil || requests.contains(next)
    }

    mutating func add(packetID: UInt16, token: UInt64, qos: QoS) {
        let awaits = qos != .atMostOnce
        entries[packetID] = Entry(token: token, awaitsAcknowledgement: awaits)
        if awaits { unacknowledged += 1 }
        lastID = packetID
    }

    /// A number was given to a SUBSCRIBE or UNSUBSCRIBE.
    mutating func addRequest(packetID: UInt16) {
        requests.insert(packetID)
        lastID = packetID
    }

    /// A SUBSCRIBE or UNSUBSCRIBE was answered.
    mutating func removeRequest(packetID: UInt16) {
        requests.remove(packetID)
    }

    mutating func remove(packetID: UInt16) -> UInt64? {
        guard let entry = entries.removeValue(forKey: packetID) else { return nil }
        if entry.awaitsAcknowledgement { unacknowledged -= 1 }
        return entry.token
    }

    /// Forgets everything, for a client that numbers anew, and returns the tokens in order.
    mutating func removeAll() -> [UInt64] {
        let tokens = entries.values.map(\.token).sorted()
        entries.removeAll(keepingCapacity: true)
        requests = []
        unacknowledged = 0
        lastID = 0
        return tokens
    }

    /// Forgets what ends with a connection, requests and messages at QoS 0, and returns the tokens of these in order.
    mutating func removeUnwritten() -> [UInt64] {
        requests = []
        let gone = entries.filter { !$0.value.awaitsAcknowledgement }
        for packetID in gone.keys { entries[packetID] = nil }
        return gone.values.map(\.token).sorted()
    }
}
