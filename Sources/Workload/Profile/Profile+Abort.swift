extension Profile {
    /// What ends a run before its time: conditions that are looked at once a second while there is load.
    public struct Abort: Equatable, Sendable {
        /// Nothing is looked at before so long after the begin of the load.
        public let after: Duration
        /// The conditions that have to hold all the time, in the order of the profile.
        public let conditions: [Threshold]

        /// What can be told while a run goes on.
        public static let metrics: [Threshold.Metric] = [
            .latency, .refused, .unknown, .unsent, .connectionsLost, .late, .standstill,
        ]

        /// Nothing ends the run.
        public static let never = Abort(after: .zero, conditions: [])
    }
}
