import Foundation
import Harness
import Synchronization
import Testing
import Trace
import Verification
import Workload

/// Clients that come and go at a real broker, on both engines.
@Suite(.serialized) struct LifeRunTests {
    private func lives(_ engine: String) -> String {
        """
        name: lives
        engine: \(engine)
        groups:
          - name: devices
            count: 4
            session: kept
            protocol: "5.0"
            will: { topic: status/%i, qos: 1 }
            life: { away: { after: 300ms, for: 300ms, every: 900ms, by: drop, over: 200ms } }
            publish: { topic: data/%i, qos: 1, rate: 30/s }
          - name: guests
            count: 4
            will: { topic: status/g%i, qos: 2 }
            life:
              join: { after: 200ms, over: 300ms }
              leave: { after: 1800ms, over: 200ms, by: drop }
              churn: { rate: 4/s, for: 150ms }
            publish: { topic: data/g%i, qos: 2, rate: 30/s }
          - { name: workers, count: 3, protocol: "5.0", subscribe: { filters: [$share/w/data/#], qos: 1 } }
          - name: readers
            count: 3
            session: kept
            life: { away: { after: 500ms, for: 300ms, every: 800ms, chance: 70% } }
            subscribe: { filters: [data/#], qos: 2 }
          - { name: watchers, count: 2, subscribe: { filters: [status/#], qos: 2 } }
          - name: old
            count: 2
            session: kept
            will: { topic: status/o%i, qos: 2 }
            life: { away: { after: 400ms, for: 200ms, every: 600ms, by: drop } }
            publish: { topic: data/o%i, qos: 1, rate: 30/s }
        phases: { hold: 2500ms, drain: { quiet: 600ms, limit: 20s } }
        """
    }

    @Test(arguments: ["wire", "libmosquitto"])
    func whoComesAndGoesLosesNothing(engine: String) async throws {
        let outcome = try await Scenario(lives(engine)).run()
        let profile = try Profile.parse(yaml: lives(engine), file: "lives.yaml")
        #expect(outcome.check.verdict == .pass, "\(outcome.check)")
        #expect(outcome.check.totals.lost == 0 && outcome.check.totals.due > 500)
        // Each drop of a device brings a will to two watchers, and so does the end of each guest, which comes back for it if it is away.
        func absences(_ group: Int) throws -> Int {
            try #require(profile.itineraries(group: group)).reduce(0) { $0 + $1.absences.count }
        }
        let (devices, old) = (try absences(0), try absences(5))
        let guests = profile.groups[1].count
        #expect(devices == 12 && old == 8)
        let drops = devices + guests + old
        #expect(outcome.check.exercised.wills == 2 * drops, "\(outcome.check.exercised)")
        #expect(outcome.check.exercised.resumed > 12)
        #expect(outcome.connections.counts[.lost] == 0 && outcome.standstill.seconds < 5)
        #expect(outcome.shortfall.unsent == 0)
        // The shared group got each message once.
        let workers = try #require(outcome.check.receivers.first { $0.group == "workers" })
        #expect(workers.deliveries == outcome.check.totals.published)
    }

    /// Who leaves with a DISCONNECT has no will, and waits for the answers to what it has sent.
    @Test func whoTakesItsLeaveHasNoWill() async throws {
        let yaml = """
            name: leave
            groups:
              - name: polite
                count: 3
                will: { topic: gone/%i, qos: 1, retain: true }
                life: { away: { after: 300ms, for: 200ms, every: 400ms } }
                publish: { topic: data/%i, qos: 2, rate: 200/s }
              - { name: readers, count: 1, subscribe: { filters: [data/#, gone/#], qos: 2 } }
            phases: { hold: 1500ms, drain: { quiet: 500ms, limit: 20s } }
            """
        let outcome = try await Scenario(yaml).run()
        #expect(outcome.check.verdict == .pass, "\(outcome.check)")
        #expect(outcome.check.exercised.wills == 0 && outcome.check.totals.unknown == 0)
        #expect(outcome.check.exercised.begun > 9)
    }

    /// A client that is silent is a client that the broker has to find out about.
    @Test func theBrokerNoticesWhoIsSilent() async throws {
        let yaml = """
            name: silence
            groups:
              - name: mute
                count: 2
                keepalive: 5s
                will: { topic: gone/%i, qos: 1 }
                life: { away: { after: 200ms, for: 13s, by: silence } }
                publish: { topic: data/%i, qos: 1, rate: 20/s }
              - { name: readers, count: 1, subscribe: { filters: [data/#, gone/#], qos: 1 } }
            phases: { hold: 13500ms, drain: { quiet: 500ms, limit: 20s } }
            """
        try await Scenario(yaml).run { outcome in
            #expect(outcome.check.verdict == .pass, "\(outcome.check)")
            #expect(outcome.check.exercised.wills == 2)
            // The wills came while the clients were away, and before these closed anything: mosquitto gave the connections up.
            var came: [UInt64] = []
            var back: [UInt64] = []
            var ended: [UInt64] = []
            for path in try RunDirectory(existing: outcome.directory).traces {
                let file = try TraceFile(path: path)
                file.forEach { event, _ in
                    if case .delivered(let one) = event, file.topics[Int(one.topic)]?.hasPrefix("gone/") == true { came.append(one.at) }
                    if case .disconnected(let end) = event, end.process < 2 { ended.append(end.at) }
                    if case .mark(let mark) = event, file.text(mark.text).hasSuffix("comes back") { back.append(mark.at) }
                }
            }
            #expect(came.count == 2 && back.count == 2)
            let last = try #require(came.max())
            #expect(last < (try #require(back.min())))
            #expect(last < (try #require(ended.min())))
        }
    }

