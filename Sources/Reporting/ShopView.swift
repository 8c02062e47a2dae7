/// The state of a running shop as text: what each service has done, the orders by state, the stock.
public struct ShopView: Equatable, Sendable {
    /// The services, in the order in which orders go through them.
    public var services: [Service]

    /// Makes a view.
    public init(services: [Service]) {
        self.services = services
    }

    /// One service.
    public struct Service: Equatable, Sendable {
        /// Its name.
        public var name: String
        /// The run it is in; `nil` for none.
        public var run: String?
        /// How often it was started in this run.
        public var life: Int
        /// Events processed.
        public var processed: Int
        /// Events processed a second since the last look; `nil` at the first.
        public var rate: Double?
        /// Events that came again and had no effect.
        public var repeated: Int
        /// Events without an answer yet.
        public var unanswered: Int
        /// Messages that wait for what happened before them.
        public var held: Int
        /// Whether it waits for nothing.
        public var isAtRest: Bool
        /// Orders by state, as it knows them.
        public var orders: [String: Int]
        /// What is on hand of each item.
        public var stock: [String: Int]

        /// Makes a service that has done nothing.
        public init(name: String) {
            self.name = name
            life = 0
            processed = 0
            repeated = 0
            unanswered = 0
            held = 0
            isAtRest = true
            orders = [:]
            stock = [:]
        }
    }

    /// The text, with a line break at its end.
    /// - Parameter width: the most columns of a line, 60 or more.
    public func text(width: Int = 100) -> String { TextLayout.$width.withValue(width) { TextStyle.print(lines) } }

    private var lines: [String] {
        let runs = Set(services.compactMap(\.run)).sorted()
        var lines = ["Shop  " + (runs.isEmpty ? "no run" : "run " + runs.joined(separator: ", ")), ""]
        lines += TextLayout.tables(
            header: ["Service", "state", "life", "processed", "per second", "repeated", "unanswered", "held"],
            rows: services.map { service in
                [
                    service.name, service.run == nil ? "idle" : service.isAtRest ? "at rest" : "working", String(service.life),
                    Units.count(service.processed), service.rate.map(Units.rate) ?? Units.none, Units.count(service.repeated),
                    Units.count(service.unanswered), Units.count(service.held),
                ]
            }
        ).flatMap(\.self)
        // A service knows its own part of an order's way: put together they show where orders are.
        let states = services.flatMap { service in
            service.orders.sorted { $0.key < $1.key }.map { [service.name, $0.key, Units.count($0.value)] }
        }
        .filter { $0[2] != "0" }
        if !states.isEmpty { lines += [""] + TextLayout.tables(header: ["Orders at", "state", "number"], rows: states).flatMap(\.self) }
        let stock = services.flatMap { $0.stock.sorted { $0.key < $1.key } }
        if stock.contains(where: { $0.value != 0 }) {
            lines +=
                [""] + TextLayout.tables(header: ["Item", "on hand"], rows: stock.map { [$0.key, Units.count($0.value)] }).flatMap(\.self)
        }
        return lines
    }
}
