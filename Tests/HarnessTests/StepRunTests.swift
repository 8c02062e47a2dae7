import Foundation
import Measurement
import Testing
import Verification

@testable import Harness

/// How long the steps take that come before a message and after it.
@Suite struct StepRunTests {
    @Test(arguments: ["wire", "libmosquitto"])
    func everyStepIsTimedOnce(engine: String) async throws {
        let outcome = try await Scenario(
            """
            name: steps
            engine: \(engine)
            groups:
              - { name: readers, count: 3, subscribe: { filters: ["s/#"], qos: 1 } }
              - { name: writers, count: 2, publish: { topic: s/%i, qos: [0, 1, 2], rate: 60/s } }
            phases: { hold: 1s, drain: { quiet: 300ms } }
            """
        ).run()
        #expect(outcome.steps["readers"]?[.connect].count == 3 && outcome.steps["writers"]?[.connect].count == 2)
        #expect(outcome.histogram(of: .tcp).count == 5 && outcome.histogram(of: .connack).count == 5)
        #expect(outcome.histogram(of: .suback).count == 3)
        // All subscribed before there was anything to come, nobody left, and nothing was encrypted.
        for step in [ConnectionSteps.Step.firstMessage, .resume, .tls] { #expect(outcome.histogram(of: step).count == 0) }
        for part in outcome.parts {
            let acked = outcome.check.parts.first { $0.group == part.group && $0.qos == part.qos }?.totals.acked
            #expect(part.acknowledge.count == (part.qos == 0 ? 0 : acked))
        }
        #expect(outcome.acknowledge.count > 50)
        #expect((outcome.acknowledge.minimum ?? 0) > 0 && (outcome.acknowledge.maximum ?? 9) < 5)
    }

    /// Who joins under load waits for its first message, and so does who gets retained ones; who was away is back once it has its session.
    @Test func whoComesLaterIsTimed() async throws {
        let outcome = try await Scenario(
            """
            name: later
            groups:
              - name: late
                count: 4
                life: { join: { after: 300ms } }
                subscribe: { filters: [s], qos: 1 }
              - name: returning
                count: 3
                session: kept
                life: { away: { after: 500ms, for: 400ms, by: drop } }
                subscribe: { filters: [s], qos: 1 }
              - { name: writers, count: 1, publish: { topic: s, qos: 1, rate: 100/s } }
            phases: { hold: 2s, drain: { quiet: 300ms } }
            """
        ).run()
        let (late, returning) = try (#require(outcome.steps["late"]), #require(outcome.steps["returning"]))
        #expect(late[.connect].count == 4 && late[.firstMessage].count == 4 && late[.resume].count == 0)
        #expect(returning[.connect].count == 6 && returning[.resume].count == 3 && returning[.firstMessage].count == 0)
        // What the profile asks for is no part of it.
        #expect((returning[.resume].maximum ?? 9) < 0.4)
        #expect(returning[.suback].count == 3, "a session that is present has its subscriptions")
    }

    @Test func theUnevenlyServedAreNamed() async throws {
        let outcome = try await Scenario(
            """
            name: uneven
            groups:
              - { name: readers, count: 3, subscribe: { filters: [f/%i], qos: 1 } }
              - { name: writers, count: 1, publish: { topic: f/1, qos: 1, rate: 100/s } }
            phases: { hold: 1s, drain: { quiet: 300ms } }
            """, reactors: 2
        ).run()
        #expect(outcome.fairness.map(\.group) == ["readers"], "one writer alone has nobody beside it")
        let readers = try #require(outcome.fairness.first)
        #expect(readers.kind == .delivered && readers.clients == 3 && readers.median == 0)
        #expect(readers.slowest == .init(name: "readers-0", perSecond: 0) && readers.fastest.name == "readers-1")
        #expect(abs(readers.fastest.perSecond - outcome.deliveredPerSecond) < 0.01 && readers.fastest.perSecond > 50)
    }

    @Test func theMedianIsThatOfHalfTheClients() throws {
        func compare(_ counts: Int...) -> Fairness? {
            Fairness(
                group: "g", kind: .acked, counts.enumerated().map { .init(name: "c\($0)", count: $1) }, seconds: 2)
        }
        #expect(compare(5) == nil && compare() == nil && compare(0, 0) == nil)
        let odd = try #require(compare(10, 2, 4))
        #expect(odd.slowest == .init(name: "c1", perSecond: 1) && odd.median == 2 && odd.fastest == .init(name: "c0", perSecond: 5))
        #expect(compare(8, 2, 4, 6)?.median == 2)
    }
}
