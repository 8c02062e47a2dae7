import Verification

extension SummarySections {
    /// What the locks and the workflow of the run's services come to; nothing where there are none.
    func services(locks: CheckReport.Locks?, workflow: CheckReport.Workflow?) -> [String] {
        var rows: [(name: String, text: String)] = []
        if let locks {
            rows.append(
                (
                    "locks",
                    "\(Units.count(locks.count, "lock")), \(Units.count(locks.sections, "section")), \(Units.count(locks.contended)) contended; "
                        + "longest wait \(Units.duration(Double(locks.greatestWaitNanoseconds) / 1e9)), "
                        + "longest hold \(Units.duration(Double(locks.greatestHoldNanoseconds) / 1e9))"
                ))
        }
        for machine in workflow?.machines ?? [] {
            let states = machine.states.filter { $0.entities > 0 }.map { "\(Units.count($0.entities)) \($0.name)" }.joined(separator: ", ")
            rows.append(
                (machine.name, "\(Units.count(machine.entities)) in \(Units.count(machine.transitions, "change")) of state: \(states)"))
        }
        for quantity in workflow?.quantities ?? [] {
            rows.append((quantity.name, "\(Units.count(quantity.accounts, "account")), \(Units.count(quantity.moves, "move"))"))
        }
        let width = rows.map(\.name.count).max() ?? 0
        return titled(
            "Services",
            rows.flatMap { name, text in
                TextLayout.wrap(text, first: "  " + TextLayout.pad(name, to: width + 2), rest: String(repeating: " ", count: width + 4))
            })
    }
}
