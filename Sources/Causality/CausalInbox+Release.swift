extension CausalInbox {
    /// Takes a message in, and releases it and what waited for it where that is due.
    mutating func take(
        _ message: Message, _ stamp: DependencyStamp, _ key: PublisherTopic, _ releases: inout [InboxRelease<Message>]
    ) -> InboxStatus {
        let count = stamp[key.publisher, key.topic]
        guard count > 0 else { return .unstamped }
        guard let stream = place(of: key) else { return .unmatched }
        var isLate = false
        switch streams[stream].arrive(count) {
        case .new: break
        case .late: isLate = true
        case .duplicate:
            counts.duplicates += 1
            return .duplicate
        }
        let release = InboxRelease(
            message: message, stamp: stamp, publisher: key.publisher, topic: key.topic, count: count, arrived: lastTime,
            timedOut: false, isLate: isLate)
        arrivals += 1
        let arrival = arrivals
        let element = HeldMessages<Message>.Element(
            release: release, stream: stream, needs: needs(of: stamp, key), arrival: arrival)
        let place = held.insert(element)
        streams[stream].hold(count, at: place)
        // If it was the first of its stream, then what came before it is not owed, and nothing waits for that any longer.
        wake(stream)
        proceed(place)
        drain(&releases)
        expireOverdue(&releases)
        if held.count > capacity {
            counts.overflows += 1
            while held.count > capacity, let oldest = held.oldest { giveUp(oldest, &releases) }
        }
        return held.contains(place, arrival: arrival) ? .held : .released
    }

    /// Gives up on each message whose time is over. Times do not step back and the timeout is the same for all, so the oldest is the first.
    mutating func expireOverdue(_ releases: inout [InboxRelease<Message>]) {
        while let oldest = held.oldest, let deadline = deadline(of: oldest), deadline <= lastTime { giveUp(oldest, &releases) }
    }

    /// Releases a message without waiting any longer, and before it whatever is held and happened before it.
    mutating func giveUp(_ place: Int, _ releases: inout [InboxRelease<Message>]) {
        let arrival = held[place].arrival
        var isReached: Set = [place]
        var open = [place]
        var given: [HeldMessages<Message>.Need] = []
        while let next = open.popLast() {
            for need in held[next].needs where streams[need.stream].standing(of: need.count) == .awaited {
                given.append(need)
                for other in streams[need.stream].heldPlaces(through: need.count) where isReached.insert(other).inserted {
                    open.append(other)
                }
            }
        }
        for need in given {
            streams[need.stream].giveUp(need.count)
            wake(need.stream)
        }
        // None of these waits for anything now but for others of them, so they come out in causal order.
        drain(&releases)
        guard held.contains(place, arrival: arrival) else { return }
        // Unless stamps contradict each other: two messages name each other as their past. Nothing may wait for ever because of that.
        streams[held[place].needs[held[place].position].stream].waiters.remove(place: place)
        release(place, timedOut: true, &releases)
        drain(&releases)
    }

    /// Goes on through the needs of a held message: it is ready, or waits for the next thing.
    mutating func proceed(_ place: Int) {
        while true {
            let needs = held[place].needs
            var position = held[place].position
            let isWhole = position == 0
            while position < needs.count {
                looks += 1
                let need = needs[position]
                switch streams[need.stream].standing(of: need.count) {
                case .settled: break
                case .passed: held[place].hasPassed = true
                case .awaited:
                    held[place].position = position
                    let waiter = WaiterHeap.Waiter(count: need.count, arrival: held[place].arrival, place: place)
                    streams[need.stream].waiters.insert(waiter)
                    return
                }
                position += 1
            }
            // What was passed over may have become known while the message waited for something else.
            if isWhole || !held[place].hasPassed {
                ready.append(place)
                return
            }
            held[place].position = 0
            held[place].hasPassed = false
        }
    }

    /// Lets go on what waited for a stream to get as far as it is now.
    mutating func wake(_ stream: Int) {
        let reached = streams[stream].reach == .whole ? streams[stream].settled : .max
        while let waiter = streams[stream].waiters.pop(reached: reached) { proceed(waiter.place) }
    }

    /// Releases what is ready, and what becomes ready by that.
    mutating func drain(_ releases: inout [InboxRelease<Message>]) {
        var next = 0
        while next < ready.count {
            release(ready[next], timedOut: false, &releases)
            next += 1
        }
        ready.removeAll(keepingCapacity: true)
    }

    private mutating func release(_ place: Int, timedOut: Bool, _ releases: inout [InboxRelease<Message>]) {
        let element = held.remove(place)
        var release = element.release
        for need in element.needs {
            if streams[need.stream].standing(of: need.count) == .passed { streams[need.stream].overtake(need.count) }
        }
        release.timedOut =
            timedOut
            || element.needs.contains { streams[$0.stream].missing.containsGivenUp(above: $0.above, through: $0.count) }
        counts.released += 1
        if release.timedOut { counts.timedOut += 1 }
        if release.isLate { counts.late += 1 }
        releases.append(release)
        streams[element.stream].release(release.count)
        wake(element.stream)
    }

    /// What a message has to wait for: of its own publisher and topic what came before it, of the others what its stamp says.
    private mutating func needs(of stamp: DependencyStamp, _ key: PublisherTopic) -> [HeldMessages<Message>.Need] {
        var needs: [HeldMessages<Message>.Need] = []
        for entry in stamp.entries {
            looks += 1
            let other = PublisherTopic(publisher: entry.publisher, topic: entry.topic)
            let count = other == key ? entry.count - 1 : entry.count
            guard count > 0, let stream = place(of: other), streams[stream].standing(of: count) != .settled else { continue }
            needs.append(HeldMessages<Message>.Need(stream: stream, count: count, above: streams[stream].settled))
        }
        return needs
    }
}
