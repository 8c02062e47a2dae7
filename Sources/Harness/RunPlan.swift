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
    /// The group of each process; processes are numbered from 0.
    private let groupOfProcess: [Int]
    /// The QoS of each group's messages, where it is the same for all of them; 3 where it is not, or there are none.
    private let onlyQoS: [UInt8]

    init(profile: Profile, target: BrokerTarget, reactors: Int) {
        id = UInt64.random(in: 1 ... .max)
        var clients: [ClientPlan] = []
        var groupOfProcess: [Int] = []
        for (index, group) in profile.groups.enumerated() {
            for number in 0..<group.count {
                clients.append(ClientPlan(process: UInt32(clients.count), group: index, number: number, profile: profile, target: target))
                groupOfProcess.append(index)
            }
        }
        groups = profile.groups
        onlyQoS = profile.groups.map { $0.publish.flatMap { $0.qos.count == 1 ? $0.qos[0] : nil } ?? 3 }
        isAmongOthers = !target.isEmbedded
        self.clients = clients
        coalescing = profile.coalesce.nanoseconds
        self.groupOfProcess = groupOfProcess
        self.reactors = min(reactors, max(1, clients.count))
    }

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
    /// Whether its client identifier is another in each run.
    let namesRun: Bool
    /// Its number within its group.
    let number: Int
    let session: SessionConfiguration
    let publish: Profile.Publish?
    let subscribe: Profile.Subscribe?
    let topics: TopicSource?
    let filters: [String]
    private let profile: Profile

    init(process: UInt32, group: Int, number: Int, profile: Profile, target: BrokerTarget) {
        let model = profile.groups[group]
        self.process = process
        self.group = group
        self.number = number
        self.profile = profile
        name = model.name(of: profile.client(group: group, number: number))
        namesRun = model.clientID.variesPerRun
        publish = model.publish
        subscribe = model.subscribe
        topics = profile.topics(group: group, client: number)
        filters = profile.filters(group: group, client: number)
        var session = SessionConfiguration(target.endpoint, clientID: profile.client(group: group, number: number).id)
        session.engine = model.engine == .wire ? .wire : .libmosquitto
        session.webSocket = target.webSocket
        session.version = model.protocolVersion == .v5 ? .v5 : .v311
        session.keepsSession = model.session == .kept
        // A run that is killed forgets nothing, and its sessions would stay for ever at a broker that lives on.
        if !target.isEmbedded { session.sessionExpiry = Self.expiry(profile.phases) }
        session.keepAlive = model.keepAliveSeconds
        session.window = model.publish?.window ?? session.window
        session.credentials = target.credentials
        session.tls = target.tls
        self.session = session
    }

    /// Seconds for which a session is kept that nobody comes back to: far more than the run takes.
    private static func expiry(_ phases: Profile.Phases) -> UInt32 {
        guard let hold = phases.hold else { return .max }
        let run = (phases.warmUp.nanoseconds + hold.nanoseconds + phases.drainLimit.nanoseconds) / 1_000_000_000
        return UInt32(clamping: run + 24 * 3_600)
    }

    /// Publishes one message for each that it receives.
    var forwards: Bool { publish?.pace == .onReceived }

    /// Publishes by its own schedule.
    var publishesOnItsOwn: Bool { publish != nil && !forwards }

    /// The intended times of an open loop; `nil` where the client has none.
    func arrivals(from start: UInt64) -> ArrivalProcess? { profile.arrivals(group: group, client: number, start: start) }
}

extension Duration {
    /// The length in nanoseconds; 0 for negative ones.
    var nanoseconds: UInt64 {
        let parts = components
        return parts.seconds < 0 ? 0 : UInt64(parts.seconds) * 1_000_000_000 + UInt64(max(0, parts.attoseconds) / 1_000_000_000)
    }
}
