import Foundation
import Harness
import Testing

/// Runs in which something goes wrong, or looks as if: no pass that was not earned, no broker accused that is right, nothing that hangs.
@Suite(.serialized) struct CasesTests {
    /// Nothing was carried, so nothing is green. MQTT 5.0 tells the limit in CONNACK; 3.1.1 only breaks off.
    @Test(arguments: ["too-large-3", "too-large-5"])
    func messagesLargerThanTheBrokerTakes(name: String) async throws {
        let run = try await Case.run(name)
        #expect(run.code == 121 || run.code == 99, "\(run.finished)")
        #expect(!run.output.hasPrefix("PASS"), "\(run.output)")
        #expect(run.output.contains("writers"), "\(run.output)")
        #expect(try run.total("delivered") == 0)
        if name == "too-large-5" {
            #expect(run.output.contains("500"), "\(run.output)")
            #expect(try run.total("published") == 0)
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
        #expect(run.output.contains("deep"), "\(run.output)")
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
    }

    @Test func aBrokerThatStandsStill() async throws {
        let run = try await ForeignBroker.mosquitto { broker in
            let run = try await Case.run("freeze", broker: broker.port) { progress in
                try await progress.untilItIsTraced()
                broker.freeze(true)
                defer { broker.freeze(false) }
                // Longer than the rest of the hold.
                try await Task.sleep(for: .seconds(4))
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
        let run = try await Case.run("no-retain-5") { progress in
            try await progress.untilItIsTraced()
            // The subscriber loses its connection, and asks for retained messages when it is back.
            _ = try Stranger(port: progress.port(), clientID: "readers-0")
        }
        #expect(run.code == 99 || run.code == 121, "\(run.finished)")
        #expect(run.output.contains("retain"), "\(run.output)")
    }

    @Test func oneCopyForEachFilterThatMatches() async throws {
        let run = try await Case.run("overlap-5")
        #expect(run.code == 0, "\(run.finished)")
        #expect(run.output.contains("Filters that overlap: one for each filter"), "\(run.output)")
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

    @Test(arguments: MuteBroker.Silence.allCases)
    func aBrokerThatDoesNotAnswer(silence: MuteBroker.Silence) async throws {
        let broker = try MuteBroker(silence)
        defer { broker.stop() }
        let run = try await Case.run("mute", broker: broker.port)
        #expect(run.code == 1, "\(run.finished)")
        #expect(run.error.contains(silence == .connect ? "did not answer CONNECT" : "did not answer SUBSCRIBE"), "\(run.finished)")
    }
}
