import Trace

extension Plan {
    /// Draws a world.
    init(_ shape: Shape, _ random: inout SplitMix64) {
        self.shape = shape
        run = random.next() | 1
        routesOnRelease = random.chance(50)
        lastPacketID = UInt16(random.element(of: [24, 100, 65_535]))
        window = random.pick(shape.window)
        let topics = ["plant", "plant/a", "plant/a/heat", "plant/b/heat", "yard", "yard/$x"]
        let publishers = random.pick(shape.publishers)
        let relays = random.pick(shape.relays)
        for number in 0..<publishers { addPublisher(number, random.shuffled(topics), &random) }
        for number in 0..<relays { addRelay(number, topics, &random) }
        for number in 0..<random.pick(shape.subscribers) { addSubscriber(number, topics, &random) }
        for number in 0..<random.pick(shape.members) { addMember(number, &random) }
        publishingEnd = max(publishingEnd, actions.map(\.at).max() ?? 0)
        if shape.orders.upperBound > 0 { addShop(&random) }
        for client in clients.indices { actions.append((Self.start + random.microseconds(0...5000), .connect(client))) }
        addTwins(&random)
        let subscribers = clients.indices.filter { client in
            !clients[client].filters.isEmpty && !clients[client].isService && clients[client].twin == nil
                && !clients.contains { $0.twin == client }
        }
        let senders = clients.indices.filter { !clients[$0].publishes.isEmpty || clients[$0].relay != nil }
        let services = clients.indices.filter { clients[$0].isService }
        addAbsences(random.pick(shape.subscriberCuts), of: subscribers + services, &random) { .cut($0) }
        addAbsences(
            random.pick(shape.publisherCuts), of: senders.filter { shape.losesPublisherSessions || clients[$0].keepsSession }, &random
        ) { .cut($0) }
        addAbsences(random.pick(shape.departures), of: subscribers + services, &random) { .leave($0) }
        if shape.farewells.upperBound > 0 {
            let farewells = random.pick(shape.farewells)
            for client in random.shuffled(Array(Set(subscribers + senders)).sorted()).prefix(farewells) {
                actions.append((moment(&random), .farewell(client)))
            }
        }
        for _ in 0..<random.pick(shape.unsubscribes) {
            let client = random.element(of: subscribers)
            let filter = random.pick(0...clients[client].filters.count - 1)
            let at = moment(&random)
            actions.append((at, .unsubscribe(client, filter)))
            if random.chance(60) { actions.append((at + random.microseconds(100...40_000), .subscribe(client, filter))) }
        }
        for _ in 0..<random.pick(shape.lateSubscriptions) {
            let client = random.element(of: subscribers)
            // The filter may be held already: then it is a second SUBSCRIBE for it.
            actions.append((moment(&random), .subscribe(client, random.pick(0...clients[client].filters.count - 1))))
        }
        for _ in 0..<random.pick(shape.liveResends) { actions.append((moment(&random), .resendLive(random.element(of: subscribers)))) }
        addLocks(&random)
        let subscribersAlone = clients.indices.filter { client in clients[client].twin == nil && !clients.contains { $0.twin == client } }
        queueCap = shape.queueCap.map { random.pick($0) }
        droppedBefore = random.pick(1...40)
        for _ in 1..<max(1, shape.hosts) {
            // Seconds, ahead or behind.
            let skew = Int64(random.microseconds(500_000...8_000_000))
            clocks.append(random.chance(50) ? skew : -skew)
        }
        for client in clients.indices {
            clients[client].host = clients[client].twin.map { clients[$0].host } ?? random.pick(0...shape.hosts - 1)
            clients[client].tellsCounters = random.chance(shape.counters) && subscribersAlone.contains(client)
        }
        actions.append((publishingEnd + 80_000_000, .gather))
        retainedComesFirst = random.chance(50)
    }

    private mutating func addLocks(_ random: inout SplitMix64) {
        for lock in 0..<random.pick(shape.locks) {
            locks.append(Int64(random.pick(0...20)))
            let users = random.shuffled(Array(clients.indices.filter { clients[$0].twin == nil })).prefix(random.pick(2...4))
            for _ in 0..<random.pick(shape.sections) {
                let delta = Int64(random.element(of: [-2, -1, -1, 0, 0, 1, 1, 1, 2]))
                actions.append((moment(&random), .section(client: random.element(of: Array(users)), lock: lock, delta: delta)))
            }
        }
    }

    /// A moment while messages flow.
    func moment(_ random: inout SplitMix64) -> UInt64 {
        Self.publishingStart + random.microseconds(0...Int((publishingEnd - Self.publishingStart) / 1000))
    }

    mutating func addClient(_ name: String, _ group: String, _ random: inout SplitMix64) -> ClientPlan {
        var client = ClientPlan(
            process: UInt32(clients.count) + 1, name: name, group: group, isVersion5: random.chance(shape.version5),
            keepsSession: random.chance(shape.keeping),
            resendsIntoNewSession: random.chance(30), tellsUnknown: random.chance(50), deliversOnRelease: random.chance(60),
            window: random.pick(2...20), latency: random.pick(50...600), jitter: random.pick(0...1500))
        if random.chance(shape.switching), shape.keeping < 100 {
            client.keepsSession = true
            client.becomesKept = true
        }
        client.showsPackets = random.chance(shape.packets)
        if random.chance(shape.slowAcknowledgements) { client.acknowledgesAfter = random.pick(200...4000) }
        if random.chance(shape.wills) {
            client.will = PublishPlan(
                topic: random.element(of: ["plant/gone", "yard/gone"]), qos: random.element(of: shape.willQoS),
                retain: random.chance(shape.retained))
        }
        return client
    }

