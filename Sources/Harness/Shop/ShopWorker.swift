internal import Measurement
internal import Reactor
internal import Shop
internal import Trace
internal import Workload

/// The customers and vendors of one reactor, with its trace and its counters.
actor ShopWorker: CrewWorker {
    nonisolated let reactor: Reactor
    nonisolated var unownedExecutor: UnownedSerialExecutor { reactor.asUnownedSerialExecutor() }

    /// The number of the first trace writer; services number theirs from below.
    private static let firstWriter: UInt32 = 1_000_000

    private let context: ShopContext
    private var customers: [ShopCustomers] = []
    private var followers: [ShopFollower] = []
    var record: WorkerRecord { context }
    /// Orders whose request has not left.
    var waiting: Int { customers.reduce(0) { $0 + $1.open.values.count { $0.sent == nil } } }
    /// Orders that are not confirmed.
    var inFlight: Int { customers.reduce(0) { $0 + $1.open.count } }

    /// - Throws: `TraceError` where the trace cannot be created.
    init(reactor: Reactor, index: Int, plan: ShopRunPlan, trace path: String) throws {
        self.reactor = reactor
        let trace = try TraceWriter(path: path, run: plan.id, writer: Self.firstWriter + UInt32(index), name: reactor.name)
        context = ShopContext(reactor: reactor, plan: plan, trace: trace)
    }

    /// Who sits where on this reactor.
    enum Seat: Sendable {
        case customers(Int)
        case follower(Int)
    }

    /// Makes a client, without connecting it.
    func add(_ connection: Int, _ customers: [(number: Int, customer: Customer)]) -> Seat {
        self.customers.append(ShopCustomers(connection: connection, customers: customers, context: context))
        return .customers(self.customers.count - 1)
    }

    /// Makes a vendor that follows its item, without connecting it.
    func add(vendor: Int) -> Seat {
        followers.append(ShopFollower(vendor: vendor, context: context))
        return .follower(followers.count - 1)
    }

    private func client(_ seat: Seat) -> TracedClient {
        switch seat {
        case .customers(let index): customers[index]
        case .follower(let index): followers[index]
        }
    }

    /// Connects one client and waits until its subscriptions are acknowledged.
    func establish(_ seat: Seat) async throws { try await client(seat).establish() }

    /// Brings one client's connection back each time it ends, until the task is cancelled.
    func supervise(_ seat: Seat) async throws { try await client(seat).supervise() }

    /// Ends one client's connection, with DISCONNECT.
    func disconnect(_ seat: Seat) async { await client(seat).disconnect() }

    /// Ends one client's connection without DISCONNECT.
    func drop(_ seat: Seat) { client(seat).drop() }

    /// Places the orders of one connection's customers.
    func placeOrders(_ seat: Seat, _ phases: PhaseTimes) async throws {
        if case .customers(let index) = seat { try await customers[index].placeOrders(phases) }
    }

    /// Sends what one connection's customers have to send until the task is cancelled.
    func sendOutbox(_ seat: Seat) async throws {
        if case .customers(let index) = seat { try await customers[index].sendOutbox() }
    }

    /// What customers have counted.
    func counts() -> ShopContext.Counts { context.counts }

    func activity() -> Activity {
        var activity = Activity()
        activity.events = context.counts.arrivals + context.statistics.counts.sent + context.counts.resent
        for connection in customers where !connection.isAtRest {
            activity.busyClients += 1
            activity.example = activity.example ?? connection.whatItAwaits
        }
        for awaited in followers.lazy.compactMap(\.whatItAwaits) {
            activity.busyClients += 1
            activity.example = activity.example ?? awaited
        }
        return activity
    }

    /// How far the customers have come, and what some of them wait for although the shop has had the time that the profile gives it.
    func strand() -> Strand {
        let steps = context.counts.confirmed.values.reduce(0, +) + context.statistics.counts.acked
        let shop = context.plan.shop
        let allowed = shop.packingTime.wholeNanoseconds + shop.causalTimeout.wholeNanoseconds + 2 * shop.resendAfter.wholeNanoseconds
        let now = MonotonicClock.now
        let waiting = customers.lazy.filter { $0.open.values.contains { now > $0.intended + allowed } }.first
        return Strand(name: "customers", steps: steps, owed: waiting?.whatItAwaits)
    }

    func abandonInFlight() {
        for customer in customers { customer.abandonInFlight() }
    }
}
