import Foundation
import Harness
import Testing

/// Runs in which something goes wrong, or looks as if: no pass that was not earned, no broker accused that is right, nothing that hangs.
@Suite(.serialized) struct CasesTests {
    /// Nothing was carried, so nothing is green. MQTT 5.0 tells the limit in CONNACK; 3.1.1 only breaks off.
    @Test(arguments: ["too-large-3", "too-large-5"])
    func messagesLargerThanTheBrokerTakes(name: String) async throws {
        let run = try await Case.run(name)
        #expect(run.code == 121, "\(run.finished)")
        #expect(run.output.hasPrefix("INCONCLUSIVE"), "\(run.output)")
        #expect(run.sentences.contains("messages of group 'writers' at QoS 1 was acknowledged"), "\(run.output)")
        #expect(try run.total("delivered") == 0 && run.total("acked") == 0)
        if name == "too-large-5" {
            #expect(run.sentences.contains("packet too large, limit 500, size 1037"), "\(run.output)")
            #expect(try run.total("published") == 0)
            #expect(run.output.contains("✗ published >30/s"), "\(run.output)")
        } else {
            #expect(
                run.sentences.contains(
                    "The broker takes packets of at most 500 bytes (its max_packet_size), and the payload of this group's messages alone has 1024."
                ),
                "\(run.output)")
        }
    }

    @Test func aControlCharacterInATopicIsRefused() async throws {
        let run = try await Case.run("newline-topic")
        #expect(run.code == 104, "\(run.finished)")
        #expect(run.error.contains("newline-topic.yaml:4:") && run.error.contains("control character"), "\(run.error)")
    }

    @Test func aTopicTooDeepForTheBroker() async throws {
        let run = try await Case.run("deep-topic")
        #expect(run.code == 121, "\(run.finished)")
        #expect(run.sentences.contains("messages of group 'deep' at QoS 1 was acknowledged"), "\(run.output)")
        #expect(run.sentences.contains("Its clients lost their connections"), "\(run.output)")
        #expect(!run.sentences.contains("group 'fine'"), "\(run.output)")
        #expect(try run.total("connections_lost") > 5)
        // The other publisher stands apart.
        #expect(try run.total("delivered") >= 30)
        #expect(try run.total("lost") == 0)
    }

    @Test func aBrokerThatIsKilledAndStartedAgain() async throws {
        let port = try await ForeignBroker.mosquitto { $0.port }
        let (ended, end) = AsyncStream<Void>.makeStream()
        let (started, start) = AsyncStream<Void>.makeStream()
        let (killed, kill) = AsyncStream<Void>.makeStream()
        let broker = Task {
            defer { start.finish() }
            try await ForeignBroker.mosquitto(port: port) { broker in
                start.finish()
                for await _ in killed {}
                broker.kill()
                try await wait("an end of the broker") { !broker.isRunning }
            }
            try await ForeignBroker.mosquitto(port: port) { _ in for await _ in ended {} }
        }
        for await _ in started {}
        let run = try await Case.run("restart", broker: port) { progress in
            try await progress.untilItIsTraced()
            kill.finish()
        }
        end.finish()
        try await broker.value
        #expect(run.code == 99, "\(run.finished)")
        #expect(try run.total("connections_lost") == 7)
        #expect(run.output.contains("✗ connections_lost ==0"), "\(run.output)")
        // When each was lost is told.
        let events = try #require(try run.part("connections")["events"] as? [[String: Any]])
        let lost = events.filter { $0["kind"] as? String == "lost" }
        #expect(lost.count == 7 && lost.allSatisfy { $0["at_seconds"] as? Double ?? 0 > 0 }, "\(events)")
        // What was due while there was no broker is counted.
        #expect(try run.total("unsent") + run.total("unknown") + run.total("acked") >= run.total("published"))
        #expect(run.sentences.contains("lost some at"), "\(run.output)")
    }

    @Test func aBrokerThatStandsStill() async throws {
        let run = try await ForeignBroker.mosquitto { broker in
            let run = try await Case.run("freeze", broker: broker.port) { progress in
                try await progress.untilItIsTraced()
                broker.freeze(true)
                defer { broker.freeze(false) }
                try await progress.untilItIsIn("drain")
            }
            return run
        }
        #expect(run.code == 99, "\(run.finished)")
        #expect(try run.total("unsent") > 0)
        #expect(run.output.contains("✗ unsent ==0"), "\(run.output)")
        #expect(run.output.contains("✗ latency p(75)"), "\(run.output)")
    }

    @Test func aStallLongerThanTheKeepAliveIsRefused() async throws {
        let run = try await Case.run("long-stall")
        #expect(run.code == 104, "\(run.finished)")
        #expect(run.error.contains("long-stall.yaml:5: ") && run.error.contains("keepalive"), "\(run.error)")
    }

    @Test func aBrokerThatKeepsNoRetainedMessages() async throws {
        let run = try await ForeignBroker.mosquitto(settings: ["retain_available false"]) { broker in
            let port = broker.port
            return try await Case.run("no-retain-5", broker: port) { progress in
                try await progress.untilItIsTraced()
                // The subscriber loses its connection, and asks for retained messages when it is back.
                _ = try Stranger(port: port, clientID: "readers-0")
            }
        }
        // The connection that was lost is the profile's own matter; nobody is accused.
        #expect(run.code == 99 || run.code == 121, "\(run.finished)")
        #expect(run.sentences.contains("it keeps no retained messages, so none is sent with RETAIN"), "\(run.output)")
    }

    @Test func oneCopyForEachFilterThatMatches() async throws {
        let run = try await Case.run("overlap-5")
        #expect(run.code == 0, "\(run.finished)")
        #expect(run.output.contains("Filters that overlap: one for each filter"), "\(run.output)")
    }

    @Test(arguments: ["company", "company-kept"])
    func twoRunsOfOneProfileAtTheSameTime(name: String) async throws {
        try await ForeignBroker.mosquitto { broker in
            async let first = Case.run(name, broker: broker.port)
            async let second = Case.run(name, broker: broker.port)
            for run in [try await first, try await second] {
                #expect(run.code == 0, "\(run.finished)")
                // Each received what the other sent, so they did meet.
                #expect(run.sentences.contains("messages of others came on"), "\(run.output)")
            }
        }
    }

    @Test func aMessageOfAStranger() async throws {
        let run = try await ForeignBroker.mosquitto { broker in
            try await Case.run("company", broker: broker.port) { progress in
                try await progress.untilItIsTraced()
                try Stranger(port: broker.port, clientID: "stranger").publish("21.5", to: "plant/hall")
            }
        }
        #expect(run.code == 0, "\(run.finished)")
        #expect(run.output.contains("plant/hall"), "\(run.output)")
    }

    /// Who writes as fast as it can still reads: what arrived in the hold is most of what left in it, or the run says what held it up.
    @Test func aFastBrokerAndAnUnlimitedRate() async throws {
        let run = try await ForeignBroker.nats { try await Case.run("flood", broker: $0) }
        #expect(run.code == 0, "\(run.finished)")
        let rates = try run.part("throughput_per_second")
        let published = try #require(rates["published"] as? Double)
        let delivered = try #require(rates["delivered"] as? Double)
        let isLimited = try #require(try run.part("generator")["limited"] as? Bool)
        #expect(published > 0 && (isLimited || delivered > published / 2), "\(run.output)")
    }

    /// The first signal is enough, whatever the broker owes.
    @Test(arguments: MuteBroker.Silence.allCases)
    func aSignalWhileABrokerDoesNotAnswer(silence: MuteBroker.Silence) async throws {
        let broker = try MuteBroker(silence)
        defer { broker.stop() }
        let run = try await Case.run("mute", broker: broker.port) { progress in
            try await wait("something that is not answered") { broker.hasKeptSilent }
            try progress.interrupt()
        }
        #expect(run.code == 105, "\(run.finished)")
        #expect(run.error.contains("waybill: SIGTERM: the run ends within 5 s"), "\(run.finished)")
        #expect(!run.error.contains("did not answer"), "\(run.finished)")
    }

    /// All at a time: each run waits for as long as a broker may take.
    @Test func brokersThatDoNotAnswerAreGivenUp() async throws {
        try await withThrowingTaskGroup { group in
            for silence in MuteBroker.Silence.allCases {
                group.addTask {
                    let broker = try MuteBroker(silence)
                    defer { broker.stop() }
                    let run = try await Case.run("mute", broker: broker.port)
                    #expect(run.code == 1, "\(silence): \(run.finished)")
                    let packet = silence == .connect ? "CONNECT" : "SUBSCRIBE"
                    #expect(run.error.contains("did not answer \(packet)"), "\(silence): \(run.finished)")
                }
            }
            try await group.waitForAll()
        }
    }
}
