/// The messages that an inbox holds, each in a place of its own, linked in the order of their arrival.
struct HeldMessages<Message> {
    /// What a message waits for, or had to when it arrived.
    struct Need {
        /// The publisher and topic, as a place among the inbox's streams.
        var stream: Int
        /// Which count has to be settled.
        var count: UInt64
        /// Up to where that was settled when the message arrived.
        var above: UInt64
    }

    struct Element {
        var release: InboxRelease<Message>
        var stream: Int
        var needs: [Need]
        var arrival: UInt64
        /// The needs before this one are settled, or were passed over.
        var position = 0
        /// Whether one of them was passed over because nothing was known of it.
        var hasPassed = false
        fileprivate var older: Int?
        fileprivate var newer: Int?

        var arrived: UInt64 { release.arrived }

        init(release: InboxRelease<Message>, stream: Int, needs: [Need], arrival: UInt64) {
            self.release = release
            self.stream = stream
            self.needs = needs
            self.arrival = arrival
        }
    }

    private var places: [Element?] = []
    private var free: [Int] = []
    private(set) var oldest: Int?
    private var newest: Int?

    var count: Int { places.count - free.count }

    subscript(place: Int) -> Element {
        get { places[place]! }
        _modify { yield &places[place]! }
    }

    /// Whether the place holds the message that arrived under this number.
    func contains(_ place: Int, arrival: UInt64) -> Bool {
        places[place]?.arrival == arrival
    }

    mutating func insert(_ element: Element) -> Int {
        var element = element
        element.older = newest
        let place = free.popLast() ?? places.count
        if place == places.count { places.append(element) } else { places[place] = element }
        if let newest { places[newest]!.newer = place } else { oldest = place }
        newest = place
        return place
    }

    mutating func remove(_ place: Int) -> Element {
        let element = places[place]!
        if let older = element.older { places[older]!.newer = element.newer } else { oldest = element.newer }
        if let newer = element.newer { places[newer]!.older = element.older } else { newest = element.older }
        places[place] = nil
        free.append(place)
        return element
    }
}

extension HeldMessages: Sendable where Message: Sendable {}
extension HeldMessages.Element: Sendable where Message: Sendable {}
extension HeldMessages.Need: Sendable {}
