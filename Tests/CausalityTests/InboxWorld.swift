import Causality

/// Processes that publish to several topics after processing what others sent, a broker, and an inbox before each process that
/// subscribes; at most 64 messages, so that a set of them is a number. What happened before what is known here as plain sets of
/// messages, from the order of events at each process and nothing else, and every step of every inbox is judged by them.
struct InboxWorld {
    struct Message {
        var publisher: Int
        var topic: String
        /// Which publisher and topic it is of, as a number.
        var stream: Int
        var count: UInt64
        var stamp: DependencyStamp
        /// All messages that happened before this one, and itself.
        var past: UInt64
    }

    /// A message on its way to one subscriber.
    struct Copy {
        var message: Int
        var subscriber: Int
        var at: UInt64
        var isFirst: Bool
    }

    /// One publisher and topic.
    struct Stream {
        var publisher: Int
        var topic: String
        var messages: UInt64 = 0
        /// By process: how much of it its present subscriptions bring, and whether that has been so from the beginning.
        var reach: [Reach] = []
        var isFromTheBeginning: [Bool] = []
    }

    struct Process {
        var publisher: CausalPublisher
        var topics: [String]
        var inbox: CausalInbox<Int>?
        var subscriptions: [PlainSubscription]
        /// Subscriptions that it makes later, and when.
        var later: [(at: UInt64, subscription: PlainSubscription)]
        var noLocal: Bool
        /// Released and not processed yet.
        var backlog: [InboxRelease<Int>] = []
        /// All that it has published or processed, with everything before that.
        var past: UInt64 = 0
        var view = InboxView()
    }

    let plan: InboxPlan
    var random: SeededGenerator
    var processes: [Process] = []
    var messages: [Message] = []
    var streams: [Stream] = []
    /// Published and not yet at the broker, in the order in which they get there; first by time.
    var toBroker: [(message: Int, at: UInt64)] = []
    var copies: [Copy] = []
    var now: UInt64 = 0
    /// What was found wrong, if anything.
    var problem: String?
    /// What happened at the inboxes, for a person who looks for a mistake; only if asked for.
    var log: [String]?

    /// Runs a whole history.
    static func run(_ plan: InboxPlan, keepsLog: Bool) -> InboxWorld {
        var world = InboxWorld(plan: plan, random: SeededGenerator(seed: plan.seed))
        if keepsLog { world.log = [] }
        world.populate()
        while world.problem == nil, world.step() {}
        if world.problem == nil { world.judgeEnd() }
        return world
    }

    private init(plan: InboxPlan, random: SeededGenerator) {
        self.plan = plan
        self.random = random
    }

    private mutating func populate() {
        for number in 0..<Int.random(in: 2...5, using: &random) {
            let id = PublisherID(process: UInt32(number / 2), incarnation: UInt32(number % 2))
            let topics = (0..<Int.random(in: 1...3, using: &random)).map { _ in InboxPlan.topics.randomElement(using: &random)! }
            var process = Process(
                publisher: CausalPublisher(id), topics: topics, inbox: nil, subscriptions: [], later: [],
                // The two lives of one process share their number, so only one without a twin can have its own messages left out.
                noLocal: plan.noLocal && number == 4)
            if Int.random(in: 0..<5, using: &random) > 0 {
                for _ in 0..<Int.random(in: 1...3, using: &random) {
                    let filter = InboxPlan.filters.randomElement(using: &random)!
                    let isShared = plan.hasShared && Int.random(in: 0..<3, using: &random) == 0
                    let isLate = plan.start != .beginning && Int.random(in: 0..<4, using: &random) > 0
                    var subscription = PlainSubscription(filter: filter, isShared: isShared, isFromTheBeginning: !isLate)
                    if isLate {
                        let at = UInt64.random(in: 0...40, using: &random)
                        subscription.takesEffect = at + UInt64.random(in: 0...3, using: &random)
                        process.later.append((at, subscription))
                    } else {
                        process.subscriptions.append(subscription)
                    }
                }
                let noLocal = process.noLocal ? id.process : nil
                process.inbox = CausalInbox(
                    subscriptions: process.subscriptions.map { $0.inInbox(.beginning, noLocal: noLocal) }, capacity: plan.capacity,
                    timeout: plan.timeout.map { .nanoseconds($0) })
            }
            processes.append(process)
        }
    }

