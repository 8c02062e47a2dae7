import Testing

@testable import Workload

/// `matrix` and `repeat`: the runs that a profile stands for.
@Suite struct SeriesTests {
    private func series(_ text: String, _ changes: [String] = []) throws -> ProfileSeries? {
        try ProfileSource(yaml: ProfileText.valid + "\n" + text, file: "p.yaml", changes: changes.map { try ProfileChange(parsing: $0) })
            .series()
    }

    @Test func aPlainProfileIsOneRun() throws {
        #expect(try series("seed: 3") == nil)
    }

    @Test func theLastParameterChangesFirst() throws {
        let series = try #require(
            try series(
                """
                matrix:
                  groups.pub.publish.qos: [0, [1, 2]]
                  target.embedded.settings.max_queued_messages: [~, 10]
                  groups[1].count: [1, 2, 3]
                repeat: 4
                """))
        #expect(series.parameters == ["groups.pub.publish.qos", "target.embedded.settings.max_queued_messages", "groups[1].count"])
        #expect(series.repeats == 4)
        #expect(
            series.cells.map { $0.parameters.map(\.value).joined(separator: " ") } == [
                "0 ~ 1", "0 ~ 2", "0 ~ 3", "0 10 1", "0 10 2", "0 10 3", "[1, 2] ~ 1", "[1, 2] ~ 2", "[1, 2] ~ 3", "[1, 2] 10 1",
                "[1, 2] 10 2",
                "[1, 2] 10 3",
            ])
        let profiles = series.cells.map(\.profile)
        #expect(profiles.map(\.groups[1].count) == [1, 2, 3, 1, 2, 3, 1, 2, 3, 1, 2, 3])
        #expect(profiles[2].groups[0].publish?.qos == [0] && profiles[6].groups[0].publish?.qos == [1, 2])
        #expect(profiles[0].target == .embedded(settings: []))
        #expect(profiles[11].target == .embedded(settings: [.init(key: "max_queued_messages", value: "10")]))
    }

    @Test func repeatAloneIsOneCell() throws {
        let series = try #require(try series("repeat: 3"))
        #expect(series.cells.count == 1 && series.repeats == 3 && series.parameters.isEmpty)
    }

    @Test func changesReachTheSeries() throws {
        let changed = try series("matrix: { seed: [1, 2] }\nrepeat: 3", ["repeat=1", "matrix={groups.pub.count: [1, 5, 9]}"])
        #expect(changed?.repeats == 1 && changed?.cells.map(\.profile.groups[0].count) == [1, 5, 9])
        #expect(try series("matrix: { seed: [1, 2] }", ["matrix=~"]) == nil)
    }

    /// What is wrong is told where the value stands, before anything runs.
    @Test(arguments: [
        ("matrix: { groups.pub.publish.qos: [0, 3] }", "p.yaml:16: groups[0].publish.qos: expected 0, 1 or 2"),
        ("matrix:\n  groups.pub.publish.qos:\n    - 0\n    - 7", "p.yaml:19: groups[0].publish.qos: expected 0, 1 or 2"),
        ("matrix: { groups.pub.publish.qoss: [0] }", "p.yaml:16: groups[0].publish.qoss: unknown key, did you mean 'qos'?"),
        ("matrix: { groups.nobody.count: [1] }", "p.yaml:16: groups.nobody: there is no element of that name; there are pub, sub"),
        ("matrix: { seed: 3 }", "p.yaml:16: matrix.seed: expected a list of values, found '3'"),
        ("matrix: { seed: [] }", "p.yaml:16: matrix.seed: expected a list of values, found an empty list"),
        ("matrix: { seed: [1, 2, 1] }", "p.yaml:16: matrix.seed: has a value twice"),
        ("matrix: 3", "p.yaml:16: matrix: expected paths with lists of values"), ("matrix: {}", "p.yaml:16: matrix: expected paths"),
        ("matrix: { repeat: [1, 2] }", "p.yaml:16: matrix.repeat: is no parameter of a run"),
        ("matrix: { include: [a.yaml] }", "matrix.include: is no parameter of a run"), ("matrix: { 'a..b': [1] }", "'a..b' is no path"),
        ("repeat: 0", "p.yaml:16: repeat: expected a number of runs of each cell from 1 to 1000, found '0'"),
        ("repeat: '2'", "p.yaml:16: repeat: expected a number of runs"),
        ("matrix: { seed: [1, 2] }\nrepeat: 501", "p.yaml:16: matrix: makes more than 1000 runs"),
        ("matrix: { phases.hold: [1s, 0s] }", "p.yaml:16: phases.hold: expected a duration above 0s"),
        ("matrix: { groups.sub.subscribe.filters: [[t/1], [x]] }", "p.yaml:16: groups[1].subscribe.filters[0]: 'x' matches no topic"),
    ])
    func whatIsWrongIsToldBeforehand(text: String, says: String) {
        let found = ProfileText.problems(ProfileText.valid + "\n" + text)
        #expect(found.count == 1 && found[0].contains(says), "\(found)")
    }

    /// A run of a cell leaves a profile that is that run alone.
    @Test func aCellIsAPlainProfile() throws {
        let cell = try #require(try series("matrix: { groups.pub.count: [2, 4] }")?.cells[1].profile)
        let yaml = try cell.resolvedYAML()
        #expect(!yaml.contains("matrix"))
        let again = try Profile.parse(yaml: yaml, file: "p.yaml")
        #expect(again == cell && again.groups[0].count == 4)
    }
}
