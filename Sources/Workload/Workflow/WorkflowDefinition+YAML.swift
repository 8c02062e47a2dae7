internal import Yams

extension WorkflowDefinition {
    /// The workflow with every default filled in, as it stands in a resolved profile.
    var node: Node {
        var pairs: [(Node, Node)] = []
        if !machines.isEmpty { pairs.append(("machines", .sequence(Node.Sequence(machines.map(\.node))))) }
        if !quantities.isEmpty { pairs.append(("quantities", .sequence(Node.Sequence(quantities.map(\.node))))) }
        return .mapping(Node.Mapping(pairs))
    }
}

extension WorkflowDefinition.Machine {
    fileprivate var node: Node {
        .mapping(
            Node.Mapping([
                ("name", quoted(name)), ("states", list(states)), ("initial", list(initial)), ("terminal", list(terminal)),
                ("repeatable", list(repeatable)), ("transitions", .sequence(Node.Sequence(transitions.map(\.node)))),
            ]))
    }
}

extension WorkflowDefinition.Transition {
    fileprivate var node: Node {
        var pairs: [(Node, Node)] = [("from", quoted(from)), ("to", quoted(to))]
        if let by { pairs.append(("by", quoted(by))) }
        return .mapping(Node.Mapping(pairs))
    }
}

extension WorkflowDefinition.Quantity {
    fileprivate var node: Node {
        .mapping(
            Node.Mapping([
                ("name", quoted(name)), ("terms", list(terms)), ("may_be_negative", list(mayBeNegative)),
                ("conserved", .scalar(Node.Scalar("\(conserved)"))),
            ]))
    }
}

/// A name, which no reader of YAML may take for a number or a truth value.
private func quoted(_ text: String) -> Node { .scalar(Node.Scalar(text, Tag(.str), .doubleQuoted)) }

private func list(_ names: [String]) -> Node { .sequence(Node.Sequence(names.map(quoted))) }
