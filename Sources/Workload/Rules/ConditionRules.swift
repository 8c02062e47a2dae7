/// What must hold between the conditions of a profile, under `thresholds` and `abort`, and what it runs.
struct ConditionRules {
    let profile: Profile
    let problems: Problems

    func check() {
        for threshold in profile.thresholds {
            if profile.shop == nil { checkScope(threshold) } else { checkInShop(threshold) }
        }
        checkNumber()
        guard let hold = profile.phases.hold, !profile.abort.conditions.isEmpty else { return }
        let load = profile.phases.warmUp + hold
        if profile.abort.after >= load {
            problems.report(
                "abort.after",
                "is \(DurationFormat.text(profile.abort.after)), but there is load for \(DurationFormat.text(load)) only; expected less")
        }
    }

    /// Each part that is finer than a group and a QoS is measured by itself.
    private func checkNumber() {
        let fine = Set(profile.thresholds.compactMap(\.scope).filter(\.isFine))
        guard fine.count > Threshold.greatestFineScopes else { return }
        problems.report(
            "thresholds",
            "name \(fine.count) parts by topic or phase, each of which is measured by itself; expected at most \(Threshold.greatestFineScopes)"
        )
    }

    private func checkInShop(_ threshold: Threshold) {
        let path = "thresholds.\(threshold.key)"
        if threshold.scope != nil {
            problems.report(
                path, "is about a part of a run, and what is measured of a shop is not divided; expected \(threshold.metric.rawValue)")
        } else if threshold.metric == .acknowledge {
            problems.report(path, "is not measured in a shop, whose customers wait for receipts; expected another metric, as latency")
        }
    }

    private func checkScope(_ threshold: Threshold) {
        guard let scope = threshold.scope else { return }
        let path = "thresholds.\(threshold.key)"
        // Steps of a connection are of every client, all else is of what a group publishes.
        let areMessages = threshold.metric.scopes.contains(.qos)
        if scope.phase == .warmUp, profile.phases.warmUp == .zero {
            problems.report(path, "is about the warm-up, and there is none; expected phases.warm_up")
        }
        guard let name = scope.group else {
            if let qos = scope.qos, !profile.groups.contains(where: { $0.publish?.qos.contains(qos) ?? false }) {
                problems.report(path, "is about QoS \(qos), at which no group publishes")
            }
            return
        }
        guard let group = profile.groups.first(where: { $0.name == name }) else {
            let names = profile.groups.map(\.name)
            let hint = Spelling.suggestion(for: name, among: names).map { "; did you mean '\($0)'?" } ?? ""
            problems.report(path, "there is no group '\(name)'; there are \(names.joined(separator: ", "))\(hint)")
            return
        }
        guard areMessages else { return }
        guard let publish = group.publish else {
            problems.report(path, "is about what '\(name)' publishes, and it publishes nothing; expected the group that publishes")
            return
        }
        if let qos = scope.qos, !publish.qos.contains(qos) {
            problems.report(path, "is about QoS \(qos), at which '\(name)' does not publish")
        }
    }
}
