/// What a run, or one reactor's part of it, has done so far. The owner counts; parts are added up for a reading.
package struct RunCounts: Equatable, Sendable {
    /// Messages handed to the send buffer of a session.
    package var sent = 0
    /// Publishes whose QoS flow was completed.
    package var acked = 0
    /// Messages that arrived at subscribers, every copy.
    package var received = 0
    /// Messages sent too long after their intended time.
    package var late = 0
    /// Publishes at QoS 1 and 2 that were sent and are not yet acknowledged.
    package var inFlight = 0

    /// All counts 0.
    package init() {}

    /// Adds the counts of another part.
    package static func += (left: inout RunCounts, right: RunCounts) {
        left.sent += right.sent
        left.acked += right.acked
        left.received += right.received
        left.late += right.late
        left.inFlight += right.inFlight
    }
}
