/// The topics of one file and their ids, found by their bytes without making a string. Open addressing, ids from 0.
struct TopicTable {
    /// All names one behind the other; `bounds[id] ..< bounds[id + 1]` is one of them.
    private var bytes: [UInt8] = []
    private var bounds: [Int] = [0]
    private var hashes: [UInt64] = []
    /// A power of two of places, each an id + 1 or 0.
    private var places = [UInt32](repeating: 0, count: 64)

    var count: Int { hashes.count }

    func name(_ id: UInt32) -> ArraySlice<UInt8> {
        bytes[bounds[Int(id)]..<bounds[Int(id) + 1]]
    }

    /// The id of a topic, and whether it is new.
    mutating func identify(_ topic: Span<UInt8>) -> (id: UInt32, isNew: Bool) {
        let hash = Self.hash(topic)
        var place = Int(truncatingIfNeeded: hash) & (places.count - 1)
        while places[place] != 0 {
            let id = places[place] - 1
            if hashes[Int(id)] == hash, isEqual(id, topic) { return (id, false) }
            place = (place + 1) & (places.count - 1)
        }
        let id = UInt32(hashes.count)
        hashes.append(hash)
        for index in topic.indices { bytes.append(topic[index]) }
        bounds.append(bytes.count)
        places[place] = id + 1
        if hashes.count * 2 > places.count { grow() }
        return (id, true)
    }

    private func isEqual(_ id: UInt32, _ topic: Span<UInt8>) -> Bool {
        let start = bounds[Int(id)]
        guard bounds[Int(id) + 1] - start == topic.count else { return false }
        for index in topic.indices where bytes[start + index] != topic[index] { return false }
        return true
    }

    private mutating func grow() {
        places = [UInt32](repeating: 0, count: places.count * 2)
        for (id, hash) in hashes.enumerated() {
            var place = Int(truncatingIfNeeded: hash) & (places.count - 1)
            while places[place] != 0 { place = (place + 1) & (places.count - 1) }
            places[place] = UInt32(id) + 1
        }
    }

    /// Eight bytes a step, multiply and fold. Names come from our own profile, so no protection against chosen collisions is needed.
    private static func hash(_ topic: Span<UInt8>) -> UInt64 {
        var hash: UInt64 = 0x9E37_79B9_7F4A_7C15 ^ UInt64(topic.count)
        var index = 0
        while index < topic.count {
            var word: UInt64 = 0
            let end = min(index + 8, topic.count)
            while index < end {
                word = word << 8 | UInt64(topic[index])
                index += 1
            }
            let product = (hash ^ word).multipliedFullWidth(by: 0xD6E8_FEB8_6659_FD93)
            hash = product.high ^ product.low
        }
        return hash
    }
}