    /// Retained messages that were there before a client joined, by each way of asking for them.
    @Test func whoJoinsLateGetsWhatIsRetained() async throws {
        let yaml = """
            name: retained
            groups:
              - { name: registers, count: 5, publish: { topic: r/%i, qos: 1, retain: true, rate: 20/s, messages: 10 } }
              - name: late
                count: 2
                life: { join: { after: 1200ms } }
                subscribe: { filters: [r/+], qos: 1 }
              - name: modern
                count: 2
                protocol: "5.0"
                life: { join: { after: 1200ms } }
                subscribe: { filters: [r/+], qos: 1, retain_handling: never }
              - { name: always, count: 1, protocol: "5.0", subscribe: { filters: [r/+], qos: 1, retain_as_published: true } }
            phases: { hold: 2s, drain: { quiet: 500ms, limit: 20s } }
            """
        let outcome = try await Scenario(yaml).run()
        // Nothing comes to those who want nothing retained and join when all is said.
        #expect(outcome.check.anomalies.isEmpty, "\(outcome.check)")
        // Two find five registers filled, and one sees the flag on all that is published.
        #expect(outcome.check.exercised.retained == 2 * 5 + outcome.check.totals.published, "\(outcome.check.exercised)")
        #expect(outcome.check.doubts.count == 1 && outcome.check.doubts[0].contains("'modern'"), "\(outcome.check.doubts)")
    }

    /// What breaks right after a client has come back is not what the profile asked for.
    @Test func whatBreaksAfterwardsCounts() async throws {
        let yaml = """
            name: broken
            target: { broker: "mqtt://127.0.0.1:PORT" }
            groups:
              - { name: pub, count: 1, publish: { topic: t, qos: 1, rate: 100/s } }
              - { name: sub, count: 1, life: { away: { after: 300ms, for: 200ms, by: drop } }, subscribe: { filters: [t], qos: 1 } }
            phases: { hold: 1500ms, drain: { quiet: 300ms, limit: 20s } }
            """
        try await withTemporaryDirectory { directory in
            try await EmbeddedBroker.with(directory: directory) { broker in
                let state = Mutex<(connections: Int, deliveries: Int)>((0, 0))
                let proxy = TamperingProxy(to: broker.port) { packet, way, connection in
                    guard connection.clientID.hasPrefix("sub") else { return [packet] }
                    let isFifth = state.withLock {
                        if packet.kind == .connect { $0.connections += 1 }
                        if way == .toClient, packet.isPublish, $0.connections == 2 { $0.deliveries += 1 }
                        return $0.connections == 2 && $0.deliveries == 5
                    }
                    if isFifth, way == .toClient, packet.isPublish { connection.cut() }
                    return [packet]
                }
                defer { proxy.close() }
                let outcome = try await Scenario(yaml.replacing("PORT", with: "\(proxy.port)")).run()
                #expect(outcome.connections.unasked(.lost) == 1, "\(outcome.connections)")
                #expect(outcome.check.verdict == .pass && outcome.check.exercised.begun == 1 + 3, "\(outcome.check)")
            }
        }
    }

    /// Whoever is away when it is to leave for good comes back for it, so that nobody has to wonder where it is.
    @Test func whoeverIsAwayStillTakesItsLeave() async throws {
        let yaml = """
            name: away-and-gone
            groups:
              - { name: pub, count: 2, publish: { topic: t/%i, qos: 1, rate: 50/s } }
              - name: readers
                count: 4
                life: { away: { after: 300ms, for: 2s, by: drop }, leave: { after: 600ms, over: 400ms } }
                subscribe: { filters: [t/+], qos: 1 }
            phases: { hold: 1500ms, drain: { quiet: 300ms, limit: 20s } }
            """
        let outcome = try await Scenario(yaml).run()
        #expect(outcome.check.verdict == .pass, "\(outcome.check)")
        #expect(outcome.check.exercised.begun == 2 + 2 * 4)
    }

    /// Where messages are counted and not timed, the run ends when nobody is left who has some to send.
    @Test(arguments: ["rate: 50/s", "rate: unlimited, window: 2"])
    func whoeverLeavesHoldsNobodyUp(pace: String) async throws {
        let yaml = """
            name: leavers
            target: { embedded: { settings: { max_queued_messages: 0 } } }
            groups:
              - { name: short, count: 2, life: { leave: { after: 300ms } }, publish: { topic: t, qos: 1, \(pace), messages: 1000000 } }
              - { name: long, count: 1, publish: { topic: t, qos: 1, rate: 50/s, messages: 40 } }
              - { name: readers, count: 1, subscribe: { filters: [t], qos: 1 } }
            phases: { drain: { quiet: 300ms, limit: 20s } }
            """
        let outcome = try await Scenario(yaml).run()
        #expect(outcome.check.verdict == .pass, "\(outcome.check)")
        #expect(outcome.check.totals.published > 60 && outcome.check.totals.lost == 0)
    }

    /// No Local, on a topic that everybody publishes to and reads.
    @Test func nobodyHearsItself() async throws {
        let yaml = """
            name: room
            groups:
              - name: talkers
                count: 3
                protocol: "5.0"
                publish: { topic: room, qos: 1, rate: 20/s }
                subscribe: { filters: [room], qos: 1, no_local: true }
            phases: { hold: 1s, drain: { quiet: 300ms, limit: 20s } }
            """
        let outcome = try await Scenario(yaml).run()
        #expect(outcome.check.verdict == .pass, "\(outcome.check)")
        #expect(outcome.check.totals.delivered == 2 * outcome.check.totals.published && outcome.check.totals.published > 50)
    }
}
