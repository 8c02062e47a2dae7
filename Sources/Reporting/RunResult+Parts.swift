package import Measurement
package import Verification

extension RunResult {
    /// Messages per second.
    package struct Throughput: Codable, Equatable, Sendable {
        /// Publishes that left.
        package var published: Double
        /// Publishes that were acknowledged; at QoS 0, written to the socket.
        package var acked: Double
        /// Messages that arrived at subscribers.
        package var delivered: Double

        /// Makes a throughput.
        package init(published: Double, acked: Double, delivered: Double) {
            self.published = published
            self.acked = acked
            self.delivered = delivered
        }
    }

    /// What Waybill itself used, and whether it was the bottleneck.
    package struct Generator: Codable, Equatable, Sendable {
        /// CPU seconds of the process, user and system.
        package var cpuSeconds: Double
        /// Whether the generator, and not the broker, set the pace.
        package var limited: Bool
        /// Messages that were sent more than 10 ms after their intended time.
        package var late: Int
        /// Late messages as a share of all that were published, 0 through 1.
        package var lateShare: Double
        /// Why the generator counts as the bottleneck, one sentence each; empty when it was not.
        package var reasons: [String]
        /// The most memory the process had resident, in bytes; `nil` when the system does not say.
        @Nullable package var peakMemoryBytes: Int?
        /// How many reactor threads carried the clients.
        package var reactors: Int
        /// The longest that something ready waited for its reactor during the hold; `nil` where there was no hold.
        @Nullable package var longestDelaySeconds: Double?
        /// The least time between two looks at the sockets; 0 where they were looked at whenever something came.
        package var coalescingSeconds: Double

        /// Makes the generator's part; it was the bottleneck when there is a reason.
        package init(
            cpuSeconds: Double, late: Int, lateShare: Double, reasons: [String], peakMemoryBytes: Int?, reactors: Int,
            longestDelaySeconds: Double? = nil, coalescingSeconds: Double = 0
        ) {
            self.coalescingSeconds = coalescingSeconds
            self.cpuSeconds = cpuSeconds
            limited = !reasons.isEmpty
            self.late = late
            self.lateShare = lateShare
            self.reasons = reasons
            _peakMemoryBytes = Nullable(wrappedValue: peakMemoryBytes)
            self.reactors = reactors
            _longestDelaySeconds = Nullable(wrappedValue: longestDelaySeconds)
        }
    }

    /// The broker under test.
    package struct Broker: Codable, Equatable, Sendable {
        /// Its product name: `mosquitto` for the one that Waybill starts.
        package var name: String
        /// Its version; `nil` when it does not say.
        @Nullable package var version: String?
        /// CPU seconds it used during the run, user and system; `nil` when it is not ours to measure.
        @Nullable package var cpuSeconds: Double?
        /// Whether Waybill started it for this run.
        package var embedded: Bool
        /// Where it listened.
        package var url: String
        /// How connections were encrypted and what was verified; `nil` where they were not.
        @Nullable package var encryption: String?
        /// Where it gives less than the profile asks for, one clause each with the group before it.
        package var limits: [String]

        /// Makes the broker's part.
        package init(
            name: String, version: String?, cpuSeconds: Double?, embedded: Bool, url: String, encryption: String? = nil,
            limits: [String] = []
        ) {
            _encryption = Nullable(wrappedValue: encryption)
            self.name = name
            _version = Nullable(wrappedValue: version)
            _cpuSeconds = Nullable(wrappedValue: cpuSeconds)
            self.embedded = embedded
            self.url = url
            self.limits = limits
        }
    }

    /// What became of the clients' connections once all of them stood.
    package struct Connections: Codable, Equatable, Sendable {
        /// Ended although the client had not asked for it.
        package var lost: Int
        /// Attempts to connect again that failed.
        package var refused: Int
        /// Connected again, with the session where the broker was asked to keep one.
        package var resumed: Int
        /// Connected again, and the broker had forgotten the session that it was asked to keep.
        package var forgotten: Int
        /// The first of these, by time; at most 100.
        package var events: [Event]

        /// Something that happened to a connection.
        package struct Event: Codable, Equatable, Sendable {
            /// When, in seconds since the hold began; negative in the warm-up.
            package var atSeconds: Double
            /// The client's name in the trace.
            package var client: String
            /// Its group.
            package var group: String
            /// `lost`, `refused`, `resumed` or `forgotten`.
            package var kind: String
            /// Why, in words.
            package var reason: String
            /// Whether the profile itself asked for it.
            package var askedFor: Bool

            /// Makes an event.
            package init(atSeconds: Double, client: String, group: String, kind: String, reason: String, askedFor: Bool) {
                self.atSeconds = atSeconds
                self.client = client
                self.group = group
                self.kind = kind
                self.reason = reason
                self.askedFor = askedFor
            }
        }

        /// Makes the part; without arguments, that of a run in which all connections stood.
        package init(lost: Int = 0, refused: Int = 0, resumed: Int = 0, forgotten: Int = 0, events: [Event] = []) {
            self.lost = lost
            self.refused = refused
            self.resumed = resumed
            self.forgotten = forgotten
            self.events = events
        }
    }

