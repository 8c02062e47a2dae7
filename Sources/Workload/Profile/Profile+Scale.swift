extension Profile {
    /// The profile with so many times as many clients: what is large enough for a cluster becomes small enough for a laptop, and keeps its shape.
    ///
    /// Each group has `factor` times its clients, and at least one; a rate that a whole group shares grows with it, and what each client does stays.
    /// - Parameter factor: above 0.
    public func scaled(by factor: Double) -> Profile {
        var scaled = self
        scaled.groups = groups.map { group in
            var group = group
            group.count = max(1, Int(min((Double(group.count) * factor).rounded(), Double(ProfileDecoder.greatestClientCount))))
            switch group.publish?.pace {
            case .rate(let rate, .group, let kind, let burst)?:
                group.publish?.pace = .rate(rate.scaled(by: factor), per: .group, kind, burst: burst)
            case .stages(let stages, .group, let kind, let burst)?:
                group.publish?.pace = .stages(stages.map { $0.scaled(by: factor) }, per: .group, kind, burst: burst)
            default: break
            }
            return group
        }
        return scaled
    }
}

extension Profile.Stage {
    fileprivate func scaled(by factor: Double) -> Profile.Stage {
        Profile.Stage(
            length: length, from: .init(from.rate?.scaled(by: factor)), to: .init(to.rate?.scaled(by: factor)))
    }
}

extension Rate {
    /// The rate times a factor, as fine as nine decimals are, and never none.
    func scaled(by factor: Double) -> Rate {
        let billionths = (perSecond * factor * 1e9).rounded()
        let count = UInt64(max(1, min(billionths, Self.greatestPerSecond * 1e9)))
        let decimals = String(count % 1_000_000_000 + 1_000_000_000).dropFirst()
        let digits = decimals.trimmingZeros
        return Rate("\(count / 1_000_000_000)\(digits.isEmpty ? "" : ".")\(digits)/s") ?? self
    }
}

extension Substring {
    /// Without the zeros at its end.
    fileprivate var trimmingZeros: String {
        var text = self
        while text.last == "0" { text.removeLast() }
        return String(text)
    }
}
