internal import NIOCore

/// Who is connected. When all seats are taken, one more gets that of the slowest: of those who have not asked yet, or have their answer and do not
/// leave, the one who came first. It belongs to one event loop.
final class ConnectionSeats {
    /// What somebody with a seat does.
    enum Occupation {
        case asking, waiting, streaming, leaving
    }

    private struct Seat {
        let channel: any Channel
        var occupation: Occupation
    }

    private let limits: HTTPLimits
    /// In the order in which they came.
    private var seats: [Seat] = []

    init(_ limits: HTTPLimits) {
        self.limits = limits
    }

    /// Seats somebody.
    /// - Returns: `false` where all seats are taken by others who get, or await, an answer.
    func admit(_ channel: any Channel) -> Bool {
        if seats.count >= limits.connections {
            guard let slowest = seats.firstIndex(where: { $0.occupation == .asking || $0.occupation == .leaving }) else { return false }
            seats.remove(at: slowest).channel.close(promise: nil)
        }
        seats.append(Seat(channel: channel, occupation: .asking))
        return true
    }

    /// Notes what somebody does now.
    /// - Returns: `false` where as many do so as may.
    func note(_ channel: any Channel, _ occupation: Occupation) -> Bool {
        guard let place = seats.firstIndex(where: { $0.channel === channel }) else { return true }
        if occupation == .streaming, seats.count(where: { $0.occupation == .streaming }) >= limits.streams { return false }
        seats[place].occupation = occupation
        return true
    }

    /// Frees a seat.
    func leave(_ channel: any Channel) { seats.removeAll { $0.channel === channel } }
}