    /// The figures of the messages that one group published at one QoS.
    package struct Group: Codable, Equatable, Sendable {
        /// The group's name in the profile.
        package var name: String
        /// The QoS of the publish, 0, 1 or 2.
        package var qos: Int
        /// Messages and their deliveries.
        package var totals: DeliveryTotals
        /// From the intended time to the delivery.
        package var latencySeconds: LatencySummary
        /// From the send to the last acknowledgement; of nothing at QoS 0.
        package var acknowledgeSeconds: LatencySummary
        /// Messages per second.
        package var throughputPerSecond: Throughput
        /// Why a message was refused last, in words; `nil` where none was.
        @Nullable package var refusal: String?

        /// Makes a group's part.
        package init(
            name: String, qos: Int, totals: DeliveryTotals, latencySeconds: LatencySummary,
            acknowledgeSeconds: LatencySummary = LatencySummary(), throughputPerSecond: Throughput, refusal: String? = nil
        ) {
            self.acknowledgeSeconds = acknowledgeSeconds
            _refusal = Nullable(wrappedValue: refusal)
            self.name = name
            self.qos = qos
            self.totals = totals
            self.latencySeconds = latencySeconds
            self.throughputPerSecond = throughputPerSecond
        }
    }

    /// How long each phase took, in seconds.
    package struct Phases: Codable, Equatable, Sendable {
        /// Load that is checked and not measured.
        package var warmUpSeconds: Double
        /// Load that is checked and measured.
        package var holdSeconds: Double
        /// From the last publish until nothing arrived any more.
        package var drainSeconds: Double

        /// Makes the phases.
        package init(warmUpSeconds: Double, holdSeconds: Double, drainSeconds: Double) {
            self.warmUpSeconds = warmUpSeconds
            self.holdSeconds = holdSeconds
            self.drainSeconds = drainSeconds
        }
    }

    /// One threshold of the profile and what was measured.
    package struct Threshold: Codable, Equatable, Sendable {
        /// The threshold as the profile writes it, with what it is about: `latency p(99)<20ms`.
        package var text: String
        /// What was measured, in ``unit``; `nil` when there was nothing to measure.
        @Nullable package var value: Double?
        /// The unit of the value.
        package var unit: Unit
        /// Whether it was met.
        package var met: Bool
        /// Whether it holds in every run whose profile does not say otherwise, and this profile does not.
        package var implied: Bool
        /// Whether the value is a lower bound: messages that never left stand in it with the time that they had waited.
        package var bound: Bool

        /// What a threshold's value counts.
        package enum Unit: String, Codable, Sendable {
            /// A time.
            case seconds
            /// Messages per second.
            case perSecond = "per_second"
            /// A number of messages.
            case count
            /// A part of a whole, 0 through 1.
            case share
        }

        /// Makes a threshold's result.
        package init(text: String, value: Double?, unit: Unit, met: Bool, implied: Bool = false, bound: Bool = false) {
            self.text = text
            _value = Nullable(wrappedValue: value)
            self.unit = unit
            self.met = met
            self.implied = implied
            self.bound = bound
        }
    }

    /// Something that the profile requires to have happened, and how often it did.
    package struct Requirement: Codable, Equatable, Sendable {
        /// The requirement as the profile writes it, with what it is about: `inversions >0`.
        package var text: String
        /// How often it happened.
        package var value: Int
        /// Whether that meets it.
        package var met: Bool

        /// Makes a requirement's result.
        package init(text: String, value: Int, met: Bool) {
            self.text = text
            self.value = value
            self.met = met
        }
    }

    /// How much was traced.
    package struct Trace: Codable, Equatable, Sendable {
        /// Trace files.
        package var files: Int
        /// Events in them.
        package var events: Int
        /// Their size.
        package var bytes: Int

        /// Makes the trace's part.
        package init(files: Int, events: Int, bytes: Int) {
            self.files = files
            self.events = events
            self.bytes = bytes
        }
    }
}
