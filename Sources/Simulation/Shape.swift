/// What a world is made of: the ranges from which ``Plan`` draws. A fault asks for the world in which it can strike.
struct Shape {
    var publishers = 3...5
    var subscribers = 3...5
    /// Clients that publish when they have received something.
    var relays = 0...2
    /// Messages of each publisher.
    var messages = 8...24
    var publishQoS: [UInt8] = [0, 1, 1, 2, 2]
    var subscribeQoS: [UInt8] = [0, 1, 2, 2]
    /// The share of clients, in percent, that ask for a kept session, and that speak MQTT 5.
    var keeping = 60
    var version5 = 50
    /// How often connections of subscribers and of publishers break, in all.
    var subscriberCuts = 0...4
    var publisherCuts = 0...3
    /// How often a subscriber ends its connection itself and comes back.
    var departures = 0...2
    /// How many clients end their connection themselves and do not come back.
    var farewells = 0...0
    /// The share of subscribers, in percent, with several filters that match one topic.
    var overlapping = 0
    /// Whether a session with several filters that match gets a copy for each.
    var copiesForEach = false
    /// Whether the broker sends now one copy, now one for each.
    var copiesAsItLikes = false
    /// Percent of the SUBSCRIBE packets to which the broker grants less than they ask for, and that ask for another QoS than the first.
    var lowersGrants = 0
    var changesQoS = 0
    /// Whether relays subscribe to what they publish, with No Local.
    var relaysReadThemselves = false
    /// Percent of the PUBACKs that the broker sends some time later, behind others.
    var latePubacks = 0
    var unsubscribes = 0...2
    var lateSubscriptions = 0...2
    /// Percent of the publishes over MQTT 5 that the broker refuses.
    var refusals = 0
    /// Percent of the messages at QoS 0 that the broker drops, as it may.
    var qos0Loss = 3
    /// The packets in flight from the broker to one session.
    var window = 2...12
    /// Whether publishers may lose their sessions with publishes in flight.
    var losesPublisherSessions = true

    /// Whether a publish that its publisher gave up takes effect long after.
    var lateUnknowns = false

    /// The share of subscribers and relays, in percent, whose applications are behind causal inboxes.
    var inboxes = 20
    /// Percent of the subscribers whose engine shows DUP flags and tells of acknowledgements, and percent that acknowledge some time after
    /// they have received.
    var packets = 80
    var slowAcknowledgements = 40
    /// Whether the broker may send again what is in flight on a live connection, as MQTT 3.1.1 allows.
    var liveResends = 0...0
    /// Percent of the clients whose first connection asks for a clean session and whose others ask for a kept one.
    var switching = 15
    /// Percent of the publishes that are retained, and of these that clear the topic.
    var retained = 15
    var clears = 25
    /// Percent of the clients with a will, and the QoS of wills.
    var wills = 20
    var willQoS: [UInt8] = [0, 1, 2]
    /// Members of a group that share a subscription.
    var members = 0...0
    /// Whether a subscriber connects a second time, from another process, while the first still stands.
    var twins = 0...0
    /// The locks of the run, and the sections that each protects.
    var locks = 0...1
    var sections = 12...30
    /// The orders of a shop; none where there is no shop.
    var orders = 0...0
    /// Percent of the clients that say at the end what they have counted.
    var counters = 30
    /// How many messages the broker keeps for a session whose window is full; it drops and counts the others.
    var queueCap: ClosedRange<Int>?
    /// Whether causal order is demanded of what the broker delivers.
    var demandsCausalWire = false
    /// The machines, each with a clock of its own.
    var hosts = 1

    /// Nothing but messages: no connection breaks.
    static var calm: Shape {
        var shape = Shape()
        shape.subscriberCuts = 0...0
        shape.publisherCuts = 0...0
        shape.departures = 0...0
        shape.unsubscribes = 0...0
        shape.lateSubscriptions = 0...0
        shape.qos0Loss = 0
        return shape
    }

    /// Without retained messages and wills, whose copies come at other times.
    var plain: Shape {
        var shape = self
        shape.retained = 0
        shape.wills = 0
        return shape
    }

    /// All publishes and subscriptions of one QoS.
    func at(_ publish: UInt8, _ subscribe: UInt8) -> Shape {
        var shape = self
        shape.publishQoS = [publish]
        shape.subscribeQoS = [subscribe]
        return shape
    }

    func changed(_ change: (inout Shape) -> Void) -> Shape {
        var shape = self
        change(&shape)
        return shape
    }
}
