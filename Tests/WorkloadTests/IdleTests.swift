import Testing

@testable import Workload

/// Groups that only connect, and groups that wait for what others send.
@Suite struct IdleTests {
    private func yaml(_ groups: String, target: String = "broker: 'mqtt://h'", phases: String = "hold: 1s") -> String {
        "name: x\ntarget: { \(target) }\ngroups: [\(groups)]\nphases: { \(phases) }\n"
    }

    @Test func theyComeBackFromTheResolvedProfile() throws {
        let text = yaml(
            "{ name: a, count: 2, idle: true, will: { topic: gone/%i } }, { name: b, count: 1, subscribe: { filters: [x/#], qos: 1, strangers: true } }"
        )
        let profile = try Profile.parse(yaml: text, file: "p.yaml")
        #expect(profile.groups[0].isIdle && !profile.groups[1].isIdle && profile.groups[1].subscribe?.awaitsStrangers == true)
        let again = try Profile.parse(yaml: try profile.resolvedYAML(), file: "p.yaml")
        #expect(again == profile)
    }

    @Test func besideWhoPublishesTheyMayRunUntilAllIsSent() throws {
        let text = yaml(
            "{ name: a, count: 2, idle: true }, { name: b, count: 1, publish: { topic: a, qos: 1, rate: 1/s, messages: 1 } }", phases: "")
        #expect(ProfileText.problems(text) == [])
    }

    @Test(arguments: [
        ("{ name: a, count: 1 }", "groups[0]: neither publishes nor subscribes; expected publish, subscribe or both, or idle: true"),
        ("{ name: a, count: 1, idle: false }", "groups[0]: neither publishes nor subscribes"),
        ("{ name: a, count: 1, idle: 3 }", "groups[0].idle: expected true or false"),
        (
            "{ name: a, count: 1, idle: true, publish: { topic: a, qos: 1, rate: 1/s } }",
            "groups[0].publish: stands beside idle: true; clients that are idle connect and do nothing more"
        ),
        ("{ name: a, count: 1, subscribe: { filters: [x], qos: 0, strangers: false } }", "groups: no group publishes"),
    ])
    func whatMakesNoSenseIsRefused(group: String, says: String) {
        let found = ProfileText.problems(yaml(group))
        #expect(found.contains { $0.contains(says) }, "\(found)")
    }

    @Test func somethingHasToEndTheRun() {
        for group in ["{ name: a, count: 1, idle: true }", "{ name: a, count: 1, subscribe: { filters: [x], qos: 0, strangers: true } }"] {
            let found = ProfileText.problems(yaml(group, phases: "warm_up: 1s"))
            #expect(found.count == 1 && found[0].hasPrefix("p.yaml:4: phases.hold: is missing, and no group publishes"), "\(found)")
        }
    }

    @Test func noStrangerGetsIntoABrokerOfTheRunsOwn() {
        let found = ProfileText.problems(
            yaml("{ name: a, count: 1, subscribe: { filters: [x], qos: 0, strangers: true } }", target: "embedded: ~"))
        #expect(found.count == 1 && found[0].contains("groups[0].subscribe.strangers: waits for messages of others"), "\(found)")
    }
}
