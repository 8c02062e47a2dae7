/// The intended times of one client's messages: what its arrivals say, less what falls into a time in which the profile has it away. A client that is
/// off has nothing to send, so nothing of that is due.
public struct ClientSchedule: Sendable {
    private var arrivals: ArrivalProcess
    private let itinerary: Itinerary
    private let start: UInt64

    /// Makes a schedule.
    /// - Parameter start: the start of the warm-up in nanoseconds, from which the itinerary counts.
    public init(_ arrivals: ArrivalProcess, _ itinerary: Itinerary, start: UInt64) {
        self.arrivals = arrivals
        self.itinerary = itinerary
        self.start = start
    }

    /// The intended time of the next message in nanoseconds; times never decrease. `UInt64.max` stands for never.
    public mutating func next() -> UInt64 {
        if itinerary.isConstant { return arrivals.next() }
        while true {
            let intended = arrivals.next()
            if intended == .max || itinerary.isThere(at: intended &- start) { return intended }
            if let leaves = itinerary.leaves, intended &- start >= leaves { return .max }
        }
    }
}
