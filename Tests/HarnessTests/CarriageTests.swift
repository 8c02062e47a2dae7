import Foundation
import Harness
import Testing
import Verification
import Workload

/// A run that carried nothing proves nothing, however well its rules held.
@Suite struct CarriageTests {
    // MARK: - Against a real broker

    /// The broker's limit is known beforehand (MQTT 5.0), so nothing leaves.
    @Test func whatIsTooLargeForTheBrokerIsNoPass() async throws {
        let outcome = try await tooLarge(version: "5.0")
        #expect(outcome.check.verdict == .inconclusive, "\(outcome.check)")
        #expect(outcome.check.totals.published == 0 && outcome.check.totals.refused > 10)
        #expect(outcome.publishedPerSecond == 0)
        let doubt = outcome.check.doubts.first { $0.contains("group 'pub' at QoS 1") }
        #expect(doubt?.contains("of the \(outcome.check.totals.refused) messages") == true, "\(outcome.check.doubts)")
        #expect(doubt?.contains("500") == true && doubt?.contains("large") == true, "\(outcome.check.doubts)")
        #expect(outcome.check.doubts.contains { $0.contains("'sub'") && $0.contains("received nothing") }, "\(outcome.check.doubts)")
    }

    /// In MQTT 3.1.1 the broker can only close the connection.
    @Test func aBrokerThatClosesAtEveryPublishIsNoPass() async throws {
        let outcome = try await tooLarge(version: "3.1.1")
        #expect(outcome.check.verdict == .inconclusive, "\(outcome.check)")
        #expect(outcome.check.totals.acked == 0)
        #expect(outcome.connections.unasked(.lost) > 0)
        #expect(outcome.check.doubts.contains { $0.contains("group 'pub' at QoS 1") }, "\(outcome.check.doubts)")
    }

    private func tooLarge(version: String) async throws -> RunOutcome {
        try await Scenario(
            """
            name: too-large
            target: { embedded: { settings: { max_packet_size: 500 } } }
            groups:
              - { name: pub, count: 2, protocol: "\(version)", publish: { topic: t/%i, qos: 1, rate: 20/s, size: 1KiB } }
              - { name: sub, count: 1, protocol: "\(version)", subscribe: { filters: [t/#], qos: 1 } }
            phases: { hold: 1s, drain: { quiet: 300ms, limit: 4s } }
            """
        ).run()
    }

    /// One group carries nothing, and the other is as it was.
    @Test func agroupThatLosesItsConnectionAtEveryMessageStandsApart() async throws {
        let deep = Array(repeating: "level", count: 220).joined(separator: "/")
        let outcome = try await Scenario(
            """
            name: deep
            groups:
              - { name: deep, count: 1, publish: { topic: "\(deep)/%i", qos: 1, rate: 20/s } }
              - { name: fine, count: 1, publish: { topic: "fine/%i", qos: 1, rate: 20/s } }
              - { name: sub, count: 1, subscribe: { filters: ["#"], qos: 1 } }
            phases: { hold: 1s, drain: { quiet: 300ms, limit: 4s } }
            """
        ).run()
        #expect(outcome.check.verdict == .inconclusive, "\(outcome.check)")
        let doubts = outcome.check.doubts.filter { $0.contains("was acknowledged") || $0.contains("was not acknowledged") }
        #expect(doubts.count == 1 && doubts[0].contains("'deep'"), "\(outcome.check.doubts)")
        #expect(!outcome.check.doubts.contains { $0.contains("'fine'") })
    }

    // MARK: - By reports

    private let profile = Result {
        try Profile.parse(
            yaml: """
                name: two
                groups:
                  - { name: pub, count: 1, publish: { topic: a, qos: [0, 1], rate: 1/s } }
                  - { name: sub, count: 1, subscribe: { filters: [a], qos: 1 } }
                phases: { hold: 1s }
                """, file: "two.yaml")
    }

