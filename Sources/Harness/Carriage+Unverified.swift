internal import Verification
internal import Workload

extension Carriage {
    /// Of clients that only connect, that is what has to have happened.
    var absent: [String] {
        guard profile.groups.contains(where: \.isIdle) else { return [] }
        let connected = report.exercised.begun + report.exercised.resumed
        guard connected < profile.clientCount else { return [] }
        return ["The run had \(connected) connections, fewer than its \(profile.clientCount) clients, so not every client had one."]
    }

    /// What a run of this profile cannot verify, however well it goes, one sentence each.
    package var unverified: [String] {
        guard profile.shop == nil else { return [] }
        var sentences: [String] = []
        let publishes = profile.groups.contains { $0.publish != nil }
        if publishes, profile.groups.allSatisfy({ $0.subscribe == nil }) {
            sentences.append(
                "Not verified: whether messages reach anybody. Nobody subscribed, and what is never received cannot be proved delivered; "
                    + "verified is that the broker took them, as far as their QoS has an acknowledgement.")
        }
        let waiting = profile.groups.filter { $0.subscribe?.awaitsStrangers == true }.map(\.name)
        if !waiting.isEmpty {
            sentences.append(
                "Not verified: whether \(waiting.joined(separator: ", ")) received all of what others sent, once and in order. Nobody knows what "
                    + "they sent; verified is that what came matches a subscription, and it is counted.")
        }
        if !publishes, waiting.isEmpty {
            sentences.append(
                "Not verified: anything about messages, since none were sent; verified is that the clients connected and stayed.")
        }
        return sentences
    }
}
