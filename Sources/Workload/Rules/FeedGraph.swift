/// Which group's messages reach which group, directly and through groups that publish themselves.
struct FeedGraph {
    /// `direct[receiver][publisher]`: through the receiver's filters.
    let direct: [[TopicPattern.Feed]]
    /// `upstream[receiver][publisher]`: directly, or through groups in between that carry the past on in their stamps.
    let upstream: [[TopicPattern.Feed]]
    private let groups: [Profile.Group]

    init(_ groups: [Profile.Group], user: String) {
        self.groups = groups
        let topics = groups.map { group in (group.publish?.topics ?? []).map { TopicPattern($0, group: group, user: user) } }
        let direct = groups.map { receiver in
            let filters = (receiver.subscribe?.filters ?? []).map { TopicPattern($0, group: receiver, user: user).unshared }
            return topics.map { topics in
                topics.flatMap { topic in filters.map { $0.feed(from: topic) } }.max() ?? .none
            }
        }
        var upstream = direct
        // Warshall's closure; the order of feeds makes a second way that is wider win.
        for between in groups.indices where groups[between].publish != nil {
            for receiver in groups.indices {
                for publisher in groups.indices {
                    let through = upstream[between][publisher].then(upstream[receiver][between])
                    upstream[receiver][publisher] = max(upstream[receiver][publisher], through)
                }
            }
        }
        self.direct = direct
        self.upstream = upstream
    }

    /// The most entries in the stamp of a message that a client of this group publishes: itself, and every process upstream of it.
    func greatestStamp(of group: Int) -> Int {
        let others = groups.indices.filter { $0 != group }.reduce(0) { sum, publisher in
            switch upstream[group][publisher] {
            case .none: sum
            case .sameNumber: sum + 1
            case .any: sum + groups[publisher].count
            }
        }
        return others + (upstream[group][group] == .any ? groups[group].count : 1)
    }

    /// The relay groups of a cycle in which each feeds the next and the last the first; `nil` where there is none.
    func relayCycle() -> [Int]? {
        let relays = groups.indices.filter { groups[$0].isRelay }
        for start in relays {
            // The shortest way back to the start, breadth first.
            var cameFrom: [Int: Int] = [:]
            var queue = [start]
            while !queue.isEmpty {
                let group = queue.removeFirst()
                for next in relays where direct[next][group] != .none {
                    if next == start {
                        var cycle = [group]
                        while cycle[0] != start, let before = cameFrom[cycle[0]] { cycle.insert(before, at: 0) }
                        return cycle
                    }
                    if cameFrom[next] == nil {
                        cameFrom[next] = group
                        queue.append(next)
                    }
                }
            }
        }
        return nil
    }
}
