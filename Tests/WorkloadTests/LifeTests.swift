import Testing

@testable import Workload

/// When clients are there: what a profile says of it, and what becomes of it for each client.
@Suite struct LifeTests {
    private func lives(_ life: String, count: Int = 8, hold: String = "10s", extra: String = "") throws -> [Itinerary] {
        let yaml = """
            name: lives
            seed: 3
            groups:
              - name: pub
                count: \(count)
                life: \(life)
                publish: { topic: t, qos: 1, rate: 10/s\(extra) }
            phases: { warm_up: 1s, hold: \(hold) }
            """
        return try #require(try Profile.parse(yaml: yaml, file: "p.yaml").itineraries(group: 0))
    }

    private func milliseconds(_ itinerary: Itinerary) -> [ClosedRange<UInt64>] {
        itinerary.absences.map { $0.from / 1_000_000...$0.until / 1_000_000 }
    }

    @Test func whoeverHasNoneIsAlwaysThere() throws {
        #expect(try Profile.parse(yaml: ProfileText.valid, file: "p.yaml").itineraries(group: 0) == nil)
        #expect(Itinerary().isConstant && Itinerary().isThere(at: 0) && Itinerary().isThere(at: .max - 1))
    }

    @Test func joiningAndLeavingAreSpreadEvenly() throws {
        let all = try lives("{ join: { after: 1s, over: 2s }, leave: { after: 4s, over: 800ms, by: drop } }", count: 4)
        #expect(all.map(\.joins) == [1_000, 1_500, 2_000, 2_500].map { $0 * 1_000_000 })
        #expect(all.map(\.leaves) == [4_000, 4_200, 4_400, 4_600].map { $0 * 1_000_000 })
        #expect(all.allSatisfy { $0.leavesBy == .drop })
        #expect(!all[1].isThere(at: 1_499_999_999) && all[1].isThere(at: 1_500_000_000))
        #expect(all[1].isThere(at: 4_199_999_999) && !all[1].isThere(at: 4_200_000_000))
    }

    @Test func absencesComeAgainAndEndWithTheLoad() throws {
        let all = try lives("{ away: { after: 2s, for: 500ms, every: 3s, over: 1s } }", count: 2)
        #expect(milliseconds(all[0]) == [2_000...2_500, 5_000...5_500, 8_000...8_500])
        // The load ends after 11 s.
        #expect(milliseconds(all[1]) == [2_500...3_000, 5_500...6_000, 8_500...9_000])
        #expect(try milliseconds(lives("{ away: { after: 2s, for: 500ms, every: 3s, times: 2 } }")[0]) == [2_000...2_500, 5_000...5_500])
        #expect(try milliseconds(lives("{ away: { after: 10800ms, for: 5s } }")[0]) == [10_800...11_000])
    }

    /// A client that is away cannot leave, nor can one that has not joined or has left.
    @Test func absencesDoNotOverlap() throws {
        let two = try lives("{ away: [{ after: 2s, for: 2s }, { after: 3s, for: 4s }, { after: 5s, for: 1s, by: silence }] }")
        #expect(milliseconds(two[0]) == [2_000...4_000, 5_000...6_000])
        #expect(two[0].absences.map(\.by) == [.disconnect, .silence])
        let late = try lives("{ join: { after: 3s }, leave: { after: 6s }, away: [{ after: 2s, for: 1s }, { after: 5s, for: 3s }] }")
        #expect(milliseconds(late[0]) == [5_000...6_000])
    }

