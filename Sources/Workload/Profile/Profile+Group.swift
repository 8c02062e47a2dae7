extension Profile {
    /// Clients that are alike.
    public struct Group: Equatable, Sendable {
        /// The name, unique in the profile: lower-case letters, digits and hyphens.
        public let name: String
        /// How many clients, at least 1.
        public internal(set) var count: Int
        /// The version of the protocol.
        public let protocolVersion: ProtocolVersion
        /// The client that speaks MQTT.
        public let engine: Engine
        /// What becomes of the session when the connection ends.
        public let session: Session
        /// Seconds without a packet after which a client pings: 5 to 65,535, or 0 for never.
        public let keepAliveSeconds: UInt16
        /// The client identifiers that the profile names; `nil` where it leaves them to Waybill.
        public internal(set) var namedClientID: TopicTemplate? = nil
        /// The client identifiers, unique in the profile: those that it names, or else ``defaultClientID(atForeignBroker:)``.
        public internal(set) var clientID: TopicTemplate
        /// The file with a user and a password for each client; `nil` where all are who the target says.
        public internal(set) var credentialsFile: String? = nil
        /// The addresses that the clients connect from, in turn; none for the system's choice.
        public internal(set) var sourceAddresses: [String] = []
        /// The will of each client, if any.
        public internal(set) var will: Will? = nil
        /// When the clients are there; `nil` for all the time.
        public internal(set) var life: Life? = nil
        /// What each client publishes, if anything.
        public internal(set) var publish: Publish?
        /// What each client subscribes to, if anything.
        public let subscribe: Subscribe?
        /// Whether the clients connect and do nothing more.
        public var isIdle = false

        /// Who one of the clients is; `number` counts from 0.
        public func client(_ number: Int, user: String, run: String = RunToken.example) -> ClientIdentity {
            let nameless = ClientIdentity(group: name, number: number, id: "", user: user, run: run)
            return ClientIdentity(group: name, number: number, id: clientID.text(for: nameless), user: user, run: run)
        }

        /// What one of the clients is called in traces and reports: its identifier, without the run where only the default brings that in.
        public func name(of client: ClientIdentity) -> String {
            (namedClientID ?? Self.defaultClientID(atForeignBroker: false)).text(for: client)
        }

        /// Client identifiers where the profile names none. At a broker that others use too they contain the run, so that nobody else has them.
        static func defaultClientID(atForeignBroker: Bool) -> TopicTemplate {
            TopicTemplate(
                description: atForeignBroker ? "%g-%i-%r" : "%g-%i",
                segments: [.placeholder(.groupName), .literal("-"), .placeholder(.clientNumber)]
                    + (atForeignBroker ? [.literal("-"), .placeholder(.run)] : []))
        }

        /// Whether the clients publish one message for each that they receive.
        public var isRelay: Bool { publish?.pace == .onReceived }
    }

    /// A client that speaks MQTT.
    public enum Engine: String, CaseIterable, Sendable {
        /// Waybill's own, made for load: it batches, and it sees every packet.
        case wire
        /// libmosquitto, which many clients in production use.
        case libmosquitto

        /// How many messages of one client it bears in flight.
        var windows: ClosedRange<Int> { self == .wire ? 1...65_535 : 1...100 }

        /// What is told to users.
        var windowsExpected: String {
            self == .wire
                ? "1 to 65535" : "1 to 100 with engine libmosquitto, which searches its list of messages in flight from end to end"
        }
    }

    /// A version of MQTT.
    public enum ProtocolVersion: String, CaseIterable, Sendable {
        /// MQTT 3.1.1.
        case v311 = "3.1.1"
        /// MQTT 5.0.
        case v5 = "5.0"
    }

    /// What becomes of a session when its connection ends.
    public enum Session: String, CaseIterable, Sendable {
        /// It ends as well.
        case clean
        /// The broker keeps subscriptions and messages for the client's return.
        case kept
    }

    /// What the clients of a group publish.
    public struct Publish: Equatable, Sendable {
        /// The topics, of which the messages use one after the other; at least one.
        public let topics: [TopicTemplate]
        /// The QoS of the messages in turn, each 0, 1 or 2; at least one.
        public let qos: [UInt8]
        /// The payloads in bytes.
        public internal(set) var sizes: Sizes
        /// What the payloads say; `nil` for what Waybill needs and zeros.
        public internal(set) var payload: Payload? = nil
        /// Every so many messages one has an empty payload; `nil` for none. With RETAIN it clears the register of its topic (MQTT-3.3.1-10, -6 of 5.0).
        public internal(set) var emptyEvery: Int? = nil
        /// What each message says beside its payload.
        public internal(set) var properties = Properties()
        /// Whether the broker retains each message.
        public let retain: Bool
        /// When a message is published.
        public internal(set) var pace: Pace
        /// The most messages in flight of one client, 1 to 65,535; with libmosquitto 100 at most.
        public let window: Int
        /// After so many messages a client stops; `nil` for as many as the time allows.
        public let messages: UInt64?

        /// The greatest payload in bytes.
        public var size: Int { sizes.greatest }

        /// The QoS of the message with this sequence number, which counts from 1.
        public func qos(sequence: UInt64) -> UInt8 {
            qos[Int((sequence &- 1) % UInt64(qos.count))]
        }
    }

    /// When a message is published.
    public enum Pace: Equatable, Sendable {
        /// By the clock.
        case rate(Rate, per: RateSharing, ArrivalProcess.Kind, burst: Int = 1)
        /// By the clock, at rates that change with time.
        case stages([Stage], per: RateSharing, ArrivalProcess.Kind, burst: Int = 1)
        /// Whenever the window has room.
        case unlimited
        /// One message for each received one.
        case onReceived
    }

    /// Whose rate it is.
    public enum RateSharing: String, CaseIterable, Sendable {
        /// That of each client.
        case client
        /// That of all clients of the group together.
        case group
    }

    /// What the clients of a group subscribe to.
    public struct Subscribe: Equatable, Sendable {
        /// The topic filters, at least one.
        public let filters: [TopicTemplate]
        /// The greatest QoS that is asked for, 0, 1 or 2; the broker may grant less.
        public let qos: UInt8
        /// What MQTT 5.0 has beside the QoS.
        public let options: SubscribeOptions
        /// When the clients do not read what the broker sends.
        public let stall: Stall?
        /// Whether what comes is sent by others, of whom nobody knows what they sent: it is counted, and nothing is proved of it.
        public var awaitsStrangers = false
    }

    /// What a SUBSCRIBE of MQTT 5.0 asks for beside its QoS (3.8.3.1).
    public struct SubscribeOptions: Equatable, Sendable {
        /// Whether the client's own messages are left out.
        public var noLocal = false
        /// Whether RETAIN stays as the publisher set it.
        public var retainAsPublished = false
        /// When retained messages are sent.
        public var retainHandling = RetainHandling.always

        /// Whether nothing is asked for that MQTT 3.1.1 has not.
        public var isPlain: Bool { self == Self() }
    }

    /// When the broker sends retained messages to a subscription.
    public enum RetainHandling: String, CaseIterable, Sendable {
        /// At each SUBSCRIBE.
        case always
        /// Where there was no such subscription before.
        case new
        /// Never.
        case never
    }

    /// A time in which a client leaves its socket unread: a slow consumer.
    public struct Stall: Equatable, Sendable {
        /// When it begins, counted from the start of the warm-up.
        public let after: Duration
        /// How long it lasts.
        public let duration: Duration

        /// The longest stall that surely keeps the connection, by the keep-alive in seconds; `nil` where any does.
        ///
        /// A client that reads nothing sees no answer to its pings, and gives the connection up when one is as old as the keep-alive. It may have
        /// sent one just before the stall, and it counts in whole seconds, so one of them is not sure. The broker, which hears the pings, waits longer.
        public func longest(keepAlive: UInt16) -> Duration? {
            keepAlive == 0 ? nil : .seconds(Int(keepAlive) - 1)
        }
    }
}
