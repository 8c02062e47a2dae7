import Foundation
import Verification

/// What kept traces are judged by stands beside them, so that `waybill check` comes to the same verdict.
extension SelfTestTraces {
    /// The names of the files, in the directory of the traces.
    package static let expectationsFile = "expectations.yaml"
    package static let workflowFile = "workflow.yaml"

    /// Writes the expectations, and the workflow where there is one.
    func writeRules(to directory: URL) throws {
        try Data(expectationsYAML.utf8).write(to: directory.appending(path: Self.expectationsFile))
        if let workflow { try Data(Self.yaml(workflow).utf8).write(to: directory.appending(path: Self.workflowFile)) }
    }

    private var expectationsYAML: String {
        var lines = [
            "overlapping_subscriptions: \(expectations.overlappingSubscriptions.rawValue)",
            "redelivery: \(expectations.redelivery.rawValue)",
            "causal_order: \(expectations.causalOrder.rawValue)",
            "acknowledgement_order: \(expectations.acknowledgementOrder.rawValue)",
        ]
        if !expectations.limits.isEmpty { lines.append("limits:") }
        for limit in expectations.limits {
            lines.append(
                "  - { name: \(limit.name), class: \(limit.class.rawValue), up_to: \(limit.counter), note: \"\(limit.note)\" }")
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func yaml(_ workflow: Workflow) -> String {
        func list(_ names: some Sequence<String>) -> String { "[" + names.joined(separator: ", ") + "]" }
        var lines = ["machines:"]
        for machine in workflow.machines {
            lines += [
                "  - name: \(machine.name)", "    states: \(list(machine.states))", "    initial: \(list(machine.initial))",
                "    terminal: \(list(machine.terminal))", "    repeatable: \(list(machine.repeatable))", "    transitions:",
            ]
            for transition in machine.transitions {
                let by = transition.by.map { ", by: \($0)" } ?? ""
                lines.append("      - { from: \(transition.from), to: \(transition.to)\(by) }")
            }
        }
        lines.append("quantities:")
        for quantity in workflow.quantities {
            lines.append(
                "  - { name: \(quantity.name), terms: \(list(quantity.terms)), may_be_negative: \(list(quantity.mayBeNegative)), "
                    + "conserved: \(quantity.isConserved) }")
        }
        return lines.joined(separator: "\n") + "\n"
    }
}
