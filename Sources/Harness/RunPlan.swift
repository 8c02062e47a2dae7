internal import MQTT
internal import Workload

/// A profile turned into one plan per client, with numbers for everything that the trace will name.
struct RunPlan: Sendable {
    /// The number of this run, in every payload and trace.
    let id: UInt64
    /// Whether others may use the broker too.
    let isAmongOthers: Bool
    let reactors: Int
    /// The least time between two looks at the sockets, in nanoseconds.
    let coalescing: UInt64
    let groups: [Profile.Group]
    let clients: [ClientPlan]
    private let profile: Profile
    /// Whether some messages have their proof in a user property.
    let hasProofsInProperties: Bool
    /// What the sessions of all clients have in common.
    private let session: SessionConfiguration
    /// The users of each group's clients; `nil` where they are all who the target says.
    private let credentials: [[SessionConfiguration.Credentials]?]
    /// The conditions on figures, some of which are about a part of the run.
    var thresholds: [Threshold] { profile.thresholds }
    /// How fast clients connect before the load; `nil` for as fast as they can.
    var connectRate: Rate? { profile.connectRate }
    /// The group of each process; processes are numbered from 0.
    private let groupOfProcess: [Int]
    /// The QoS of each group's messages, where it is the same for all of them; 3 where it is not, or there are none.
    private let onlyQoS: [UInt8]

    /// - Throws: ``HarnessError`` where a file with credentials cannot be used.
    init(profile: Profile, target: BrokerTarget, reactors: Int) throws(HarnessError) {
        id = UInt64.random(in: 1 ... .max)
        var clients: [ClientPlan] = []
        var groupOfProcess: [Int] = []
        for (index, group) in profile.groups.enumerated() {
            let itineraries = profile.itineraries(group: index)
            for number in 0..<group.count {
                clients.append(
                    ClientPlan(
                        process: UInt32(clients.count), group: index, number: number, profile: profile,
                        itinerary: itineraries?[number] ?? Itinerary()))
                groupOfProcess.append(index)
            }
        }
        self.profile = profile
        groups = profile.groups
        session = Self.session(profile, target)
        credentials = try profile.credentials()
        hasProofsInProperties = profile.hasProofsInProperties
        onlyQoS = profile.groups.map { $0.publish.flatMap { $0.qos.count == 1 ? $0.qos[0] : nil } ?? 3 }
        isAmongOthers = !target.isEmbedded
        self.clients = clients
        coalescing = profile.coalesce.nanoseconds
        self.groupOfProcess = groupOfProcess
        self.reactors = min(reactors, max(1, clients.count))
    }

    private static func session(_ profile: Profile, _ target: BrokerTarget) -> SessionConfiguration {
        var session = SessionConfiguration(target.endpoint, clientID: "")
        session.webSocket = target.webSocket
        // A run that is killed forgets nothing, and its sessions would stay for ever at a broker that lives on.
        if !target.isEmbedded { session.sessionExpiry = expiry(profile.phases) }
        session.credentials = target.credentials
        session.tls = target.tls
        return session
    }

    /// Seconds for which a session is kept that nobody comes back to: far more than the run takes.
    private static func expiry(_ phases: Profile.Phases) -> UInt32 {
        guard let hold = phases.hold else { return .max }
        let run = (phases.warmUp.nanoseconds + hold.nanoseconds + phases.drainLimit.nanoseconds) / 1_000_000_000
        return UInt32(clamping: run + 24 * 3_600)
    }

    /// What the session of one client is made with. Made anew for whoever asks: tens of thousands of clients keep the one of their session only.
    func session(of client: ClientPlan) -> SessionConfiguration {
        let group = groups[client.group]
        var session = session
        session.clientID = profile.client(group: client.group, number: client.number).id
        session.engine = group.engine == .wire ? .wire : .libmosquitto
        session.version = group.protocolVersion == .v5 ? .v5 : .v311
        session.keepsSession = group.session == .kept
        session.keepAlive = group.keepAliveSeconds
        if let own = credentials[client.group] { session.credentials = own[client.number] }
        if !group.sourceAddresses.isEmpty { session.sourceAddress = group.sourceAddresses[client.number % group.sourceAddresses.count] }
        session.window = group.publish?.window ?? session.window
        session.readsProperties = hasProofsInProperties && group.subscribe != nil && group.protocolVersion == .v5
        session.topicAliasMaximum = group.publish?.properties.aliases ?? 0
        return session
    }

    /// The intended times of an open loop; `nil` where the client has none.
    func schedule(of client: ClientPlan, from start: UInt64) -> ClientSchedule? {
        profile.arrivals(group: client.group, client: client.number, start: start).map {
            ClientSchedule($0, client.itinerary, start: start)
        }
    }

    /// The sizes of one client's payloads; `nil` where it does not publish.
    func sizes(of client: ClientPlan) -> SizeSource? { profile.sizes(group: client.group, client: client.number) }

    /// What one client's payloads say; `nil` where that is left to Waybill.
    func payloads(of client: ClientPlan) -> TopicSource? { profile.payloads(group: client.group, client: client.number) }

    /// The topic of one client's will; `nil` for none.
    func willTopic(of client: ClientPlan) -> String? { profile.willTopic(group: client.group, client: client.number) }

    /// The group that published a message, and at which QoS; `nil` for a process of this run that does not publish or that it does not have.
    func publisher(_ process: UInt32, sequence: UInt64) -> (group: Int, qos: UInt8)? {
        guard process < groupOfProcess.count, sequence > 0 else { return nil }
        let group = groupOfProcess[Int(process)]
        if onlyQoS[group] < 3 { return (group, onlyQoS[group]) }
        return groups[group].publish.map { (group, $0.qos(sequence: sequence)) }
    }
}

/// What one client is and does. Its client and the plan of the run share one, as there are tens of thousands.
final class ClientPlan: Sendable {
    /// Its number in the trace.
    let process: UInt32
    let group: Int
    /// What it is called in traces and reports.
    let name: String
    /// Its number within its group.
    let number: Int
    let topics: TopicSource?
    let filters: [String]
    /// When it is there.
    let itinerary: Itinerary
    /// Publishes one message for each that it receives.
    let forwards: Bool
    /// Publishes by its own schedule.
    let publishesOnItsOwn: Bool

    init(process: UInt32, group: Int, number: Int, profile: Profile, itinerary: Itinerary) {
        let model = profile.groups[group]
        self.process = process
        self.group = group
        self.number = number
        self.itinerary = itinerary
        name = model.name(of: profile.client(group: group, number: number))
        topics = profile.topics(group: group, client: number)
        filters = profile.filters(group: group, client: number)
        forwards = model.isRelay
        publishesOnItsOwn = model.publish != nil && !model.isRelay
    }
}

extension Duration {
    /// The length in nanoseconds; 0 for negative ones.
    var nanoseconds: UInt64 {
        let parts = components
        return parts.seconds < 0 ? 0 : UInt64(parts.seconds) * 1_000_000_000 + UInt64(max(0, parts.attoseconds) / 1_000_000_000)
    }
}
