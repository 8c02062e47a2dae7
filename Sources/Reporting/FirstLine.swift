/// What a run is about, in one line before it begins: who loads what, and how long it takes.
package struct FirstLine: Sendable {
    /// The name of the profile.
    package var profile: String
    /// Who makes the load.
    package var load: Load
    /// Where the broker is; `nil` for a mosquitto that is started for the run.
    package var broker: String?
    /// Seconds of load before the figures are taken.
    package var warmUp: Double
    /// Seconds of load after that; `nil` where the load ends by its number of messages.
    package var hold: Double?
    /// The most seconds that what is on its way gets to arrive.
    package var drainLimit: Double

    /// Who makes the load.
    package enum Load: Sendable {
        /// So many clients.
        case clients(Int)
        /// So many customers, who place so many orders.
        case shop(orders: Int, customers: Int)
    }

    /// Makes a line.
    package init(profile: String, load: Load, broker: String?, warmUp: Double, hold: Double?, drainLimit: Double) {
        self.profile = profile
        self.load = load
        self.broker = broker
        self.warmUp = warmUp
        self.hold = hold
        self.drainLimit = drainLimit
    }

    /// The line, without a line break; broken into several where it is wider than `width`.
    package func text(width: Int = .max) -> String {
        let who =
            switch load {
            case .clients(let count): Units.count(count, "client")
            case .shop(let orders, let customers): "\(Units.count(orders, "order")) of \(Units.count(customers, "customer"))"
            }
        let place = broker ?? "a mosquitto of its own"
        let text = "\(profile): \(who) at \(place); \(length), then a drain of at most \(Self.plain(drainLimit))"
        return TextLayout.$width.withValue(width) { TextLayout.wrap(text, first: "", rest: "  ") }.map(TextStyle.line).joined(
            separator: "\n")
    }

    private var length: String {
        guard let hold else { return "until all is sent" }
        return (warmUp > 0 ? "\(Self.plain(warmUp)) of warm-up and " : "") + "\(Self.plain(hold)) of load"
    }

    /// A plan is no measurement: `10 s`, where a measured time would be `10.0 s`.
    private static func plain(_ seconds: Double) -> String {
        seconds < 60 && seconds == seconds.rounded() ? "\(Int(seconds)) s" : Units.duration(seconds)
    }
}
