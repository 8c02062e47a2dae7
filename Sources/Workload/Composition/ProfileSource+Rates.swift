internal import Foundation

extension ProfileSource {
    /// The rate of all of the profile's load together, in messages or orders a second.
    /// - Throws: ``ProfileError`` where the load is no rate that can be made greater and smaller.
    public func wholeRate(of profile: Profile) throws(ProfileError) -> Double {
        let problems = problems()
        if let shop = profile.shop { return shop.rate.perSecond }
        var sum = 0.0
        for (index, group) in profile.groups.enumerated() {
            guard let publish = group.publish else { continue }
            let path = "groups[\(index)].publish"
            switch publish.pace {
            case .rate(let rate, let sharing, _, _):
                sum += rate.perSecond * (sharing == .client ? Double(group.count) : 1)
                if publish.messages != nil {
                    problems.report(
                        "\(path).messages",
                        "would make a trial the shorter the greater its rate is; leave it out, phases.hold is how long a trial lasts")
                }
            case .stages: problems.report("\(path).stages", "are several rates, and a trial is of one; expected rate")
            case .unlimited: problems.report("\(path).rate", "is unlimited, and a trial is of a rate; expected one to begin with, as 100/s")
            case .onReceived: break
            }
        }
        if profile.phases.hold == nil { problems.report("phases.hold", "is missing; expected how long a trial lasts") }
        try problems.throwIfAny()
        return sum
    }

    /// The same profile with all its rates times a factor.
    /// - Throws: ``ProfileError`` where a rate gets too great or too small to be written.
    public func scalingRates(of profile: Profile, by factor: Double) throws(ProfileError) -> ProfileSource {
        var changes: [ProfileChange] = []
        if let shop = profile.shop {
            changes.append(try ProfileChange(path: "shop.rate", text: Self.text(shop.rate.perSecond * factor)))
        }
        for (index, group) in profile.groups.enumerated() {
            guard case .rate(let rate, _, _, _)? = group.publish?.pace else { continue }
            changes.append(try ProfileChange(path: "groups[\(index)].publish.rate", text: Self.text(rate.perSecond * factor)))
        }
        return try applying(changes)
    }

    private static func text(_ perSecond: Double) -> String {
        // Nine decimals are the most that a rate has.
        String(format: "%.6f", locale: Locale(identifier: "en_US_POSIX"), perSecond) + "/s"
    }
}
