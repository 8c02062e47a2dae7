import Foundation
import Testing

@testable import Workload

/// What a workflow file may say, and the sentences that a user reads who says something else.
@Suite struct WorkflowParsingTests {
    static let valid = """
        machines:
          - name: order
            states: [placed, packed, sent, back]
            initial: [placed]
            terminal: [sent]
            repeatable: [packed, back]
            transitions:
              - { from: placed, to: packed }
              - { from: packed, to: sent, by: shipping }
              - { from: packed, to: back }
              - { from: back, to: packed }
        quantities:
          - name: stock
            terms: [on_hand, reserved, debt]
            may_be_negative: [debt]
            conserved: false
        """

    private func problems(_ yaml: String) -> [String] {
        do {
            _ = try WorkflowDefinition.parse(yaml: yaml, file: "w.yaml")
            return []
        } catch {
            return error.problems.map(\.description)
        }
    }

    @Test func readsEveryKey() throws {
        let workflow = try WorkflowDefinition.parse(yaml: Self.valid, file: "w.yaml")
        let machine = try #require(workflow.machines.first)
        #expect(machine.name == "order" && machine.states == ["placed", "packed", "sent", "back"])
        #expect(machine.initial == ["placed"] && machine.terminal == ["sent"] && machine.repeatable == ["packed", "back"])
        #expect(machine.transitions.count == 4 && machine.transitions[1] == .init(from: "packed", to: "sent", by: "shipping"))
        #expect(
            workflow.quantities == [
                .init(name: "stock", terms: ["on_hand", "reserved", "debt"], mayBeNegative: ["debt"], conserved: false)
            ])
    }

    @Test func whatIsLeftOutHasADefault() throws {
        let workflow = try WorkflowDefinition.parse(yaml: "quantities: [{ name: stock, terms: [a] }]", file: "w.yaml")
        #expect(workflow.machines == [] && workflow.quantities == [.init(name: "stock", terms: ["a"], mayBeNegative: [], conserved: true)])
        let one = "machines: [{ name: m, states: [a], initial: [a], terminal: [a], transitions: [] }]"
        #expect(try WorkflowDefinition.parse(yaml: one, file: "w.yaml").machines[0].repeatable == [])
    }

    @Test(arguments: [
        ("transitions:", "transition:", "w.yaml:7: machines[0].transition: unknown key, did you mean 'transitions'?"),
        ("name: order", "name: Order", "w.yaml:2: machines[0].name: expected lower-case letters, digits, hyphens and underscores"),
        ("states: [placed, ", "states: [placed, placed, ", "w.yaml:3: machines[0].states[1]: 'placed' stands here already"),
        ("states: [placed, ", "states: [placed, a/b, ", "w.yaml:3: machines[0].states[1]: expected lower-case letters"),
        (
            "states: [placed, packed, sent, back]", "states: placed",
            "w.yaml:3: machines[0].states: expected a list of states, found 'placed'"
        ),
        ("states: [placed, ", "states: [lonely, placed, ", "w.yaml:3: machines[0].states: no transitions lead from placed to 'lonely'"),
        ("initial: [placed]", "initial: []", "w.yaml:4: machines[0].initial: is empty"),
        (
            "initial: [placed]", "initial: [plased]",
            "w.yaml:4: machines[0].initial[0]: 'plased' is none of the states, did you mean 'placed'?"
        ),
        ("    terminal: [sent]\n", "", "w.yaml:2: machines[0].terminal: is missing; expected the states in which it ends"),
        ("terminal: [sent]", "terminal: []", "w.yaml:5: machines[0].terminal: is empty; a thing that can end nowhere"),
        (
            "terminal: [sent]", "terminal: [sent, packed]",
            "w.yaml:7: machines[0].transitions: leads from 'packed' to 'sent', but 'packed' is terminal"
        ),
        (
            "- { from: back, to: packed }", "- { from: placed, to: back }",
            "w.yaml:3: machines[0].states: no transitions lead from 'back' to a terminal state"
        ),
        (
            "repeatable: [packed, back]", "repeatable: [packed]",
            "w.yaml:6: machines[0].repeatable: lacks 'back', to which transitions lead back"
        ),
        (
            "from: placed, to: packed", "from: placed, to: paked",
            "w.yaml:8: machines[0].transitions[0].to: 'paked' is none of the states, did you mean 'packed'?"
        ),
        ("from: placed, to: packed", "from: placed", "w.yaml:8: machines[0].transitions[0].to: is missing; expected a state"),
        ("by: shipping", "by: [shipping]", "w.yaml:9: machines[0].transitions[1].by: expected the name of a group, found a list"),
        (
            "- { from: back, to: packed }", "- { from: back, to: packed }\n      - { from: back, to: packed }",
            "w.yaml:12: machines[0].transitions[4]: this transition stands here already"
        ),
        ("terms: [on_hand, reserved, debt]", "terms: []", "w.yaml:14: quantities[0].terms: expected a list of terms, found an empty list"),
        (
            "may_be_negative: [debt]", "may_be_negative: [det]",
            "w.yaml:15: quantities[0].may_be_negative[0]: 'det' is none of the terms, did you mean 'debt'?"
        ),
        ("conserved: false", "conserved: perhaps", "w.yaml:16: quantities[0].conserved: expected true or false, found 'perhaps'"),
        (
            "conserved: false", "conserved: false\n  - name: stock\n    terms: [a]",
            "w.yaml:17: quantities[1].name: 'stock' stands here already"
        ),
    ])
    func refuses(old: String, new: String, sentence: String) throws {
        try #require(Self.valid.contains(old))
        let found = problems(Self.valid.replacing(old, with: new, maxReplacements: 1))
        #expect(found.contains { $0.hasPrefix(sentence) }, "\(found)")
        #expect(found.count == 1 || sentence.contains("transition:"), "\(found)")
    }

    @Test func tellsWhatIsNoWorkflow() {
        #expect(problems("") == ["w.yaml: is empty; expected a workflow with machines, quantities or both"])
        #expect(problems("{}").first?.hasSuffix("has neither machines nor quantities; expected one of them or both") == true)
        #expect(problems("machines: 3").first?.contains("machines: expected a list of state machines") == true)
        #expect(problems("[a]").first?.contains("expected keys and values") == true)
    }

    @Test func theShippedWorkflowIsValid() throws {
        let path = ProfileText.directory.appending(path: "workflows/orders.yaml").path()
        let workflow = try WorkflowDefinition.load(path: path)
        #expect(workflow.machines.map(\.name) == ["order"] && workflow.quantities.map(\.name) == ["stock"])
        let page = try String(contentsOf: ProfileText.directory.appending(path: "../docs/profiles.md").standardizedFileURL, encoding: .utf8)
        let text = try String(contentsOfFile: path, encoding: .utf8)
        #expect(page.contains(text.split(separator: "\n").dropFirst(2).joined(separator: "\n")), "docs/profiles.md shows another one")
    }

    @Test func aProfileNamesAFileOrHoldsItself() throws {
        let directory = FileManager.default.temporaryDirectory.appending(path: "waybill-" + UUID().uuidString)
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        try Self.valid.write(to: directory.appending(path: "w.yaml"), atomically: true, encoding: .utf8)
        let profile = directory.appending(path: "p.yaml")
        try (ProfileText.valid + "\nworkflow: w.yaml\n").write(to: profile, atomically: true, encoding: .utf8)
        let named = try Profile.load(path: profile.path())
        #expect(named.workflow == (try WorkflowDefinition.parse(yaml: Self.valid, file: "w.yaml")))
        // The resolved profile needs no other file.
        #expect(try Profile.parse(yaml: named.resolvedYAML(), file: "elsewhere.yaml") == named)
        #expect(try Profile.parse(yaml: ProfileText.valid, file: "p.yaml").workflow == nil)
        let wrong = ProfileText.problems(ProfileText.valid + "\nworkflow: nowhere.yaml")
        #expect(wrong.count == 1 && wrong[0].hasPrefix("p.yaml:16: workflow: nowhere.yaml: cannot be read: "), "\(wrong)")
        let empty = ProfileText.problems(ProfileText.valid + "\nworkflow: {}")
        #expect(empty == ["p.yaml:16: workflow: has neither machines nor quantities; expected one of them or both"], "\(empty)")
    }
}
