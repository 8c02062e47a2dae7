/// The last message that came with each packet identifier in the present session of each client that is watched: one that shows
/// acknowledgements, or got a packet with DUP. At most 65,535 entries of 12 bytes a client.
///
/// Of other clients, only those can have anything wrong with their packets that got a message twice without DUP. They are ``unclear``, and
/// read again, watched.
struct PacketTable {
    /// What came last with one packet identifier.
    struct Entry: Equatable {
        /// Which message it was: the number of its stream's state and its rank there; for wills and payloads that could not be read see below.
        var state = Self.never
        var rank: UInt32 = 0
        /// The connection of the session that it came on, in the upper 31 bits, and whether it is in flight: not acknowledged yet.
        fileprivate var bits: UInt32 = 0

        /// Nothing came with the packet identifier.
        static let never: Int32 = -1
        /// What came cannot be told from other messages.
        static let unknown: Int32 = -2
        /// Wills are counted down from here.
        static let firstWill: Int32 = -3

        init() {}

        init(state: Int32, rank: Int, connection: Int, isInFlight: Bool) {
            self.state = state
            self.rank = UInt32(truncatingIfNeeded: rank)
            bits = UInt32(truncatingIfNeeded: connection + 1) << 1 | (isInFlight ? 1 : 0)
        }

        var connection: Int { Int(bits >> 1) - 1 }
        var isInFlight: Bool { bits & 1 != 0 }
        var isKnown: Bool { state != Self.never && state != Self.unknown }

        func isSameMessage(as other: Entry) -> Bool { state == other.state && rank == other.rank }
    }

    private var tables: [Client] = []
    private var numbers: [Int32]

    private struct Client {
        var session = -1
        var connection = -1
        var entries: [Entry] = []

        @inline(__always)
        mutating func exchange(
            _ session: Int, _ packet: Int, _ entry: Entry, _ forgetsOnResume: Bool
        ) -> Entry {
            if session != self.session || (forgetsOnResume && entry.connection != connection) {
                self.session = session
                entries.removeAll(keepingCapacity: true)
            }
            connection = entry.connection
            while entries.count <= packet { entries.append(Entry()) }
            let before = entries[packet]
            entries[packet] = entry
            // What comes again after its acknowledgement had left may have crossed that on the way: then the identifier is free.
            if before.state != Entry.never, before.isSameMessage(as: entry), !before.isInFlight { entries[packet].bits &= ~1 }
            return before
        }

        func isFree(_ session: Int, _ packet: Int, _ entry: Entry, _ forgetsOnResume: Bool) -> Bool {
            if session != self.session || (forgetsOnResume && entry.connection != connection) || packet >= entries.count { return true }
            let before = entries[packet]
            return !(before.isInFlight && before.isKnown) && !before.isSameMessage(as: entry)
        }

        mutating func acknowledge(_ packet: Int, _ all: Bool) {
            if all {
                for index in entries.indices { entries[index].bits &= ~1 }
            } else if packet < entries.count {
                entries[packet].bits &= ~1
            }
        }
    }

    /// Whether the trace tells of each process's acknowledgements.
    let showsAcknowledgements: [Bool]
    let isWatched: [Bool]
    /// The clients that were not watched and should have been.
    var unclear: Set<Int> = []
    private let forgetsOnResume: Bool

    init(_ index: RunIndex, isWatchful: Bool) {
        isWatched = isWatchful ? Array(repeating: true, count: index.processes.count) : index.showsPackets
        numbers = Array(repeating: -1, count: index.processes.count)
        showsAcknowledgements = index.processes.map(\.showsAcknowledgements)
        forgetsOnResume = index.mutant == .forgetsPacketsOnResume
    }

    /// Whether the packet identifier of a message was never used, or last by another message that is not in flight any more.
    func isFree(_ process: Int, session: Int, packet: UInt16, for entry: Entry) -> Bool {
        numbers[process] < 0 || tables[Int(numbers[process])].isFree(session, Int(packet), entry, forgetsOnResume)
    }

    /// Puts a message at a packet identifier and gives what was there before.
    @inline(__always)
    mutating func exchange(_ process: Int, session: Int, packet: UInt16, _ entry: Entry) -> Entry {
        if numbers[process] < 0 {
            numbers[process] = Int32(tables.count)
            tables.append(Client())
        }
        return tables[Int(numbers[process])].exchange(session, Int(packet), entry, forgetsOnResume)
    }

    /// A packet was acknowledged.
    mutating func acknowledge(_ process: Int, packet: UInt16, all: Bool) {
        guard numbers[process] >= 0 else { return }
        tables[Int(numbers[process])].acknowledge(Int(packet), all)
    }
}
