extension WorkflowDefinition {
    /// What the shop's services may do: what a shop's profile is held against unless it names another. Profiles/workflows/shop.yaml is the same.
    public static let shop = WorkflowDefinition(
        machines: [
            Machine(
                name: "order",
                states: ["placed", "reserved", "packed", "shipped", "rejected", "cancelled", "notified", "confirmed"],
                initial: ["placed"], terminal: ["confirmed"], repeatable: [],
                transitions: [
                    Transition(from: "placed", to: "reserved", by: "packaging"),
                    Transition(from: "placed", to: "rejected", by: "packaging"),
                    Transition(from: "placed", to: "cancelled", by: "packaging"),
                    Transition(from: "reserved", to: "packed", by: "packaging"),
                    Transition(from: "reserved", to: "cancelled", by: "packaging"),
                    Transition(from: "packed", to: "shipped", by: "shipping"),
                    Transition(from: "shipped", to: "notified", by: "notification"),
                    Transition(from: "rejected", to: "notified", by: "notification"),
                    Transition(from: "cancelled", to: "notified", by: "notification"),
                    Transition(from: "notified", to: "confirmed", by: "customers"),
                ])
        ],
        quantities: [Quantity(name: "stock", terms: ["on_hand", "reserved", "shipped"], mayBeNegative: [], conserved: true)])
}