    /// One unit of time. Returns whether there is more to come.
    private mutating func step() -> Bool {
        now += 1
        for index in processes.indices { subscribe(index) }
        if plan.kind == .whole {
            for index in processes.indices where Int.random(in: 0..<50, using: &random) == 0 { restart(index) }
        }
        while let first = toBroker.firstIndex(where: { $0.at <= now }) { route(toBroker.remove(at: first).message) }
        let due = copies.filter { $0.at <= now }.shuffled(using: &random)
        copies.removeAll { $0.at <= now }
        // A shuffle must not undo the order of a stream.
        for copy in plan.keepsStreams ? due.sorted(by: { $0.message < $1.message }) : due { deliver(copy) }
        for index in processes.indices where problem == nil {
            guard let releases = processes[index].inbox?.expire(at: now) else { continue }
            accept(releases, at: index)
            judgeAfterTime(index)
        }
        for index in processes.indices.shuffled(using: &random) {
            while !processes[index].backlog.isEmpty, Int.random(in: 0..<3, using: &random) > 0 { processFirst(index) }
            if messages.count < plan.messages, Int.random(in: 0..<4, using: &random) == 0 { publish(index) }
        }
        let isWaiting = plan.timeout != nil && processes.contains { ($0.inbox?.heldCount ?? 0) > 0 }
        return messages.count < plan.messages || !toBroker.isEmpty || !copies.isEmpty || isWaiting
    }

    private mutating func subscribe(_ index: Int) {
        guard processes[index].later.contains(where: { $0.at <= now }) else { return }
        for (_, subscription) in processes[index].later.filter({ $0.at <= now }) {
            let noLocal = processes[index].noLocal ? processes[index].publisher.id.process : nil
            processes[index].inbox?.subscribe(subscription.inInbox(plan.start, noLocal: noLocal))
            processes[index].subscriptions.append(subscription)
            log?.append("\(now) \(index) subscribes to \(subscription.filter)")
        }
        processes[index].later.removeAll { $0.at <= now }
        for stream in streams.indices {
            streams[stream].reach[index] = Self.reach(of: streams[stream], at: index, processes[index], processes[index].subscriptions)
        }
    }

    /// The number of a publisher and topic.
    private mutating func stream(_ publisher: Int, _ topic: String) -> Int {
        if let known = streams.firstIndex(where: { $0.publisher == publisher && bytes($0.topic) == bytes(topic) }) { return known }
        var stream = Stream(publisher: publisher, topic: topic)
        stream.reach = processes.indices.map { Self.reach(of: stream, at: $0, processes[$0], processes[$0].subscriptions) }
        stream.isFromTheBeginning = processes.map { process in
            process.subscriptions.contains { $0.isFromTheBeginning && !$0.isShared && $0.matches(topic) }
        }
        streams.append(stream)
        return streams.count - 1
    }

    /// The process stops, and comes back with what it had stored: its past, what its inbox had settled, and what it had received
    /// and not released.
    private mutating func restart(_ index: Int) {
        let process = processes[index]
        processes[index].publisher = CausalPublisher(process.publisher.id, past: process.publisher.past)
        guard let inbox = process.inbox else { return }
        let noLocal = process.noLocal ? process.publisher.id.process : nil
        var next = CausalInbox<Int>(
            subscriptions: process.subscriptions.map { $0.inInbox(.beginning, noLocal: noLocal) }, had: inbox.settled,
            capacity: plan.capacity, timeout: nil)
        for number in members(process.view.arrived & ~process.view.released).shuffled(using: &random) {
            let message = messages[number]
            processes[index].view.arrivals[number] = now
            let receipt = next.receive(
                number, stamp: message.stamp, from: processes[message.publisher].publisher.id, topic: message.topic, at: now)
            if receipt.status != .held || !receipt.releases.isEmpty { fail("\(number) is not held after the restart of \(index)") }
        }
        processes[index].inbox = next
        processes[index].view.releasedBeforeRestart = process.view.released
        log?.append("\(now) \(index) restarts")
    }

