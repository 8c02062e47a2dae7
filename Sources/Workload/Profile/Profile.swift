/// A load profile: which clients load which broker how, for how long, and what is expected of it. See docs/profiles.md.
///
/// A profile is made by parsing YAML, which validates it as a whole. Write ``seed`` freely; replace the target with
/// ``replacingTarget(with:)``.
public struct Profile: Equatable, Sendable {
    /// The name: lower-case letters, digits and hyphens.
    public let name: String
    /// What question the profile answers; may be empty.
    public let description: String
    /// From which all that is random is derived.
    public var seed: UInt64
    /// The least time between two looks at the sockets of a reactor; zero unless the profile asks for more.
    public internal(set) var coalesce = Duration.zero
    /// How fast clients connect before the load; `nil` for as fast as they can.
    public internal(set) var connectRate: Rate?
    /// The broker under load.
    public internal(set) var target: Target
    /// The client groups, at least one where there is no shop; their index is part of every random stream.
    public internal(set) var groups: [Group]
    /// The shop that is loaded instead of groups; `nil` where there is none.
    public internal(set) var shop: Shop?
    /// How long what lasts.
    public let phases: Phases
    /// The conditions on the run's figures, in the order of the profile.
    public let thresholds: [Threshold]
    /// What ends the run before its time.
    public internal(set) var abort = Abort.never
    /// What has to have happened for the profile's question to be answered, in the order of the profile.
    public let requirements: [Requirement]
    /// What the checker holds for right where MQTT leaves a choice.
    public internal(set) var expectations: Expectations
    /// What the states of things and the quantities of the run's services are held against; `nil` where there is none.
    public let workflow: WorkflowDefinition?
    /// How the client connects that asks the broker about itself.
    public internal(set) var observer = Observer()
    /// What `%r` stands for: every run that is made of the profile sets its own.
    public var run = RunToken.example

    /// The broker under load.
    public enum Target: Equatable, Sendable {
        /// A mosquitto that Waybill starts for the run, with these settings besides its own.
        case embedded(settings: [Setting])
        /// A broker that runs already. `tls` is only present with an `mqtts` URL; without it the system's authorities are trusted.
        case broker(BrokerURL, tls: TLS?)
    }

    /// One line of mosquitto.conf.
    public struct Setting: Equatable, Sendable {
        /// The option's name.
        public let key: String
        /// The rest of the line.
        public let value: String
    }

    /// How a connection is encrypted. Paths are relative to the working directory, also where they count from that of the profile in its text.
    public struct TLS: Equatable, Sendable {
        /// The certificate authorities in PEM; `nil` for those of the system.
        public let caFile: String?
        /// The client's certificate in PEM; together with ``keyFile``.
        public let certFile: String?
        /// The client's key in PEM.
        public let keyFile: String?
        /// The file whose first line is the password of an encrypted key.
        public let keyPasswordFile: String?
        /// The name under which the broker knows ``pskKeyFile``.
        public let pskIdentity: String?
        /// The file whose first line is a key in hexadecimal digits that the broker knows too, instead of certificates.
        public let pskKeyFile: String?
        /// Whether the broker's certificate may name another host. For tests.
        public let insecure: Bool

        /// Makes options; without any, the system's authorities are trusted.
        public init(
            caFile: String? = nil, certFile: String? = nil, keyFile: String? = nil, keyPasswordFile: String? = nil,
            pskIdentity: String? = nil, pskKeyFile: String? = nil, insecure: Bool = false
        ) {
            self.pskIdentity = pskIdentity
            self.pskKeyFile = pskKeyFile
            self.caFile = caFile
            self.certFile = certFile
            self.keyFile = keyFile
            self.keyPasswordFile = keyPasswordFile
            self.insecure = insecure
        }
    }

    /// How long what lasts.
    public struct Phases: Equatable, Sendable {
        /// The load before the figures are taken; its messages are checked like all others.
        public let warmUp: Duration
        /// The load while the figures are taken; `nil` until every publisher has sent its ``Publish/messages``.
        public let hold: Duration?
        /// The drain is over when for so long nothing was delivered or acknowledged.
        public let drainQuiet: Duration
        /// The longest drain; a run that is not quiet by then is inconclusive.
        public let drainLimit: Duration
    }

    /// What the checker holds for right where MQTT leaves a choice.
    public struct Expectations: Equatable, Sendable {
        /// How many copies a session gets of a message that several of its filters match (MQTT 3.3.5).
        public let overlappingSubscriptions: OverlappingSubscriptions
        /// Whether a QoS 1 message may arrive more than once.
        public let redelivery: Redelivery
        /// At which level an effect must not arrive before its cause.
        public let causalOrder: CausalOrder
        /// In which order the broker acknowledges what it receives.
        public let acknowledgementOrder: AcknowledgementOrder
        /// Limits that the broker is documented to have.
        public let limits: [Limit]

