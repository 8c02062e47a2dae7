/// What must hold between the lives and wills of a profile's clients and the rest of it.
struct LifeRules {
    let profile: Profile
    let problems: Problems

    func check() {
        for (index, group) in profile.groups.enumerated() {
            check(group.will, of: group, path: "groups[\(index)].will")
            if let life = group.life { check(life, of: group, path: "groups[\(index)].life") }
        }
    }

    private func check(_ will: Profile.Will?, of group: Profile.Group, path: String) {
        guard let will else { return }
        if will.delaySeconds > 0, group.protocolVersion == .v311 {
            problems.report(
                "\(path).delay", "is of MQTT 5.0 (3.1.3.2.2), and the group speaks 3.1.1; expected protocol \"5.0\", or no delay")
        }
        let delay = Duration.seconds(Int64(will.delaySeconds))
        if delay >= profile.phases.drainQuiet, delay > .zero {
            problems.report(
                "\(path).delay",
                "is \(DurationFormat.text(delay)), and a run is over when for \(DurationFormat.text(profile.phases.drainQuiet)) nothing came, so the last wills could not be judged; expected phases.drain.quiet above it"
            )
        }
    }

    /// The load's end, where it is known beforehand.
    private var end: Duration? { profile.phases.hold.map { profile.phases.warmUp + $0 } }

    private func check(_ life: Profile.Life, of group: Profile.Group, path: String) {
        if let join = life.join { checkTime(join.after + join.over, "\(path).join", "joins") }
        if let leave = life.leave {
            checkTime(leave.after + leave.over, "\(path).leave", "leaves")
            if group.subscribe != nil, group.session == .kept {
                problems.report(
                    "\(path).leave",
                    "is for good, and the broker keeps the sessions of this group: what it keeps for clients that never come back is judged by nobody; expected session: clean, or away"
                )
            }
            if group.subscribe != nil, leave.by != .disconnect {
                problems.report(
                    "\(path).leave.by",
                    "is \(leave.by.rawValue), and the group subscribes: what was on its way to a reader that breaks off for good is judged by nobody; expected disconnect"
                )
            }
            if let join = life.join, leave.after <= join.after + join.over {
                problems.report(
                    "\(path).leave.after", "is before the last of the clients has joined; expected more than join.after and join.over")
            }
        }
        for (index, away) in life.away.enumerated() {
            let path = life.away.count == 1 ? "\(path).away" : "\(path).away[\(index)]"
            checkTime(away.after + away.over, path, "leaves first")
            if away.every != nil, away.times == nil, end == nil {
                problems.report(
                    "\(path).every", "goes on to the end of the load, which nobody knows beforehand; expected times, or phases.hold")
            }
        }
        if life.churn != nil, end == nil {
            problems.report("\(path).churn", "goes on to the end of the load, which nobody knows beforehand; expected phases.hold")
        }
        let departures = life.away.map(\.by) + [life.leave?.by, life.churn?.by].compactMap(\.self)
        if departures.contains(.silence), group.keepAliveSeconds == 0 {
            problems.report(
                path, "has clients fall silent, which the broker cannot notice without a keep-alive; expected keepalive above 0s")
        }
    }

    private func checkTime(_ time: Duration, _ path: String, _ what: String) {
        guard let end, time >= end else { return }
        problems.report(
            path,
            "the last client \(what) after \(DurationFormat.text(time)), but the load ends after \(DurationFormat.text(end)); expected less"
        )
    }
}
