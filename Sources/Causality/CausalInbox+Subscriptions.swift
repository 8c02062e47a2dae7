extension CausalInbox {
    /// How many pairs that no filter matches are remembered; beyond that they are looked up anew.
    private static var greatestUnmatched: Int { 4096 }

    /// The subscriber subscribes to something more. Call it before SUBSCRIBE is sent, since the broker may send what matches before
    /// it answers (MQTT 3.8.4). Messages that are held already do not wait for what only the new subscription brings: it is not owed.
    public mutating func subscribe(_ subscription: InboxSubscription) {
        subscriptions.append(subscription)
        unmatched.removeAll()
        for index in streams.indices {
            let before = streams[index].reach
            streams[index].reach = reach(of: streams[index].key)
            // Something was sent while nothing of it came here.
            if before != .whole, streams[index].reach == .whole {
                streams[index].reopen(waiting: start(of: streams[index].key) != .midstream(waiting: false))
            }
        }
    }

    /// The subscriber withdrew its subscriptions with this filter. Call it when UNSUBACK has come.
    /// - Returns: what waited only for what will not come any more.
    public mutating func unsubscribe(_ filter: TopicFilter) -> [InboxRelease<Message>] {
        subscriptions.removeAll { $0.filter == filter }
        for index in streams.indices {
            streams[index].reach = reach(of: streams[index].key)
            wake(index)
        }
        var releases: [InboxRelease<Message>] = []
        drain(&releases)
        return releases
    }

    /// The broker has lost the session, or the subscriber came back with a clean one and has subscribed again. What was sent in
    /// between will not come, so everything held is released as by ``releaseAll()``, and all publishers and topics begin anew as in
    /// ``InboxSubscription/Start/midstream(waiting:)``. What was released before is still known.
    public mutating func sessionLost(waiting: Bool) -> [InboxRelease<Message>] {
        let releases = releaseAll()
        for index in subscriptions.indices { subscriptions[index].start = .midstream(waiting: waiting) }
        for index in streams.indices { streams[index].reopen(waiting: waiting) }
        return releases
    }

    /// The place of a publisher and topic among the streams; `nil` where no filter matches.
    mutating func place(of key: PublisherTopic) -> Int? {
        if let place = places[key] { return streams[place].reach == .none ? nil : place }
        if unmatched.contains(key) { return nil }
        let reach = reach(of: key)
        guard reach != .none else {
            if unmatched.count >= Self.greatestUnmatched { unmatched.removeAll(keepingCapacity: true) }
            unmatched.insert(key)
            return nil
        }
        let stream = InboxStream(key: key, reach: reach, start: start(of: key), settled: had[key.publisher, key.topic])
        streams.append(stream)
        places[key] = streams.count - 1
        return streams.count - 1
    }

    private func reach(of key: PublisherTopic) -> InboxStream.Reach {
        var reach = InboxStream.Reach.none
        for subscription in subscriptions where subscription.brings(key) {
            if !subscription.filter.isShared { return .whole }
            reach = .part
        }
        return reach
    }

    /// Of several subscriptions the one that owes the most counts.
    private func start(of key: PublisherTopic) -> InboxSubscription.Start {
        var waits = false
        for subscription in subscriptions where !subscription.filter.isShared && subscription.brings(key) {
            switch subscription.start {
            case .beginning: return .beginning
            case .midstream(let waiting): waits = waits || waiting
            }
        }
        return .midstream(waiting: waits)
    }
}
