/// The packet identifiers of messages at QoS 2 that came and were not released: one that comes again is the same message (MQTT-4.3.3-10; -4.3.3-2 of 3.1.1).
/// A place is found from the lower bits of the identifier, as brokers count; where two meet, the set grows.
struct PacketIDSet {
    private var places: [UInt16] = []

    /// - Returns: whether it is new.
    @inline(__always)
    mutating func insert(_ packetID: UInt16) -> Bool {
        if places.isEmpty { places = [UInt16](repeating: 0, count: 16) }
        while true {
            let place = Int(packetID) & (places.count - 1)
            if places[place] == packetID { return false }
            if places[place] == 0 {
                places[place] = packetID
                return true
            }
            grow()
        }
    }

    /// - Returns: whether it was there.
    @inline(__always)
    mutating func remove(_ packetID: UInt16) -> Bool {
        guard !places.isEmpty, places[Int(packetID) & (places.count - 1)] == packetID else { return false }
        places[Int(packetID) & (places.count - 1)] = 0
        return true
    }

    mutating func removeAll() { places = [] }

    private mutating func grow() {
        // Identifiers that differ at all differ in 16 bits, so this ends at 65,536 places.
        let present = places.filter { $0 != 0 }
        var count = places.count
        repeat { count *= 2 } while Set(present.map { Int($0) & (count - 1) }).count < present.count
        places = [UInt16](repeating: 0, count: count)
        for packetID in present { places[Int(packetID) & (count - 1)] = packetID }
    }
}
