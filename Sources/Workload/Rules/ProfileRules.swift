/// What must hold between the values of a profile.
struct ProfileRules {
    let profile: Profile
    let problems: Problems

    func check() {
        ConditionRules(profile: profile, problems: problems).check()
        if let shop = profile.shop { return ShopRules(shop: shop, profile: profile, problems: problems).check() }
        if profile.thresholds.contains(where: { $0.metric == .orders }) {
            problems.report(
                "thresholds.orders", "counts orders of a shop, and this profile has none; expected a metric of messages, as throughput")
        }
        for requirement in profile.requirements where requirement.event.needsShop {
            problems.report(
                "require.\(requirement.event.rawValue)",
                "happens in a shop only, and this profile has none; expected an event of messages, as redelivered")
        }
        checkNames()
        checkPublishersExist()
        for (index, group) in profile.groups.enumerated() { checkTopics(group, path: "groups[\(index)]") }
        checkClientIDs()
        checkTimes()
        checkStalls()
        LifeRules(profile: profile, problems: problems).check()
        // Feeds of malformed topics would only lead to more complaints about the same mistake.
        guard problems.found.isEmpty else { return }
        let feeds = FeedGraph(profile.groups, user: profile.user)
        checkFeeds(feeds)
        checkSizes(feeds)
        checkSizeLimit(feeds)
    }

    private func checkNames() {
        var first: [String: Int] = [:]
        for (index, group) in profile.groups.enumerated() {
            if let before = first[group.name] {
                problems.report(
                    "groups[\(index)].name", "'\(group.name)' is the name of groups[\(before)] already; expected a name of its own")
            } else {
                first[group.name] = index
            }
        }
    }

    private func checkPublishersExist() {
        let publishers = profile.groups.filter { $0.publish != nil }
        checkStrangers()
        if publishers.isEmpty, profile.groups.contains(where: { $0.isIdle || $0.subscribe?.awaitsStrangers == true }) {
            if profile.phases.hold == nil {
                problems.report("phases.hold", "is missing, and no group publishes, so nothing says when the run is over; expected hold")
            }
        } else if publishers.isEmpty {
            problems.report("groups", "no group publishes, so nothing would happen; expected at least one with publish")
        } else if publishers.allSatisfy(\.isRelay) {
            problems.report("groups", "every publisher is a relay, so nobody publishes first; expected a group with a rate")
        }
    }

    /// Nobody else gets into a broker of the run's own.
    private func checkStrangers() {
        guard !profile.isAtForeignBroker else { return }
        for (index, group) in profile.groups.enumerated() where group.subscribe?.awaitsStrangers == true {
            problems.report(
                "groups[\(index)].subscribe.strangers",
                "waits for messages of others, whom the embedded broker does not let in; expected a broker that others use, as target.broker"
            )
        }
    }

    private func checkTopics(_ group: Profile.Group, path: String) {
        if let publish = group.publish {
            for (index, topic) in publish.topics.enumerated() {
                let path = "\(path).publish.topic" + (publish.topics.count == 1 ? "" : "[\(index)]")
                check(topic, of: group, path: path, problem: TopicSyntax.problem(inName:))
            }
            checkProperties(publish, of: group, path: "\(path).publish")
        }
        for (index, filter) in (group.subscribe?.filters ?? []).enumerated() {
            check(filter, of: group, path: "\(path).subscribe.filters[\(index)]", problem: TopicSyntax.problem(inFilter:))
        }
        if let will = group.will {
            check(will.topic, of: group, path: "\(path).will.topic", problem: TopicSyntax.problem(inName:))
        }
        checkOptions(group, path: "\(path).subscribe")
        if Set(group.subscribe?.filters.map { ExactText($0.description) } ?? []).count < group.subscribe?.filters.count ?? 0 {
            problems.report(
                "\(path).subscribe.filters", "names a filter twice; the second subscription would replace the first (MQTT-3.8.4-3)")
        }
    }