    private func doubts(
        _ parts: [(qos: Int, published: Int, acked: Int, refused: Int)], deliveries: Int, refusals: [CheckReport.Part.Refusal] = [],
        lowered: [CheckReport.Receiver.Lowered] = [], causes: Carriage.Causes = .init()
    ) throws -> [String] {
        var all = DeliveryTotals()
        let made = parts.map { part in
            var totals = DeliveryTotals()
            (totals.published, totals.acked, totals.refused) = (part.published, part.acked, part.refused)
            all += totals
            return CheckReport.Part(group: "pub", qos: part.qos, totals: totals, refusals: refusals)
        }
        let report = CheckReport(
            verdict: .pass, doubts: [], anomalies: [], totals: all, parts: made,
            receivers: [.init(group: "sub", clients: 1, silent: deliveries == 0 ? 1 : 0, deliveries: deliveries, lowered: lowered)])
        return Carriage(try profile.get(), report, causes: causes).doubts
    }

    @Test func whatCarriedSomethingRaisesNoDoubt() throws {
        #expect(try doubts([(0, 5, 5, 0), (1, 5, 1, 4)], deliveries: 1).isEmpty)
    }

    @Test func eachQoSHasToBeAcknowledged() throws {
        #expect(
            try doubts([(0, 5, 5, 0), (1, 5, 0, 5)], deliveries: 5, refusals: [.init(reason: 0x87, count: 5)])
                == ["None of the 10 messages of group 'pub' at QoS 1 was acknowledged: not authorized (0x87)."])
        #expect(
            try doubts([(0, 5, 5, 0)], deliveries: 5) == ["Group 'pub' sent nothing at QoS 1, so nothing is proved about it."])
        #expect(
            try doubts([(0, 5, 5, 0), (1, 1, 0, 0)], deliveries: 5) == ["The only message of group 'pub' at QoS 1 was not acknowledged."])
    }

    @Test func whatTheHarnessKnowsIsSaid() throws {
        let causes = Carriage.Causes(
            refusals: ["pub": [1: "A message of 9 bytes is too large."]], losses: ["pub": (count: 3, last: "the broker closed it.")])
        #expect(
            try doubts([(0, 5, 5, 0), (1, 2, 0, 0)], deliveries: 5, causes: causes) == [
                "None of the 2 messages of group 'pub' at QoS 1 was acknowledged: A message of 9 bytes is too large. "
                    + "Its clients lost their connections 3 times, the last as follows: the broker closed it."
            ])
    }

    /// What a run cannot verify is said, and what it should have done and did not is a doubt.
    @Test(arguments: [
        ("{ name: a, count: 2, idle: true }", 2, 0, nil, "anything about messages"),
        ("{ name: a, count: 2, idle: true }", 1, 0, "1 connections, fewer than its 2 clients", "anything about messages"),
        (
            "{ name: a, count: 2, subscribe: { filters: [a], qos: 0, strangers: true } }", 2, 5, nil,
            "whether a received all of what others sent"
        ),
        (
            "{ name: a, count: 2, subscribe: { filters: [a], qos: 0, strangers: true } }", 2, 0,
            "'a' subscribed at QoS 0 and received nothing",
            "whether a received all of what others sent"
        ),
    ])
    func whatCannotBeVerifiedIsSaid(group: String, begun: Int, strangers: Int, doubt: String?, unverified: String) throws {
        let profile = try Profile.parse(
            yaml: "name: x\ntarget: { broker: 'mqtt://h' }\ngroups: [\(group)]\nphases: { hold: 1s }", file: "x.yaml")
        var report = CheckReport(verdict: .pass, doubts: [], anomalies: [], totals: DeliveryTotals(), parts: [])
        report.exercised.begun = begun
        report.strangers.messages = strangers
        let carriage = Carriage(profile, report)
        #expect(
            carriage.doubts.count == (doubt == nil ? 0 : 1) && carriage.doubts.first?.contains(doubt ?? "") != false, "\(carriage.doubts)")
        #expect(carriage.unverified.count == 1 && carriage.unverified[0].contains(unverified), "\(carriage.unverified)")
    }

    @Test func whatEverybodyVerifiesIsNotSaid() throws {
        let report = CheckReport(verdict: .pass, doubts: [], anomalies: [], totals: DeliveryTotals(), parts: [])
        #expect(Carriage(try profile.get(), report).unverified.isEmpty)
        let alone = try Profile.parse(
            yaml: "name: x\ngroups: [{ name: a, count: 1, publish: { topic: a, qos: 1, rate: 1/s } }]\nphases: { hold: 1s }", file: "x.yaml"
        )
        #expect(Carriage(alone, report).unverified.first?.contains("whether messages reach anybody") == true)
    }

    /// Over MQTT 3.1.1 nobody tells a client how large a packet may be.
    @Test func theLimitOnTheSizeIsToldAsFarAsItIsKnown() throws {
        func doubt(_ target: String, fine: Int?, size: Int = 1024) throws -> String? {
            let fine = fine.map { "- { name: fine, count: 1, publish: { topic: b, qos: 1, rate: 1/s, size: \($0) } }" } ?? ""
            let profile = try Profile.parse(
                yaml: """
                    name: sizes
                    target: \(target)
                    groups:
                      - { name: pub, count: 1, publish: { topic: a, qos: 1, rate: 1/s, size: \(size) } }
                      - { name: sub, count: 1, subscribe: { filters: [a], qos: 1 } }
                      \(fine)
                    phases: { hold: 1s }
                    """, file: "sizes.yaml")
            var totals = DeliveryTotals()
            totals.published = 3
            var taken = totals
            taken.acked = 3
            let report = CheckReport(
                verdict: .pass, doubts: [], anomalies: [], totals: totals,
                parts: [.init(group: "pub", qos: 1, totals: totals), .init(group: "fine", qos: 1, totals: taken)],
                receivers: [.init(group: "sub", clients: 1, silent: 0, deliveries: 1, lowered: [])])
            let doubts = Carriage(profile, report, causes: .init(losses: ["pub": (count: 3, last: "the broker closed it.")])).doubts
            try #require(doubts.count == 1, "\(doubts)")
            let before = "Its clients lost their connections 3 times, the last as follows: the broker closed it."
            return doubts[0].range(of: before).map { String(doubts[0][$0.upperBound...]) }
        }
        // The run's own broker is known.
        let own = "{ embedded: { settings: { max_packet_size: 500 } } }"
        #expect(
            try doubt(own, fine: 100)
                == " The broker takes packets of at most 500 bytes (its max_packet_size), and the payload of this group's messages alone has 1024."
        )
        #expect(
            try doubt(own, fine: 100, size: 498)
                == " The broker takes packets of at most 500 bytes (its max_packet_size), and the payload of this group's messages, without its topic, has 498."
        )
        #expect(try doubt("{ embedded: {} }", fine: 100) == "")
        // Of another only what it did is known.
        let other = "{ broker: 'mqtt://127.0.0.1:1' }"
        #expect(
            try doubt(other, fine: 100)
                == " Should it be the size: over MQTT 3.1.1 a broker does not tell its limit; here the largest payload that it acknowledged has 100 bytes, and the smallest over which it may have closed 1024."
        )
        #expect(
            try doubt(other, fine: nil)
                == " Should it be the size: over MQTT 3.1.1 a broker does not tell its limit; here it acknowledged no payload, and the smallest over which it may have closed 1024."
        )
        // It took as much from another group.
        #expect(try doubt(other, fine: 2000) == "")
    }

    @Test func whoSubscribesHasToReceive() throws {
        #expect(
            try doubts([(0, 5, 5, 0), (1, 5, 5, 0)], deliveries: 0)
                == ["Group 'sub' subscribed at QoS 1 and received nothing (0 deliveries)."])
        #expect(
            try doubts([(0, 5, 5, 0), (1, 5, 5, 0)], deliveries: 0, lowered: [.init(requested: 1, granted: 0x87, count: 1)])
                == [
                    "Group 'sub' subscribed at QoS 1 and received nothing (0 deliveries). The broker refused its subscriptions: not authorized (0x87)."
                ])
    }

    @Test func aRunThatSentNothingSaysSo() throws {
        #expect(try doubts([], deliveries: 0) == ["The run ended before it sent anything, so nothing was put to the test."])
    }

    @Test func aDoubtTurnsAPassAndNoViolation() {
        let report = CheckReport(verdict: .pass, doubts: [], anomalies: [], totals: .init(), parts: [])
        #expect(report.doubted([]).verdict == .pass)
        #expect(report.doubted(["why"]).verdict == .inconclusive && report.doubted(["why"]).doubts == ["why"])
        var broken = report
        broken.verdict = .violation
        #expect(broken.doubted(["why"]).verdict == .violation)
    }
}
