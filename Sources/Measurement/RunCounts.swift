/// What a run, or one reactor's part of it, has done so far. The owner counts; parts are added up for a reading.
package struct RunCounts: Equatable, Sendable {
    /// Messages whose intended time has come, whatever became of them.
    package var intended = 0
    /// Those of them that have not left yet and may still do so.
    package var waiting = 0
    /// Those of them that a fault keeps back which the profile asks for.
    package var excusedWaiting = 0
    /// Messages that left: handed to the send buffer of a session.
    package var sent = 0
    /// Publishes whose QoS flow was completed.
    package var acked = 0
    /// Messages that arrived at subscribers, every copy.
    package var received = 0
    /// Wills that arrived at subscribers, every copy. They are no messages of the load.
    package var wills = 0
    /// Messages sent too long after their intended time.
    package var late = 0
    /// Messages that were due and were never sent.
    package var unsent = 0
    /// Messages that the broker refused, or would not have taken.
    package var refused = 0
    /// Messages that left and whose session ended before they were answered.
    package var unknown = 0
    /// Those of them whose client left as the profile asks.
    package var excusedUnknown = 0
    /// Connections that ended although nobody asked for it.
    package var connectionsLost = 0
    /// Connections that stand now.
    package var connectionsOpen = 0
    /// Connections that came back.
    package var connectionsResumed = 0
    /// Publishes at QoS 1 and 2 that were sent and are not yet acknowledged.
    package var inFlight = 0

    /// All counts 0.
    package init() {}

    /// Adds the counts of another part.
    package static func += (left: inout RunCounts, right: RunCounts) {
        left.intended += right.intended
        left.waiting += right.waiting
        left.excusedWaiting += right.excusedWaiting
        left.sent += right.sent
        left.acked += right.acked
        left.received += right.received
        left.wills += right.wills
        left.late += right.late
        left.unsent += right.unsent
        left.refused += right.refused
        left.unknown += right.unknown
        left.excusedUnknown += right.excusedUnknown
        left.connectionsLost += right.connectionsLost
        left.connectionsOpen += right.connectionsOpen
        left.connectionsResumed += right.connectionsResumed
        left.inFlight += right.inFlight
    }
}