    private func checkProperties(_ publish: Profile.Publish, of group: Profile.Group, path: String) {
        let said = [
            ("content_type", publish.properties.contentType != nil), ("user_properties", !publish.properties.user.isEmpty),
            ("aliases", publish.properties.aliases > 0),
        ]
        if let first = said.first(where: \.1)?.0, group.protocolVersion == .v311 {
            problems.report(
                "\(path).\(first)", "is of MQTT 5.0 (3.3.2.3), and the group speaks 3.1.1; expected protocol \"5.0\", or nothing of it")
        }
        if publish.payload?.proof == .properties {
            if group.protocolVersion == .v311 {
                problems.report(
                    "\(path).payload.proof",
                    "properties are of MQTT 5.0, and the group speaks 3.1.1; expected protocol \"5.0\", or proof: payload")
            } else if let other = profile.groups.first(where: { $0.subscribe != nil && $0.protocolVersion == .v311 }) {
                problems.report(
                    "\(path).payload.proof",
                    "would not reach the group '\(other.name)', as MQTT 3.1.1 has no properties; expected protocol \"5.0\" in all groups that subscribe, or proof: payload"
                )
            }
        }
        if publish.properties.aliases > 0, group.engine == .libmosquitto {
            problems.report("\(path).aliases", "needs the engine wire, as libmosquitto gives no aliases; leave one of them out")
        }
    }

    private func checkOptions(_ group: Profile.Group, path: String) {
        guard let subscribe = group.subscribe, !subscribe.options.isPlain else { return }
        if group.protocolVersion == .v311 {
            problems.report(
                path,
                "asks for options that MQTT 5.0 brought (3.8.3.1), and the group speaks 3.1.1; expected protocol \"5.0\", or no options")
        }
        if subscribe.options.noLocal, subscribe.filters.contains(where: \.isShared) {
            problems.report(
                "\(path).no_local", "stands beside a shared subscription, which is a protocol error (MQTT-3.8.3-4); leave one of them out")
        }
    }

    private func check(_ template: TopicTemplate, of group: Profile.Group, path: String, problem: (String) -> String?) {
        if template.segments.contains(.placeholder(.user)), profile.user.isEmpty {
            problems.report(path, "uses %u, but the target names no user; expected a broker URL with a user, or no %u")
            return
        }
        let longest = TopicPattern(template, group: group, user: profile.user).longest
        if let problem = problem(longest) {
            problems.report(path, "'\(template.description)' \(problem)")
        }
    }

    private func checkClientIDs() {
        let total = profile.groups.reduce(0) { $0 + $1.count }
        // Groups of one name share the default identifiers; one complaint is enough.
        guard Set(profile.groups.map(\.name)).count == profile.groups.count else { return }
        guard total <= ProfileDecoder.greatestClientCount else {
            problems.report("groups", "ask for \(total) clients in all; expected at most \(ProfileDecoder.greatestClientCount)")
            return
        }
        var owner: [ExactText: Int] = [:]
        owner.reserveCapacity(total)
        groups: for (index, group) in profile.groups.enumerated() {
            let path = "groups[\(index)].client_id"
            let longest = TopicPattern(group.clientID, group: group, user: "").longest
            if let problem = TopicSyntax.problem(ofCharactersIn: longest) {
                problems.report(path, "'\(group.clientID.description)' \(problem)")
                continue
            }
            guard longest.utf8.count <= TopicSyntax.greatestLength else {
                problems.report(path, "can grow beyond \(TopicSyntax.greatestLength) bytes")
                continue
            }
            for number in 0..<group.count {
                let id = group.client(number, user: "").id
                guard let before = owner.updateValue(index, forKey: ExactText(id)) else { continue }
                if before == index {
                    problems.report(
                        path,
                        "'\(group.clientID)' is the same for several clients, and each would take over the session of the one before; expected %i in it"
                    )
                } else {
                    problems.report(
                        path,
                        "'\(id)' is a client of the group '\(profile.groups[before].name)' too, and one would take over the session of the other; expected %g in it"
                    )
                }
                continue groups
            }
        }
    }

    /// A socket that is left unread for too long costs the connection, and a clean session with it.
    private func checkStalls() {
        for (index, group) in profile.groups.enumerated() {
            guard let stall = group.subscribe?.stall, let longest = stall.longest(keepAlive: group.keepAliveSeconds),
                stall.duration > longest
            else { continue }
            let needed = (stall.duration.wholeNanoseconds + 999_999_999) / 1_000_000_000 + 1
            let other = needed <= 65_535 ? "a keepalive of at least \(needed)s" : "keepalive: 0s for none"
            problems.report(
                "groups[\(index)].subscribe.stall.for",
                "is \(DurationFormat.text(stall.duration)) under a keepalive of \(group.keepAliveSeconds)s: the broker's answer to a ping waits unread meanwhile, and the client gives the connection up; expected at most \(DurationFormat.text(longest)), or \(other)"
            )
        }
    }

