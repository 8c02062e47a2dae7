internal import MQTT
package import Verification
package import Workload

/// Whether a run carried what its profile is about. A rule that holds over nothing is no proof, so where nothing was carried the verdict is inconclusive,
/// and one sentence says for whom and why.
package struct Carriage {
    let profile: Profile
    let report: CheckReport
    /// Why things went as they did, in words, as far as somebody knows more than the trace tells.
    private let causes: Causes

    /// What the harness knows of the causes.
    package struct Causes: Sendable {
        /// By group and QoS, why a message was refused last.
        package var refusals: [String: [Int: String]]
        /// By group, how often connections were lost and why the last was.
        package var losses: [String: (count: Int, last: String)]

        /// Nothing is known.
        package init(refusals: [String: [Int: String]] = [:], losses: [String: (count: Int, last: String)] = [:]) {
            self.refusals = refusals
            self.losses = losses
        }
    }

    /// Asks what became of a profile.
    package init(_ profile: Profile, _ report: CheckReport, causes: Causes = Causes()) {
        self.profile = profile
        self.report = report
        self.causes = causes
    }

    /// One sentence for each group that carried nothing; none where all is well.
    package var doubts: [String] {
        guard profile.shop == nil else { return shopDoubts }
        if report.totals.published == 0, report.totals.refused == 0, profile.groups.contains(where: { $0.publish != nil }) {
            return ["The run ended before it sent anything, so nothing was put to the test."]
        }
        return absent + profile.groups.flatMap { group in publishing(group) + subscribing(group) }
    }

    private var shopDoubts: [String] {
        report.totals.published == 0 ? ["The run ended before anybody in the shop sent anything, so nothing was put to the test."] : []
    }

    /// For each QoS of a group's messages: some have to be acknowledged.
    private func publishing(_ group: Profile.Group) -> [String] {
        Set(group.publish?.qos ?? []).sorted().compactMap { level in
            let qos = Int(level)
            let part = report.parts.first { $0.group == group.name && $0.qos == qos }
            let totals = part?.totals ?? DeliveryTotals()
            if totals.acked > 0 { return nil }
            let count = totals.published + totals.refused
            guard count > 0 else {
                let relay = group.isRelay ? " It publishes what it receives." : ""
                return "Group '\(group.name)' sent nothing at QoS \(qos), so nothing is proved about it.\(relay)\(loss(group))"
            }
            let what = count == 1 ? "The only message" : "None of the \(count) messages"
            let end = count == 1 ? "was not acknowledged" : "was acknowledged"
            return "\(what) of group '\(group.name)' at QoS \(qos) \(end)\(reason(group, qos, part)).\(loss(group))\(size(group))"
        }
    }

    private func reason(_ group: Profile.Group, _ qos: Int, _ part: CheckReport.Part?) -> String {
        if let words = causes.refusals[group.name]?[qos] { return ": " + words.trimmingDot }
        return part?.refusals.first.map { ": " + ReasonCode(rawValue: UInt8(clamping: $0.reason)).description } ?? ""
    }

    private func loss(_ group: Profile.Group) -> String {
        guard let loss = causes.losses[group.name], loss.count > 0 else { return "" }
        let times = loss.count == 1 ? "once" : "\(loss.count) times"
        return " Its clients lost their connections \(times), the last as follows: \(loss.last.trimmingDot)."
    }

    /// How large a message may be, as far as anybody knows, where a group carried nothing and lost its connections: over MQTT 3.1.1 a broker that
    /// gets a message which is too large can only close.
    private func size(_ group: Profile.Group) -> String {
        guard group.protocolVersion == .v311, let publish = group.publish, let loss = causes.losses[group.name], loss.count > 0 else {
            return ""
        }
        if case .embedded(let settings) = profile.target {
            guard let limit = settings.last(where: { $0.key == "max_packet_size" }).flatMap({ Int($0.value) }), limit > 0 else { return "" }
            let what =
                publish.size > limit
                ? "the payload of this group's messages alone" : "the payload of this group's messages, without its topic,"
            return " The broker takes packets of at most \(limit) bytes (its max_packet_size), and \(what) has \(publish.size)."
        }
        let taken = profile.groups.filter(isTaken).compactMap { $0.publish?.size }.max()
        let refused = profile.groups.filter { !isTaken($0) && causes.losses[$0.name] != nil }.compactMap { $0.publish?.size }.min()
        // A broker that took a payload of that size did not close over another.
        guard let refused, taken ?? 0 < refused else { return "" }
        let most = taken.map { "the largest payload that it acknowledged has \($0) bytes" } ?? "it acknowledged no payload"
        return
            " Should it be the size: over MQTT 3.1.1 a broker does not tell its limit; here \(most), and the smallest over which it may have closed \(refused)."
    }

    /// Whether the broker has acknowledged messages of a group; at QoS 0 it acknowledges none.
    private func isTaken(_ group: Profile.Group) -> Bool {
        report.parts.contains { $0.group == group.name && $0.qos > 0 && $0.totals.acked > 0 }
    }

    /// Something has to come to a group that subscribes.
    private func subscribing(_ group: Profile.Group) -> [String] {
        guard let subscribe = group.subscribe else { return [] }
        let receiver = report.receivers.first { $0.group == group.name }
        if let receiver, receiver.deliveries > 0 { return [] }
        if subscribe.awaitsStrangers, report.strangers.messages > 0 { return [] }
        let granted = receiver?.lowered.first { $0.granted >= 0x80 }
        let why = granted.map { " The broker refused its subscriptions: \(ReasonCode(rawValue: UInt8(clamping: $0.granted)))." } ?? ""
        return ["Group '\(group.name)' subscribed at QoS \(subscribe.qos) and received nothing (0 deliveries).\(why)\(loss(group))"]
    }
}

extension String {
    /// The text without a full stop at its end.
    fileprivate var trimmingDot: String { hasSuffix(".") ? String(dropLast()) : self }
}
