package import Measurement

extension RunResult {
    /// How long the steps took that a connection and a publish consist of. What did not happen, or nobody could time, is `nil`.
    package struct Steps: Codable, Equatable, Sendable {
        /// From the begin of the attempt to CONNACK.
        @Nullable package var connect: LatencySummary?
        /// Until TCP stood.
        @Nullable package var tcp: LatencySummary?
        /// Until TLS was agreed on.
        @Nullable package var tls: LatencySummary?
        /// From CONNECT to CONNACK.
        @Nullable package var connack: LatencySummary?
        /// From SUBSCRIBE to SUBACK.
        @Nullable package var suback: LatencySummary?
        /// From SUBSCRIBE to the first message.
        @Nullable package var firstMessage: LatencySummary?
        /// From the loss of a connection until the client was as before.
        @Nullable package var resume: LatencySummary?
        /// From the send to the last acknowledgement, above QoS 0, of what was sent in the hold.
        @Nullable package var acknowledge: LatencySummary?

        /// Makes the part; without arguments, that of a run in which nothing was timed.
        package init(
            connect: LatencySummary? = nil, tcp: LatencySummary? = nil, tls: LatencySummary? = nil, connack: LatencySummary? = nil,
            suback: LatencySummary? = nil, firstMessage: LatencySummary? = nil, resume: LatencySummary? = nil,
            acknowledge: LatencySummary? = nil
        ) {
            _connect = Nullable(wrappedValue: connect)
            _tcp = Nullable(wrappedValue: tcp)
            _tls = Nullable(wrappedValue: tls)
            _connack = Nullable(wrappedValue: connack)
            _suback = Nullable(wrappedValue: suback)
            _firstMessage = Nullable(wrappedValue: firstMessage)
            _resume = Nullable(wrappedValue: resume)
            _acknowledge = Nullable(wrappedValue: acknowledge)
        }

        /// The steps that were timed, in their order, with their names.
        var timed: [(name: String, times: LatencySummary)] {
            [
                ("TCP", tcp), ("TLS", tls), ("CONNECT to CONNACK", connack), ("connect, all of it", connect),
                ("SUBSCRIBE to SUBACK", suback),
                ("SUBSCRIBE to first message", firstMessage), ("connection lost to resumed", resume),
                ("PUBLISH to acknowledgement", acknowledge),
            ].compactMap { name, times in times.map { (name, $0) } }
        }
    }

    /// A condition of the profile that ended the run before its time.
    package struct Aborted: Codable, Equatable, Sendable {
        /// The condition, as `latency p(99)<50ms`.
        package var condition: String
        /// What was measured by then, in ``unit``.
        package var value: Double
        /// The unit of the value.
        package var unit: Threshold.Unit
        /// When, in seconds from the begin of the load.
        package var atSeconds: Double

        /// Makes one.
        package init(condition: String, value: Double, unit: Threshold.Unit, atSeconds: Double) {
            self.condition = condition
            self.value = value
            self.unit = unit
            self.atSeconds = atSeconds
        }

        /// What happened, in half a sentence.
        var text: String {
            let measured = unit == .seconds ? Units.duration(value) : Units.count(Int(max(-1e15, min(value, 1e15))))
            return "aborted after \(Units.duration(atSeconds)): \(condition) was \(measured)"
        }
    }

    /// The slowest and the fastest client of a group beside the median.
    package struct Fairness: Codable, Equatable, Sendable {
        /// The group.
        package var group: String
        /// What is compared: `acked` or `delivered`.
        package var rate: String
        /// How many clients there are.
        package var clients: Int
        /// The client with the lowest rate, and that rate.
        package var slowest: Client
        /// The rate that half of the clients do not exceed.
        package var medianPerSecond: Double
        /// The client with the highest rate, and that rate.
        package var fastest: Client

        /// A client and its rate in the hold.
        package struct Client: Codable, Equatable, Sendable {
            /// Its name in the trace.
            package var client: String
            /// Messages a second.
            package var perSecond: Double

            /// Makes one.
            package init(client: String, perSecond: Double) {
                self.client = client
                self.perSecond = perSecond
            }
        }

        /// Makes a comparison.
        package init(group: String, rate: String, clients: Int, slowest: Client, medianPerSecond: Double, fastest: Client) {
            self.group = group
            self.rate = rate
            self.clients = clients
            self.slowest = slowest
            self.medianPerSecond = medianPerSecond
            self.fastest = fastest
        }
    }
}
