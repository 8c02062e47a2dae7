import Foundation
import Harness
import Testing
import Trace
import Verification
import Yams

@testable import Workload

/// Whichever engine speaks MQTT, a run of the same profile and seed comes to the same.
@Suite(.timeLimit(.minutes(5))) struct BothEnginesTests {
    private static let profiles = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../Profiles").standardized

    /// The profiles that load a broker with client groups.
    private static let shipped: [String] = {
        let files = (try? FileManager.default.contentsOfDirectory(atPath: profiles.path)) ?? []
        return files.filter { $0.hasSuffix(".yaml") && !$0.hasPrefix("shop") }.sorted()
    }()

    /// A number of messages for each client, so that both runs publish the same.
    @Test(arguments: ["3.1.1", "5.0"])
    func oneProfileAndSeedGiveTheSameTotalsAndVerdict(_ version: String) async throws {
        var outcomes: [RunOutcome] = []
        var dupKnown: [Bool] = []
        for engine in ["wire", "libmosquitto"] {
            let scenario = Scenario(
                """
                name: same
                seed: 7
                engine: \(engine)
                target:
                  embedded:
                    settings: {max_queued_messages: 0, max_inflight_messages: 0}
                groups:
                  - name: both
                    count: 3
                    protocol: "\(version)"
                    session: kept
                    publish: {topic: s/%rand_4/%i, qos: [0, 1, 2], rate: 400/s, arrival: poisson, messages: 300, retain: true}
                    subscribe: {filters: ["s/+/+"], qos: 2}
                  - name: relays
                    count: 2
                    protocol: "\(version)"
                    publish: {topic: r/%i, qos: 1, on: received}
                    subscribe: {filters: [s/0/%i], qos: 1}
                  - name: readers
                    count: 2
                    protocol: "\(version)"
                    subscribe: {filters: ["s/1/#", "r/+"], qos: 1}
                """)
            try await scenario.run { outcome in
                outcomes.append(outcome)
                var known = false
                for path in try RunDirectory(existing: outcome.directory).traces {
                    try TraceFile(path: path).forEach { event, _ in if case .delivered(let it) = event, it.dup != nil { known = true } }
                }
                dupKnown.append(known)
            }
        }
        #expect(outcomes[0].check.verdict == .pass && outcomes[1].check.verdict == .pass)
        #expect(outcomes[0].check.totals == outcomes[1].check.totals)
        #expect(outcomes[0].check.totals.published > 900, "relays published nothing")
        // And they are two engines: only one of them sees the DUP flag.
        #expect(dupKnown == [true, false])
    }

    /// Looking at the sockets less often changes what a message costs, and nothing of what becomes of it; and it is said.
    @Test(arguments: [0, 1, 2])
    func whatComesTogetherIsJudgedAlike(_ qos: Int) async throws {
        let outcome = try await Scenario(
            """
            name: together
            coalesce: 2ms
            groups:
              - {name: pub, count: 4, publish: {topic: t/%i, qos: \(qos), rate: unlimited, window: 16, messages: 500}}
              - {name: sub, count: 4, subscribe: {filters: [t/%i], qos: \(qos)}}
            """
        ).run()
        #expect(outcome.check.verdict == .pass && outcome.check.totals.delivered == 2_000, "\(outcome.check)")
        #expect(outcome.generator.coalescingSeconds == 0.002)
    }

    /// Each shipped profile in a short form: the same verdict and the same classes with both engines.
    @Test(arguments: shipped)
    func eachShippedProfileRunsOnBoth(_ name: String) async throws {
        var verdicts: [String] = []
        for engine in ["wire", "libmosquitto"] {
            let outcome = try await Scenario(try Self.shortened(name, engine: engine)).run()
            verdicts.append("\(outcome.check.verdict) \(outcome.classes.keys.sorted())")
            #expect(outcome.check.totals.delivered > 0, "\(name) on \(engine)")
        }
        #expect(verdicts[0] == verdicts[1], "\(name)")
        #expect(name == "overflow.yaml" || verdicts[0] == "pass []", "\(name): \(verdicts[0])")
    }

    /// The same with all durations so many times shorter.
    private static func quickened(_ node: Node, by factor: UInt64) -> Node {
        switch node {
        case .scalar(let scalar):
            guard let duration = DurationFormat.parse(scalar.string), scalar.string.last?.isLetter == true else { return node }
            return Node("\(duration.wholeNanoseconds / factor / 1_000)us")
        case .mapping(let mapping): return .mapping(.init(mapping.map { ($0.key, quickened($0.value, by: factor)) }))
        case .sequence(let sequence): return .sequence(.init(sequence.map { quickened($0, by: factor) }))
        case .alias: return node
        }
    }

    /// A profile that takes about a second and has no conditions that only its full length can meet.
    private static func shortened(_ name: String, engine: String) throws -> String {
        let text = try String(contentsOf: profiles.appending(path: name), encoding: .utf8)
        var root = try #require(try Yams.compose(yaml: text))
        root["engine"] = Node(engine)
        root["thresholds"] = nil
        root["require"] = nil
        if name != "overflow.yaml" {
            if root["phases"]?["hold"] != nil {
                root["phases"]?["hold"] = Node("1s")
                root["phases"]?["warm_up"] = Node("0s")
            }
            root["phases"]?["drain"] = try Node(["quiet": "500ms", "limit": "30s"])
        }
        guard case .sequence(var groups)? = root["groups"] else { return try Yams.serialize(node: root) }
        for index in groups.indices where groups[index]["publish"]?["messages"] != nil {
            groups[index]["publish"]?["messages"] = Node("20")
        }
        // Clients come and go within that second, in the same proportions.
        if groups.contains(where: { $0["life"] != nil }) {
            root["phases"]?["hold"] = Node("2s")
            root["phases"]?["drain"] = try Node(["quiet": "2500ms", "limit": "30s"])
            for index in groups.indices {
                groups[index]["life"] = groups[index]["life"].map { Self.quickened($0, by: 5) }
            }
        }
        root["groups"] = .sequence(groups)
        return try Yams.serialize(node: root)
    }
}