    private mutating func processFirst(_ index: Int) {
        let release = processes[index].backlog.removeFirst()
        processes[index].publisher.processed(release)
        processes[index].past |= messages[release.message].past
    }

    private mutating func publish(_ index: Int) {
        let topic = processes[index].topics.randomElement(using: &random)!
        let number = messages.count
        let stream = stream(index, topic)
        let past = processes[index].past | bit(number)
        processes[index].past = past
        var bytes: [UInt8] = []
        processes[index].publisher.publish(to: topic).encode(into: &bytes)
        var offset = 0
        guard let stamp = DependencyStamp.decode(bytes.span, at: &offset) else { return fail("the stamp of \(number) is \(bytes)") }
        streams[stream].messages |= bit(number)
        let count = UInt64(streams[stream].messages.nonzeroBitCount)
        messages.append(Message(publisher: index, topic: topic, stream: stream, count: count, stamp: stamp, past: past))
        judgeStamp(number)
        // One connection leads to the broker, so a publisher's messages get there in order.
        let last = toBroker.filter { messages[$0.message].publisher == index }.map(\.at).max() ?? 0
        toBroker.append((number, max(last, now + UInt64.random(in: 0...3, using: &random))))
    }

    /// The broker has a message: those subscribed now get it.
    private mutating func route(_ number: Int) {
        for index in processes.indices where processes[index].inbox != nil {
            let process = processes[index]
            let reach = Self.reach(
                of: streams[messages[number].stream], at: index, process, process.subscriptions.filter { $0.takesEffect <= now })
            if reach == .none { continue }
            if reach == .part {
                if Bool.random(using: &random) { send(number, to: index, copies: 1) }
                continue
            }
            processes[index].view.due |= bit(number)
            if Double.random(in: 0..<1, using: &random) < plan.loss { continue }
            send(number, to: index, copies: Double.random(in: 0..<1, using: &random) < plan.doubling ? 2 : 1)
        }
    }

    private mutating func send(_ number: Int, to index: Int, copies count: Int) {
        var at = now + UInt64.random(in: 0...plan.delay, using: &random)
        if plan.keepsStreams {
            for copy in copies where copy.isFirst && copy.subscriber == index && messages[copy.message].stream == messages[number].stream {
                at = max(at, copy.at)
            }
        }
        for copy in 0..<count {
            copies.append(Copy(message: number, subscriber: index, at: at, isFirst: copy == 0))
            at += UInt64.random(in: 0...plan.delay, using: &random)
        }
    }

    private mutating func deliver(_ copy: Copy) {
        guard problem == nil else { return }
        let message = messages[copy.message]
        let isFirst = processes[copy.subscriber].view.arrive(copy.message, brought: brought(copy.subscriber), at: now)
        let receipt = processes[copy.subscriber].inbox!.receive(
            copy.message, stamp: message.stamp, from: processes[message.publisher].publisher.id, topic: message.topic, at: now)
        log?.append("\(now) \(copy.message) arrives at \(copy.subscriber): \(receipt.status)")
        accept(receipt.releases, at: copy.subscriber)
        let isReleased = receipt.releases.contains { $0.message == copy.message }
        let isRight =
            switch receipt.status {
            // The first copy may be overdue at this moment.
            case .duplicate: !isFirst
            case .released: isFirst && isReleased
            case .held: isFirst && !isReleased
            case .unmatched, .unstamped: false
            }
        if !isRight { fail("\(copy.message) at \(copy.subscriber) is \(receipt.status), first: \(isFirst), released: \(isReleased)") }
        judgeAfterArrival(copy.subscriber)
    }

    private mutating func accept(_ releases: [InboxRelease<Int>], at index: Int) {
        for release in releases {
            log?.append("\(now) \(index) gets \(release.message)\(release.timedOut ? " timed out" : "")\(release.isLate ? " late" : "")")
            judge(release, at: index)
            processes[index].backlog.append(release)
        }
    }

    mutating func fail(_ what: String) {
        if problem == nil { problem = "at \(now): \(what)" }
    }
}
