import Glibc

/// The topics of one file and their ids, found by their bytes without making a string. Open addressing, ids from 0.
struct TopicTable {
    /// All names one behind the other; `bounds[id] ..< bounds[id + 1]` is one of them.
    private var bytes: [UInt8] = []
    private var bounds: [Int] = [0]
    private var hashes: [UInt64] = []
    /// A power of two of places, each an id + 1 or 0.
    private var places = [UInt32](repeating: 0, count: 64)
    /// The id that was given last: the same topic comes many times in a row.
    private var latest: UInt32 = 0

    var count: Int { hashes.count }

    func name(_ id: UInt32) -> ArraySlice<UInt8> {
        bytes[bounds[Int(id)]..<bounds[Int(id) + 1]]
    }

    /// The id of a topic, and whether it is new.
    @inline(__always)
    mutating func identify(_ topic: Span<UInt8>) -> (id: UInt32, isNew: Bool) {
        if !hashes.isEmpty, isEqual(latest, topic) { return (latest, false) }
        let found = search(topic)
        latest = found.id
        return found
    }

    private mutating func search(_ topic: Span<UInt8>) -> (id: UInt32, isNew: Bool) {
        let hash = Self.hash(topic)
        var place = Int(truncatingIfNeeded: hash) & (places.count - 1)
        while places[place] != 0 {
            let id = places[place] - 1
            if hashes[Int(id)] == hash, isEqual(id, topic) { return (id, false) }
            place = (place + 1) & (places.count - 1)
        }
        let id = UInt32(hashes.count)
        hashes.append(hash)
        topic.withUnsafeBufferPointer { bytes.append(contentsOf: $0) }
        bounds.append(bytes.count)
        places[place] = id + 1
        if hashes.count * 2 > places.count { grow() }
        return (id, true)
    }

    @inline(__always)
    private func isEqual(_ id: UInt32, _ topic: Span<UInt8>) -> Bool {
        let start = bounds[Int(id)]
        guard bounds[Int(id) + 1] - start == topic.count else { return false }
        return bytes.withUnsafeBufferPointer { names in
            topic.withUnsafeBufferPointer { topic in
                // An empty topic may have no address.
                guard let names = names.baseAddress, let topicBytes = topic.baseAddress else { return topic.isEmpty }
                return memcmp(names + start, topicBytes, topic.count) == 0
            }
        }
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
        func mix(_ word: UInt64) {
            let product = (hash ^ word).multipliedFullWidth(by: 0xD6E8_FEB8_6659_FD93)
            hash = product.high ^ product.low
        }
        while index + 8 <= topic.count {
            mix(topic.bytes.unsafeLoadUnaligned(fromByteOffset: index, as: UInt64.self))
            index += 8
        }
        var rest: UInt64 = 0
        while index < topic.count {
            rest = rest << 8 | UInt64(topic[index])
            index += 1
        }
        mix(rest)
        return hash
    }
}
