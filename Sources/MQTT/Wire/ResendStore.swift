/// The packets of a kept session that may have to be sent again, one behind the other. Most are acknowledged in the order in which they were sent, so the
/// room in front of the oldest is used anew, and nothing is allocated for a message.
struct ResendStore {
    /// Where a packet is: a position counts all bytes that were ever kept.
    struct Place {
        var position: UInt64 = 0
        var length = 0
    }

    private var bytes: [UInt8] = []
    /// The position of the first byte.
    private var start: UInt64 = 0
    /// How many bytes of packets that are still needed there are.
    private var used = 0

    /// Keeps the packet that ends an output buffer.
    mutating func keep(_ output: borrowing OutputBuffer, from position: UInt64) -> Place {
        let place = Place(position: start &+ UInt64(bytes.count), length: Int(output.end &- position))
        output.withBytes(from: position) { bytes.append(contentsOf: $0) }
        used += place.length
        return place
    }

    /// A packet is not needed any more.
    /// - Parameter oldest: where the oldest that is still needed begins; `nil` where it is not known.
    mutating func release(_ place: Place) {
        used -= place.length
        if used == 0 {
            start &+= UInt64(bytes.count)
            bytes.removeAll(keepingCapacity: bytes.count <= 65_536)
        }
    }

    /// Whether much of it is not needed any more, so that it is worth finding out what is.
    var isSparse: Bool { bytes.count > 65_536 && bytes.count > 4 * used }

    /// Keeps nothing but what is at these places, which are in order.
    /// - Returns: where each is now.
    mutating func compact(_ places: [Place]) -> [Place] {
        var kept: [UInt8] = []
        kept.reserveCapacity(used)
        let begin = start &+ UInt64(bytes.count)
        let moved = places.map { place in
            let now = Place(position: begin &+ UInt64(kept.count), length: place.length)
            kept.append(contentsOf: bytes[offset(place)..<offset(place) + place.length])
            return now
        }
        bytes = kept
        start = begin
        return moved
    }

    /// A packet.
    func packet(_ place: Place) -> ArraySlice<UInt8> { bytes[offset(place)..<offset(place) + place.length] }

    mutating func removeAll() {
        bytes = []
        used = 0
    }

    private func offset(_ place: Place) -> Int { Int(place.position &- start) }
}