        /// Makes expectations; what is left out is what MQTT demands of every broker.
        init(
            overlappingSubscriptions: OverlappingSubscriptions = .any, redelivery: Redelivery = .allowed,
            causalOrder: CausalOrder = .processed, acknowledgementOrder: AcknowledgementOrder = .any, limits: [Limit] = []
        ) {
            self.acknowledgementOrder = acknowledgementOrder
            self.overlappingSubscriptions = overlappingSubscriptions
            self.redelivery = redelivery
            self.causalOrder = causalOrder
            self.limits = limits
        }

        /// At which level an effect must not arrive before its cause.
        public enum CausalOrder: String, CaseIterable, Sendable {
            /// Behind causal inboxes only.
            case processed
            /// On the wire too.
            case wire
        }

        /// How many copies a session gets of a message that several of its filters match.
        public enum OverlappingSubscriptions: String, CaseIterable, Sendable {
            /// One, or up to one for each filter.
            case any
            /// One.
            case once
            /// One for each filter.
            case each
        }

        /// In which order the broker acknowledges what it receives.
        public enum AcknowledgementOrder: String, CaseIterable, Sendable {
            /// As it likes, as MQTT says.
            case any
            /// In the order in which the messages were sent.
            case kept
        }

        /// Whether a QoS 1 message may arrive more than once.
        public enum Redelivery: String, CaseIterable, Sendable {
            /// As MQTT says.
            case allowed
            /// Each further copy is a violation.
            case forbidden
        }
    }
}

extension Profile {
    /// The random stream of one client for one purpose.
    public func random(group: Int, client: Int, purpose: RandomStream.Purpose) -> RandomStream {
        RandomStream(seed: seed, group: group, client: client, purpose: purpose)
    }

    /// Who a client is: its group by index, its number in that group from 0.
    public func client(group: Int, number: Int) -> ClientIdentity {
        groups[group].client(number, user: user, run: run)
    }

    /// The user name that clients connect with, empty where there is none.
    public var user: String {
        if case .broker(let url, _) = target { url.user ?? "" } else { "" }
    }

    /// The topics of one client's messages, or `nil` where its group does not publish.
    public func topics(group: Int, client: Int) -> TopicSource? {
        groups[group].publish.map {
            TopicSource(
                $0.topics, client: self.client(group: group, number: client), random: random(group: group, client: client, purpose: .topics)
            )
        }
    }

    /// The filters that one client subscribes to, none where its group does not subscribe.
    public func filters(group: Int, client: Int) -> [String] {
        groups[group].subscribe.map { subscribe in
            subscribe.filters.map { $0.text(for: self.client(group: group, number: client)) }
        } ?? []
    }

    /// When each client of a group is there, by its number; `nil` where all of them are all the time.
    public func itineraries(group index: Int) -> [Itinerary]? {
        groups[index].life?.itineraries(
            of: groups[index].count, end: phases.hold.map { (phases.warmUp + $0).wholeNanoseconds },
            random: { random(group: index, client: $0, purpose: .lives) })
    }

    /// The topic of one client's will, or `nil` where its group has none.
    public func willTopic(group: Int, client: Int) -> String? {
        groups[group].will.map { $0.topic.text(for: self.client(group: group, number: client)) }
    }

    /// The intended times of one client's messages, or `nil` where no clock drives them: the group does not publish, publishes as
    /// fast as its window allows, or publishes on what it receives.
    /// - Parameter start: The origin of the schedule in nanoseconds, the same for all clients of the run.
    public func arrivals(group index: Int, client: Int, start: UInt64) -> ArrivalProcess? {
        let group = groups[index]
        let random = random(group: index, client: client, purpose: .arrivals)
        let phase = ArrivalProcess.Phase(position: client, of: group.count)
        switch group.publish?.pace {
        case .rate(let rate, let sharing, let kind, let burst)?:
            return ArrivalProcess(
                rate: rate, sharers: sharing == .group ? group.count : 1, kind: kind, start: start, phase: phase, burst: burst,
                random: random)
        case .stages(let stages, let sharing, let kind, let burst)?:
            return ArrivalProcess(
                stages: stages, sharers: sharing == .group ? group.count : 1, kind: kind, start: start, phase: phase, burst: burst,
                random: random)
        case .unlimited?, .onReceived?, nil: return nil
        }
    }

    /// What one client's payloads say; `nil` where that is left to Waybill.
    public func payloads(group: Int, client: Int) -> TopicSource? {
        groups[group].publish?.payload.map {
            TopicSource(
                $0.template, client: self.client(group: group, number: client),
                random: random(group: group, client: client, purpose: .payloads))
        }
    }

    /// Whether some messages have their proof in a user property.
    public var hasProofsInProperties: Bool { groups.contains { $0.publish?.payload?.proof == .properties } }

    /// The sizes of one client's payloads, or `nil` where its group does not publish.
    public func sizes(group: Int, client: Int) -> SizeSource? {
        groups[group].publish.map { SizeSource($0.sizes, random: random(group: group, client: client, purpose: .sizes)) }
    }
}