    @Test func churnIsAPoissonProcessOfTheGroup() throws {
        let all = try lives("{ churn: { rate: 100/s, for: 10ms, by: drop } }", count: 50, hold: "99s")
        let absences = all.flatMap(\.absences)
        // 10,000 are expected, with a standard deviation of 100; some fall into an absence of the same client.
        #expect((9_400...10_400).contains(absences.count), "\(absences.count)")
        #expect(all.allSatisfy { (100...320).contains($0.absences.count) })
        for one in all { #expect(zip(one.absences, one.absences.dropFirst()).allSatisfy { $0.until < $1.from }) }
        let again = try lives("{ churn: { rate: 100/s, for: 10ms, by: drop } }", count: 50, hold: "99s")
        #expect(again == all, "the same seed gives the same lives")
    }

    @Test func sharesAndChancesAreDrawn() throws {
        let share = try lives("{ away: { after: 2s, for: 500ms, share: 25% } }", count: 1_000)
        #expect((200...300).contains(share.count { !$0.absences.isEmpty }))
        let chance = try lives("{ away: { after: 1s, for: 100ms, every: 1s, chance: 30% } }", count: 100)
        #expect((250...350).contains(chance.reduce(0) { $0 + $1.absences.count }))
    }

    /// Against a search from end to end.
    @Test func isThereAgreesWithASearch() throws {
        for one in try lives("{ join: { after: 1s, over: 3s }, churn: { rate: 30/s, for: 150ms } }", count: 5) {
            let edges = one.absences.flatMap { [$0.from - 1, $0.from, $0.until - 1, $0.until] } + [one.joins]
            for time in Array(stride(from: UInt64(0), to: 12_000_000_000, by: 1_234_567)) + edges {
                let isAway = time < one.joins || one.absences.contains { $0.from <= time && time < $0.until }
                #expect(one.isThere(at: time) == !isAway, "at \(time)")
            }
        }
    }

    @Test func nothingIsDueOfWhoIsAway() throws {
        var itinerary = Itinerary()
        itinerary.joins = 250_000_000
        itinerary.absences = [.init(from: 500_000_000, until: 800_000_000, by: .drop)]
        itinerary.leaves = 1_000_000_000
        let arrivals = ArrivalProcess(
            rate: try #require(Rate("10/s")), kind: .constant, start: 7_000, random: RandomStream(state: 1))
        var schedule = ClientSchedule(arrivals, itinerary, start: 7_000)
        #expect((0..<5).map { _ in schedule.next() } == [300_007_000, 400_007_000, 800_007_000, 900_007_000, .max])
    }

    @Test(arguments: [
        ("life: {}", "p.yaml:6: groups[1].life: says nothing; expected join, leave, away or churn"),
        ("life: { join: { after: 5s } }", "p.yaml:6: groups[1].life.join: the last client joins after 5s, but the load ends after 5s"),
        ("life: { join: { over: 1s } }", "p.yaml:6: groups[1].life.join.after: is missing"),
        ("life: { leave: { after: 4s, over: 1s } }", "p.yaml:6: groups[1].life.leave: the last client leaves after 5s"),
        ("life: { leave: { after: 1s, by: kick } }", "p.yaml:6: groups[1].life.leave.by: expected disconnect, drop or silence"),
        ("life: { leave: { after: 1s }, join: { after: 2s } }", "p.yaml:6: groups[1].life.leave.after: is before the last"),
        ("session: kept\n    life: { leave: { after: 1s } }", "p.yaml:7: groups[1].life.leave: is for good, and the broker keeps"),
        ("life: { leave: { after: 1s, by: drop } }", "p.yaml:6: groups[1].life.leave.by: is drop, and the group subscribes"),
        ("life: { away: { after: 1s } }", "p.yaml:6: groups[1].life.away.for: is missing"),
        ("life: { away: { after: 1s, for: 0s } }", "p.yaml:6: groups[1].life.away.for: expected a duration above 0s"),
        ("life: { away: { after: 1s, for: 2s, every: 2s } }", "p.yaml:6: groups[1].life.away.every: is 2s, and each absence takes 2s"),
        ("life: { away: { after: 1s, for: 2s, times: 2 } }", "p.yaml:6: groups[1].life.away.times: has no effect without every"),
        ("life: { away: [{ after: 1s, for: 1s }, { after: 9s, for: 1s }] }", "p.yaml:6: groups[1].life.away[1]: the last client leaves"),
        ("life: { away: { after: 1s, for: 1s, share: 2 } }", "p.yaml:6: groups[1].life.away.share: expected a share"),
        ("life: { churn: { for: 1s } }", "p.yaml:6: groups[1].life.churn.rate: is missing"),
        ("keepalive: 0s\n    life: { away: { after: 1s, for: 1s, by: silence } }", "p.yaml:7: groups[1].life: has clients fall silent"),
        ("will: { qos: 1 }", "p.yaml:6: groups[1].will.topic: is missing"),
        ("will: { topic: w/%s }", "p.yaml:6: groups[1].will.topic: %s cannot stand in a topic of a will"),
        ("will: { topic: w/# }", "p.yaml:6: groups[1].will.topic: 'w/#' contains a wildcard"),
        ("will: { topic: w, delay: 1s }", "p.yaml:6: groups[1].will.delay: is of MQTT 5.0 (3.1.3.2.2), and the group speaks 3.1.1"),
        ("protocol: 5.0\n    will: { topic: w, delay: 1500ms }", "p.yaml:7: groups[1].will.delay: expected whole seconds"),
        (
            "protocol: 5.0\n    will: { topic: w, delay: 1s }",
            "p.yaml:7: groups[1].will.delay: is 1s, and a run is over when for 1s nothing came"
        ),
    ])
    func refuses(line: String, expected: String) {
        let yaml = """
            name: test
            groups:
              - { name: pub, count: 3, publish: { topic: t/%i, qos: 1, rate: 50/s } }
              - name: sub
                count: 2
                \(line)
                subscribe: { filters: [t/+], qos: 1 }
            phases: { hold: 5s }
            """
        let problems = ProfileText.problems(yaml).filter { !$0.contains("protocol \"5.0\", or no delay") || line.contains("delay: 1s") }
        #expect(problems.contains { $0.hasPrefix(expected) }, "\(problems)")
    }

    /// Where nobody knows when the load ends, nothing can go on to its end.
    @Test(arguments: [
        ("{ churn: { rate: 1/s, for: 1s } }", "groups[0].life.churn: goes on to the end of the load, which nobody knows beforehand"),
        ("{ away: { after: 1s, for: 1s, every: 2s } }", "groups[0].life.away.every: goes on to the end of the load"),
    ])
    func endlessLivesNeedAnEnd(life: String, expected: String) {
        let yaml =
            "name: t\ngroups:\n  - { name: p, count: 1, life: \(life), publish: { topic: t, qos: 1, rate: 1/s, messages: 2 } }"
        #expect(ProfileText.problems(yaml).contains { $0.contains(expected) }, "\(ProfileText.problems(yaml))")
    }

    @Test(arguments: [
        ("[$share/g/t/+]", nil), ("[$share/g/t/%i]", nil), ("[$share/%g/#]", nil),
        ("[$share/g]", "'$share/g' is no shared subscription; expected $share, a name and a filter"),
        ("[$share//t/+]", "'$share//t/+' is no shared subscription"), ("[$share/g/]", "'$share/g/' is no shared subscription"),
        ("[$share/a+/t/+]", "'$share/a+/t/+' has a wildcard in the name of its group (MQTT-4.8.2-2)"),
        ("[$share/g/t/+x]", "'$share/g/t/+x' is malformed: + must be the whole of its level"),
        ("[$share/g/$SYS/x]", "'$share/g/$SYS/x' begins with $"), ("[$share/g/other]", "'$share/g/other' matches no topic that"),
    ])
    func sharedSubscriptionsAreRead(filters: String, problem: String?) throws {
        let problems = ProfileText.problems(try ProfileText.replacing("[t/+]", with: filters))
        if let problem { #expect(problems.count == 1 && problems[0].contains(problem), "\(problems)") } else { #expect(problems == []) }
    }

    /// What a shared subscription brings is as far upstream as what a plain one does.
    @Test func aRelayBehindASharedSubscriptionHasRoomForItsStamp() throws {
        let yaml = """
            name: t
            groups:
              - { name: pub, count: 3, publish: { topic: t/%i, qos: 1, rate: 50/s } }
              - { name: relay, count: 2, subscribe: { filters: [$share/g/t/+], qos: 1 }, publish: { topic: r, qos: 1, on: received } }
            phases: { hold: 5s }
            """
        let profile = try Profile.parse(yaml: yaml, file: "p.yaml")
        #expect(profile.groups[1].publish?.size == LoadMessage.leastSize(stampEntries: 4))
    }

    @Test func optionsOfSubscriptionsAreOfFive() throws {
        let problems = ProfileText.problems(try ProfileText.replacing("[t/+]", with: "[t/+]\n      no_local: true"))
        #expect(problems.count == 1 && problems[0].contains("asks for options that MQTT 5.0 brought"), "\(problems)")
        let both = ProfileText.problems(
            try ProfileText.replacing("count: 2", with: "count: 2\n    protocol: 5.0").replacing(
                "[t/+]", with: "[$share/g/t/+]\n      no_local: true"))
        #expect(both.count == 1 && both[0].contains("a protocol error (MQTT-3.8.3-4)"), "\(both)")
    }
}
