import Foundation
import Testing
import Verification
import Workload

@testable import Harness

/// The checker is told what the workflow file says, key by key.
@Suite struct WorkflowConversionTests {
    @Test func nothingIsLostOnTheWayToTheChecker() throws {
        let yaml = """
            machines:
              - { name: m, states: [a, b], initial: [a], terminal: [b], repeatable: [a], transitions: [{ from: a, to: b, by: g }, { from: a, to: a }] }
            quantities:
              - { name: q, terms: [x, y], may_be_negative: [y], conserved: false }
              - { name: r, terms: [x] }
            """
        let workflow = try WorkflowDefinition.parse(yaml: yaml, file: "w.yaml").ofChecker
        #expect(
            workflow
                == Verification.Workflow(
                    machines: [
                        .init(
                            name: "m", states: ["a", "b"], initial: ["a"], terminal: ["b"], repeatable: ["a"],
                            transitions: [.init(from: "a", to: "b", by: "g"), .init(from: "a", to: "a")])
                    ],
                    quantities: [
                        .init(name: "q", terms: ["x", "y"], mayBeNegative: ["y"], isConserved: false),
                        .init(name: "r", terms: ["x"], mayBeNegative: [], isConserved: true),
                    ]))
    }
}
