internal import Causality
internal import Synchronization

/// Where the local clients of a service, its vendors and customers, follow what happens without a broker: by the same topics and filters as there.
///
/// They see what the service has stored: what it processed and what it told others. Each has a channel of its own that holds a bounded
/// number of events; one that does not keep up loses its channel, and not the service its pace.
public final class EdgeHub: Sendable {
    /// The events of one local client. It ends when the client did not keep up, or the service stopped.
    public typealias Events = AsyncStream<ShopEvent>

    private struct Client {
        var filter: TopicFilter
        var channel: Events.Continuation
    }

    private struct State {
        var clients: [Int: Client] = [:]
        var next = 0
    }

    private let state = Mutex(State())
    /// The most events that wait for one client.
    public let capacity: Int

    /// Makes a hub.
    /// - Parameter capacity: the most events that wait for one client.
    public init(capacity: Int = 1024) {
        self.capacity = capacity
    }

    /// Follows the events whose topics match a filter, from now on.
    /// - Parameter filter: as in a SUBSCRIBE: `shop/+/+/car/bmw/#` for a vendor's, `shop/+/customer/company/amazon/#` for a customer's.
    /// - Returns: `nil` where it is no filter.
    public func subscribe(_ filter: String) -> Events? {
        guard let filter = TopicFilter(filter), !filter.isShared else { return nil }
        let (events, channel) = Events.makeStream(bufferingPolicy: .bufferingOldest(capacity))
        let number = state.withLock { state in
            state.next += 1
            state.clients[state.next] = Client(filter: filter, channel: channel)
            return state.next
        }
        channel.onTermination = { [weak self] _ in self?.remove(number) }
        return events
    }

    /// How many follow.
    public var count: Int { state.withLock { $0.clients.count } }

    /// Hands an event to all who follow it.
    func publish(_ event: ShopEvent) {
        let clients = state.withLock { $0.clients }
        if clients.isEmpty { return }
        let topic = event.topic.text
        for client in clients.values where client.filter.matches(topic) {
            if case .dropped = client.channel.yield(event) { client.channel.finish() }
        }
    }

    /// Ends all channels.
    func close() {
        let clients = state.withLock { state in
            defer { state.clients = [:] }
            return state.clients
        }
        for client in clients.values { client.channel.finish() }
    }

    private func remove(_ number: Int) {
        state.withLock { $0.clients[number] = nil }
    }
}
