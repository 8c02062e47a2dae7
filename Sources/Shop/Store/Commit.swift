internal import Causality
internal import Trace

/// What one batch of a service changes: all of it becomes durable at once, or none.
struct Commit: Sendable {
    /// The events that were processed, by id: each has its effect in this commit, and none in a later one.
    var processed: [String] = []
    /// Messages that wait in the causal inbox since this batch.
    var held: [HeldMessage] = []
    /// Those that waited and were processed now, by publisher and sequence.
    var released: [MessageKey] = []
    /// Orders as they are now.
    var orders: [OrderRecord] = []
    /// What moved in the stock.
    var stock: [StockMove] = []
    /// Events to be sent for the first time.
    var created: [OutboxEntry] = []
    /// Events that are sent again under a new number.
    var renumbered: [OutboxEntry] = []
    /// Events that somebody has answered, by id.
    var answered: [String] = []
    /// Events that need not be kept any longer, by id: answered, and acknowledged by the broker where that counts.
    var settled: [String] = []
    /// Entries that cannot be used: they stay in the store, where nobody takes them for what they were meant to be.
    var setAside: [SetAside] = []
    /// The service's place in its run.
    var position: Position
    /// Whether the trace file that the stored tail belongs to is whole, so that the tail is not needed any more.
    var dropsTail = false
    /// The records of this batch, which the trace file gets when all of the above is durable.
    var chunk: TraceChunk?

    /// Whether there is nothing in it but perhaps trace records.
    var isEmpty: Bool {
        processed.isEmpty && held.isEmpty && released.isEmpty && orders.isEmpty && stock.isEmpty && created.isEmpty
            && renumbered.isEmpty && answered.isEmpty && settled.isEmpty && setAside.isEmpty
    }
}

/// An entry of the store that cannot be used.
struct SetAside: Equatable, Sendable {
    /// Where it stood.
    enum Place: String, Sendable {
        case orders, stock, outbox, held, tail, run
    }

    var place: Place
    /// The bytes of its key there.
    var key: [UInt8]
    /// What is wrong with it.
    var reason: String

    init(_ place: Place, key: [UInt8], reason: String) {
        self.place = place
        self.key = key
        self.reason = reason
    }
}

/// Which message: who published it, under which number.
struct MessageKey: Hashable, Sendable {
    var publisher: UInt32
    var sequence: UInt64
}

/// A message that was received and waits for what happened before it.
struct HeldMessage: Sendable {
    var key: MessageKey
    var topic: String
    /// The message in structured mode, however it came.
    var payload: [UInt8]
}

/// What a service knows of an order.
struct OrderRecord: Equatable, Sendable {
    /// How far an order is, as one service knows it.
    enum State: String, Sendable {
        /// The order service has it.
        case placed
        /// Its stock is set aside.
        case reserved
        /// It is packed: nothing can stop it any more.
        case packed
        /// It is on its way.
        case shipped
        /// There was not enough stock.
        case rejected
        /// It was cancelled.
        case cancelled
        /// Its cancellation came before the order itself, whose own messages are still under way.
        case withdrawn
        /// Its customer has been told.
        case notified
    }

    var order: Order
    var state: State
    /// When it is to be packed, in milliseconds since 1970; 0 where it is not.
    var due: Int64 = 0
    /// The stamp of the message that told of its being packed, in its wire form.
    var packedStamp: [UInt8] = []

    /// The same, to be packed no later than at some time.
    func due(atLatest latest: Int64) -> OrderRecord {
        var record = self
        record.due = min(due, latest)
        return record
    }
}

/// Some of an item's stock goes from one term to another.
struct StockMove: Equatable, Sendable {
    /// What stock is divided into; `outside` is where it comes from at the beginning.
    enum Term: String, Sendable {
        case outside = ""
        case onHand = "on_hand"
        case reserved
        case shipped
    }

    var item: Item
    var from: Term
    var to: Term
    var amount: Int
    /// The order it is moved for; empty for none.
    var order: String
    /// Which change of a ledger it is: of one item's moves the later has the greater number.
    var change: UInt64 = 0
}

/// An event that is to be sent until it is answered.
struct OutboxEntry: Equatable, Sendable {
    var event: ShopEvent
    /// When the event happened, in milliseconds since 1970.
    var milliseconds: Int64
    /// The number of its latest publish.
    var sequence: UInt64
    /// The stamp of that publish in its wire form, which takes a tenth of the room: a service that is behind has many.
    var stamp: [UInt8]
    /// Whether who it is for has it.
    var isAnswered = false
}

/// Where a service is in its run: what it must not forget to go on as the same publisher and subscriber.
@dynamicMemberLookup
struct Position: Equatable, Sendable {
    var counts = Counts()
    /// What it has published and processed.
    var past = DependencyStamp()
    /// What its causal inbox has settled.
    var settled = DependencyStamp()

    struct Counts: Codable, Equatable, Sendable {
        /// The number of its latest publish.
        var sequence: UInt64 = 0
        /// The number of its latest event.
        var events: UInt64 = 0
        /// The broker has acknowledged every publish up to this number.
        var acknowledged: UInt64 = 0
        /// Events processed, copies left out.
        var processed = 0
        /// Events received again.
        var repeated = 0
        /// Concurrent pairs.
        var concurrent = 0
        /// How often the service was started in this run.
        var life = 1
    }

    subscript<Value>(dynamicMember path: WritableKeyPath<Counts, Value>) -> Value {
        get { counts[keyPath: path] }
        set { counts[keyPath: path] = newValue }
    }
}