    private func checkTimes() {
        let endless = profile.groups.firstIndex { group in
            group.publish.map { $0.messages == nil && $0.pace != .onReceived } ?? false
        }
        guard let hold = profile.phases.hold else {
            if let endless {
                problems.report(
                    "phases.hold",
                    "is missing, and the group '\(profile.groups[endless].name)' never stops; expected hold, or messages in every publish with a rate"
                )
            }
            return
        }
        for (index, group) in profile.groups.enumerated() {
            if let stall = group.subscribe?.stall, stall.after >= profile.phases.warmUp + hold {
                problems.report(
                    "groups[\(index)].subscribe.stall.after",
                    "the load is over after warm_up and hold, \(DurationFormat.text(profile.phases.warmUp + hold)), before the stall begins; expected less"
                )
            }
        }
    }

    private func checkFeeds(_ feeds: FeedGraph) {
        for (index, group) in profile.groups.enumerated() where group.subscribe?.awaitsStrangers != true {
            for (number, filter) in (group.subscribe?.filters ?? []).enumerated() {
                let pattern = TopicPattern(filter, group: group, user: profile.user).unshared
                let fed = profile.groups.contains { publisher in
                    ((publisher.publish?.topics ?? []) + [publisher.will?.topic].compactMap(\.self)).contains {
                        pattern.feed(from: TopicPattern($0, group: publisher, user: profile.user)) != .none
                    }
                }
                if !fed {
                    problems.report(
                        "groups[\(index)].subscribe.filters[\(number)]",
                        "'\(filter)' matches no topic that a group of this profile publishes or has a will on, so nothing would ever be delivered; compare it with the topics"
                    )
                }
            }
        }
        if let cycle = feeds.relayCycle() {
            let names = (cycle + [cycle[0]]).map { profile.groups[$0].name }.joined(separator: " -> ")
            let topic = "groups[\(cycle[cycle.count - 1])].publish.topic"
            problems.report(topic, "relays feed themselves without end: \(names); expected a topic that no relay before it subscribes to")
        }
    }

    private func checkSizes(_ feeds: FeedGraph) {
        for (index, group) in profile.groups.enumerated() {
            guard let publish = group.publish else { continue }
            let entries = feeds.greatestStamp(of: index)
            let least = LoadMessage.leastSize(stampEntries: entries)
            let longest = publish.topics.map { TopicPattern($0, group: group, user: profile.user).longest }
            let greatest = longest.map(Self.greatestPayload).min() ?? 0
            let path = "groups[\(index)].publish.size"
            if least > greatest {
                problems.report(
                    path,
                    "the vector timestamp of \(entries) entries needs \(least) bytes, more than an MQTT packet holds; expected fewer publishers upstream"
                )
            } else if publish.sizes.least < least {
                problems.report(
                    path,
                    "\(publish.sizes.least) bytes are too few: the load message with a vector timestamp of up to \(entries) \(entries == 1 ? "entry" : "entries") needs \(least); expected at least \(least), or no size for just that"
                )
            } else if publish.size > greatest {
                problems.report(path, "\(publish.size) bytes are too many for one MQTT packet; expected at most \(greatest)")
            }
        }
    }

    /// Over MQTT 3.1.1 mosquitto acknowledges what is larger than its `message_size_limit`, and drops it: that would look like loss.
    private func checkSizeLimit(_ feeds: FeedGraph) {
        guard case .embedded(let settings) = profile.target,
            let limit = settings.last(where: { $0.key == "message_size_limit" }).flatMap({ Int($0.value) }), limit > 0
        else { return }
        for (index, group) in profile.groups.enumerated() {
            guard group.protocolVersion == .v311, let publish = group.publish, publish.qos.contains(where: { $0 > 0 }) else { continue }
            let size = max(publish.size, LoadMessage.leastSize(stampEntries: feeds.greatestStamp(of: index)))
            guard size > limit else { continue }
            problems.report(
                "target.embedded.settings.message_size_limit",
                "is \(limit), and the group '\(group.name)' publishes payloads of \(size) bytes over MQTT 3.1.1, which mosquitto would acknowledge and drop; expected at least \(size), max_packet_size, or protocol \"5.0\""
            )
        }
    }

    /// The greatest payload beside a topic: the greatest remaining length (MQTT 2.2.3) less topic, packet identifier and, in
    /// MQTT 5.0, the length of no properties.
    static func greatestPayload(topic: String) -> Int {
        268_435_455 - (2 + topic.utf8.count) - 2 - 1
    }
}