    private mutating func addPublisher(_ number: Int, _ topics: [String], _ random: inout SplitMix64) {
        var client = addClient("publisher-\(number)", "publishers", &random)
        let own = Array(topics.prefix(random.pick(1...2)))
        // Either one QoS for each topic or a mixture.
        let qos = random.chance(70) ? own.map { _ in random.element(of: shape.publishQoS) } : []
        var at = Self.publishingStart + random.microseconds(0...4000)
        for _ in 0..<random.pick(shape.messages) {
            let topic = random.pick(0...own.count - 1)
            var publish = PublishPlan(at: at, topic: own[topic], qos: qos.isEmpty ? random.element(of: shape.publishQoS) : qos[topic])
            publish.retain = random.chance(shape.retained)
            publish.isEmpty = publish.retain && random.chance(shape.clears)
            client.publishes.append(publish)
            at += random.chance(30) ? random.microseconds(1...300) : random.microseconds(300...6000)
        }
        for (index, publish) in client.publishes.enumerated() { actions.append((publish.at, .publish(clients.count, index))) }
        clients.append(client)
    }

    private mutating func addRelay(_ number: Int, _ topics: [String], _ random: inout SplitMix64) {
        var client = addClient("relay-\(number)", "relays", &random)
        client.relay = PublishPlan(topic: "relay/\(number)", qos: random.element(of: shape.publishQoS))
        // Only relays before it, so that no message goes round for ever.
        let sources = topics + (0..<number).map { "relay/\($0)" }
        client.hasInbox = random.chance(shape.inboxes)
        client.filters = drawFilters(sources, wide: ["plant/#", "yard/+"], of: client, &random)
        if shape.relaysReadThemselves {
            var own = FilterPlan(filter: "relay/\(number)", qos: random.element(of: shape.subscribeQoS))
            own.options = .noLocal
            client.filters.append(own)
        }
        clients.append(client)
    }

    private mutating func addSubscriber(_ number: Int, _ topics: [String], _ random: inout SplitMix64) {
        var client = addClient("subscriber-\(number)", "subscribers", &random)
        client.hasInbox = random.chance(shape.inboxes)
        client.filters = drawFilters(topics, wide: ["plant/#", "yard/#", "#", "plant/+/heat", "+"], of: client, &random)
        if clients.contains(where: { $0.relay != nil }), client.filters.allSatisfy({ $0.filter != "#" }), random.chance(80) {
            client.filters.append(FilterPlan(filter: "relay/#", qos: random.element(of: shape.subscribeQoS)))
        }
        clients.append(client)
    }

    private mutating func addMember(_ number: Int, _ random: inout SplitMix64) {
        var client = addClient("member-\(number)", "members", &random)
        client.filters = [FilterPlan(filter: "$share/team/plant/#", qos: random.element(of: shape.subscribeQoS))]
        clients.append(client)
    }

    /// A second process connects under the name of a subscriber that still has its connection.
    private mutating func addTwins(_ random: inout SplitMix64) {
        let subscribers = clients.indices.filter { clients[$0].group == "subscribers" }
        for client in random.shuffled(subscribers).prefix(random.pick(shape.twins)) {
            // What the first process has received in part the second does not know.
            for filter in clients[client].filters.indices { clients[client].filters[filter].qos = random.element(of: [0, 1]) }
            clients[client].will = nil
            clients[client].hasInbox = false
            clients[client].becomesKept = false
            clients[client].keepsSession = random.chance(shape.keeping)
            var twin = clients[client]
            twin.twin = client
            actions.append((moment(&random), .connect(clients.count)))
            clients.append(twin)
        }
    }

    /// Filters of which no two match one topic, unless the shape asks for that.
    private func drawFilters(_ topics: [String], wide: [String], of client: ClientPlan, _ random: inout SplitMix64) -> [FilterPlan] {
        func make(_ filter: String) -> FilterPlan {
            var plan = FilterPlan(
                filter: filter, qos: random.element(of: shape.subscribeQoS),
                isEarly: random.chance(shape.lateSubscriptions.upperBound > 0 ? 85 : 100))
            if client.isVersion5, !client.hasInbox, random.chance(30) {
                plan.options = random.element(of: [.retainedIfNew, .noRetained, .retainAsPublished, .noLocal])
            }
            return plan
        }
        if random.chance(shape.overlapping) {
            return random.shuffled(Array(Set(wide + topics)).sorted()).prefix(random.pick(2...3)).map(make)
        }
        if random.chance(60) { return [make(random.element(of: wide))] }
        return random.shuffled(topics).prefix(random.pick(1...4)).map(make)
    }

    private mutating func addAbsences(_ count: Int, of clients: [Int], _ random: inout SplitMix64, _ action: (Int) -> Action) {
        guard !clients.isEmpty else { return }
        for _ in 0..<count {
            let client = random.element(of: clients)
            let at = moment(&random)
            actions.append((at, action(client)))
            actions.append((at + random.microseconds(500...40_000), .connect(client)))
        }
    }
}
