/// A session that the broker had to keep and did not: CONNACK without session-present for a client that asked for its session to
/// outlive the connection, both then and now (MQTT-3.1.2-4 to -6 and MQTT-3.2.2-2 of MQTT 3.1.1). What it was owed went with it, so its
/// messages are not counted as lost one by one.
struct LostSession {
    let process: Int
    /// The filters it had subscribed to.
    let filters: [String]
    /// The connection that had the session, and the one that should have.
    let before: Witness.Event
    let after: Witness.Event

    func witness(_ index: RunIndex) -> Witness {
        let name = index.processes[process].name
        let subscriptions = filters.isEmpty ? "" : " with its subscription to \(filters.joined(separator: ", "))"
        return Witness(
            sentence: "The broker had forgotten the kept session of \(name)\(subscriptions) when it connected again.",
            topic: filters.joined(separator: ", "), subscriber: name, events: [before, after])
    }
}
