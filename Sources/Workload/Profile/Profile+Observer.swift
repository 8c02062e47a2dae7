extension Profile {
    /// How the client connects that asks a broker for its name and its counters (`$SYS`), beside the clients that load it.
    public struct Observer: Equatable, Sendable {
        /// Its client identifier.
        public internal(set) var clientID = TopicTemplate(description: "waybill-%r", segments: [.literal("waybill-"), .placeholder(.run)])
        /// Seconds without a packet after which it pings: 5 to 65,535, or 0 for never.
        public internal(set) var keepAliveSeconds: UInt16 = 60

        /// What the profile leaves out.
        public init() {}

        /// Its client identifier in a run.
        public func id(run: String) -> String { clientID.text(for: ClientIdentity(group: "", number: 0, id: "", run: run)) }
    }

    /// Whether others may use the broker too.
    public var isAtForeignBroker: Bool { if case .broker = target { true } else { false } }

    /// Gives clients whose identifiers the profile does not name those that go with its target.
    mutating func nameClients() {
        for index in groups.indices where groups[index].namedClientID == nil {
            groups[index].clientID = Group.defaultClientID(atForeignBroker: isAtForeignBroker)
        }
    }
}
