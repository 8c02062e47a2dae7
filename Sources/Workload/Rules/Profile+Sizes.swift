extension Profile {
    /// Fills in the least size that fits where the profile names none, which the decoder marks with 0.
    func resolvingSizes() -> Profile {
        guard groups.contains(where: { $0.publish?.size == 0 }) else { return self }
        let feeds = FeedGraph(groups, user: user)
        var resolved = self
        resolved.groups = groups.enumerated().map { index, group in
            guard var publish = group.publish, publish.size == 0 else { return group }
            let least = LoadMessage.leastSize(stampEntries: feeds.greatestStamp(of: index))
            let own = publish.payload.map { TopicPattern($0.template, group: group, user: user).longest.utf8.count } ?? 0
            publish.sizes = .fixed(least + own)
            var group = group
            group.publish = publish
            return group
        }
        return resolved
    }

    /// The greatest packet that a broker of the run's own takes where the profile does not say: 1 MiB, or what the messages of the profile need.
    package var greatestPacket: Int {
        let payload = groups.compactMap { $0.publish?.size }.max() ?? 0
        // Beside the payload a packet has a topic and properties.
        return min(max(1 << 20, payload + 2 * TopicSyntax.greatestLength), BrokerOption.greatestPacket)
    }
}
