/// How evenly the clients of a group got on in the hold: the slowest and the fastest beside the median.
package struct Fairness: Sendable, Equatable {
    /// What of a client is compared.
    package enum Kind: String, CaseIterable, Sendable {
        /// What it published and was acknowledged.
        case acked
        /// What it received, every copy.
        case delivered
    }

    /// A client and its rate.
    package struct Client: Sendable, Equatable {
        /// Its name.
        package var name: String
        /// Messages a second of the hold.
        package var perSecond: Double
    }

    /// The group.
    package var group: String
    /// What is compared.
    package var kind: Kind
    /// How many clients are.
    package var clients: Int
    /// The one with the least.
    package var slowest: Client
    /// What half of them have at least.
    package var median: Double
    /// The one with the most.
    package var fastest: Client

    /// What one client did in the hold.
    struct Share: Sendable {
        var name: String
        var count: Int
    }

    /// Compares the clients of a group; `nil` where there are not two to compare, or nobody has got anywhere.
    init?(group: String, kind: Kind, _ shares: [Share], seconds: Double) {
        guard shares.count > 1, seconds > 0 else { return nil }
        let sorted = shares.sorted { ($0.count, $0.name) < ($1.count, $1.name) }
        let (least, most) = (sorted[0], sorted[sorted.count - 1])
        guard most.count > 0 else { return nil }
        func rate(_ share: Share) -> Client { Client(name: share.name, perSecond: Double(share.count) / seconds) }
        self.group = group
        self.kind = kind
        clients = shares.count
        slowest = rate(least)
        fastest = rate(most)
        // By nearest rank, as the percentiles of latencies.
        median = Double(sorted[(sorted.count - 1) / 2].count) / seconds
    }
}
