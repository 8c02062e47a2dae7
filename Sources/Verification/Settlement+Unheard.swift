extension Settlement {
    /// Notes a message that a subscriber did not get, so that those can be told that nobody got.
    mutating func noteMissing(_ kind: ViolationClass, _ stream: Int, _ rank: Int) {
        missed[kind, default: []].insert(UInt64(stream) << 32 | UInt64(rank))
    }

    /// The messages of each class that reached nobody, once all that is missing is known.
    mutating func settleUnheard() {
        var statesOfStream: [Int: [Int]] = [:]
        if missed.isEmpty { return }
        for (number, state) in pass.states.enumerated() { statesOfStream[state.stream, default: []].append(number) }
        for (kind, messages) in missed {
            var count = 0
            var topics: Set<UInt32> = []
            for message in messages {
                let (stream, rank) = (Int(message >> 32), Int(message & 0xFFFF_FFFF))
                let hasCome = statesOfStream[stream, default: []].contains {
                    pass.states[$0].hasArrived(rank) || pass.states[$0].aside[rank] != nil
                }
                if hasCome { continue }
                count += 1
                topics.insert(index.publishes.streams[stream].topic)
            }
            if count == 0 { continue }
            let names = topics.map { index.topics.names[Int($0)] }.sorted().prefix(Anomaly.Unheard.topicLimit)
            unheard[kind] = Anomaly.Unheard(messages: count, topics: Array(names))
        }
    }
}
