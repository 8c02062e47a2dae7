import Trace
import Verification

/// Makes histories of sessions, retained messages, wills, groups and packets, from a seed: what a sensible broker would do, and now and then
/// something else.
struct RandomSessions {
    private var random: SplitMix
    private var steps: [Step] = []
    private var time: UInt64 = 1_000_000
    private var published: [Item] = []
    private var open: [Item] = []
    private var next: [String: UInt64] = [:]
    private var clients: [Client] = []
    private var register: [String: Item] = [:]
    /// The retained message of each topic before the present one.
    private var older: [String: Item] = [:]
    private var turn = 0
    private let chaos: Int

    private struct Item: Equatable {
        var publisher: String
        var sequence: UInt64
        var topic: String
        var qos: UInt8
        var retain = false
        var isEmpty = false
    }

    private enum Style: CaseIterable {
        case clean, kept, version5
    }

    /// A client as the broker sees it.
    private struct Client {
        var name: String
        var style: Style
        var shows: Bool
        var acknowledges: Bool
        var filters: [String: UInt8] = [:]
        var isConnected = true
        var queue: [(item: Item, retain: Bool)] = []
        var inFlight: [UInt16: Item] = [:]
        var unacknowledged: [UInt16] = []
        var will: Item?
        var packet: UInt16 = 0
    }

    static let topics = ["a", "b"]
    static let filters = ["a", "#", "b", "$share/g/a", "$share/g/a", "$share/h/#", "w"]

    static func make(seed: UInt64) -> History {
        var maker = RandomSessions(seed)
        return maker.make()
    }

    private init(_ seed: UInt64) {
        random = SplitMix(state: seed &* 0x2545_F491)
        chaos = [0, 4, 10, 25][Int(seed % 4)]
    }

    private mutating func make() -> History {
        for name in ["p", "q", "s", "t", "u"].prefix(pick(3...5)) {
            clients.append(
                Client(name: name, style: Style.allCases[pick(0...2)], shows: chance(60), acknowledges: chance(40)))
            connect(clients.count - 1, present: false, isFirst: true)
        }
        for number in clients.indices.dropFirst(2) where chance(70) { subscribe(number) }
        for _ in 0..<pick(10...60) {
            switch pick(0...99) {
            case 0..<18: publish(pick(0...1))
            case 18..<36: complete()
            case 36..<50: subscribe(pick(0...clients.count - 1))
            case 50..<88: receive(pick(0...clients.count - 1))
            case 88..<94: leave(pick(0...clients.count - 1))
            case 94..<96: withdraw(pick(0...clients.count - 1))
            default: returnToBroker(pick(0...clients.count - 1))
            }
        }
        while !open.isEmpty, chance(96) { complete() }
        for number in clients.indices {
            if !clients[number].isConnected, chance(85) { returnToBroker(number) }
            while clients[number].isConnected, !clients[number].queue.isEmpty, chance(98) { receive(number) }
        }
        if chance(3) { append("", .mark(.drainTimedOut)) }
        if chance(97) { append("", .mark(.quiescent)) }
        return History(steps: steps)
    }

    // MARK: - Publishers

    private mutating func publish(_ number: Int) {
        guard clients[number].isConnected else { return }
        let name = clients[number].name
        let sequence = next[name, default: 0] + 1
        next[name] = sequence
        let retain = chance(40)
        let item = Item(
            publisher: name, sequence: sequence, topic: Self.topics[pick(0...1)], qos: UInt8(pick(0...2)), retain: retain,
            isEmpty: retain && chance(35))
        append(name, .publish(topic: item.topic, qos: item.qos, sequence: sequence, attempt: 1)) {
            $0.retain = retain
            $0.isEmpty = item.isEmpty
        }
        published.append(item)
        open.append(item)
        if chance(70) { complete(item) }
    }

    private mutating func complete() {
        guard !open.isEmpty else { return }
        complete(open[chance(85) ? 0 : pick(0...open.count - 1)])
    }

    private mutating func complete(_ item: Item) {
        if chance(4) { return append(item.publisher, .resend(sequence: item.sequence, attempt: 1)) }
        open.removeAll { $0 == item }
        let outcome: PublishOutcome = chance(94) ? .acked : chance(50) ? .unknown : .refused
        append(item.publisher, .complete(sequence: item.sequence, attempt: 1, outcome: outcome))
        if outcome != .refused { route(item) }
    }

    /// The broker takes a message.
    private mutating func route(_ item: Item) {
        if item.retain {
            older[item.topic] = register[item.topic] ?? older[item.topic]
            register[item.topic] = item.isEmpty ? nil : item
        }
        turn += 1
        for number in clients.indices where clients[number].filters.keys.contains(where: { isPlain($0, item.topic) }) {
            clients[number].queue.append((item, false))
        }
        for filter in Set(Self.filters) where filter.hasPrefix("$share/") && Oracle.matches(filter, item.topic) {
            let members = clients.indices.filter { clients[$0].filters[filter] != nil }
            for offset in 0..<(chance(chaos) ? 2 : 1) where !members.isEmpty {
                clients[members[(turn + offset) % members.count]].queue.append((item, false))
            }
        }
    }

    private func isPlain(_ filter: String, _ topic: String) -> Bool { !filter.hasPrefix("$share/") && Oracle.matches(filter, topic) }

    // MARK: - Subscribers

    private mutating func subscribe(_ number: Int) {
        guard clients[number].isConnected else { return }
        let filter = Self.filters[pick(0...Self.filters.count - 1)]
        let requested = UInt8(chance(20) ? 0 : pick(1...2))
        let granted: UInt8 = chance(3) ? 0x80 : requested
        let asked: UInt64? = chance(75) ? UInt64(pick(0...2)) * 1000 + 500 : nil
        let options: SubscriptionOptions =
            chance(75) ? [] : [[.retainAsPublished], [.retainedIfNew], [.noRetained], [.noLocal]][pick(0...3)]
        append(clients[number].name, .subscribe(filter: filter, requested: requested, granted: granted)) {
            $0.asked = asked
            $0.options = options
        }
        guard granted < 0x80 else { return }
        let isNew = clients[number].filters[filter] == nil
        clients[number].filters[filter] = granted
        guard !filter.hasPrefix("$share/"), !options.contains(.noRetained), isNew || !options.contains(.retainedIfNew) else { return }
        for topic in Self.topics where Oracle.matches(filter, topic) {
            if let item = chance(2 * chaos) ? older[topic] : register[topic] { clients[number].queue.append((item, true)) }
        }
    }

    private mutating func withdraw(_ number: Int) {
        guard clients[number].isConnected, let filter = clients[number].filters.keys.sorted().first else { return }
        append(clients[number].name, .unsubscribe(filter: filter))
        clients[number].filters[filter] = nil
    }

    private mutating func receive(_ number: Int) {
        guard clients[number].isConnected else { return }
        if let packet = clients[number].unacknowledged.first, chance(60) {
            clients[number].unacknowledged.removeFirst()
            clients[number].inFlight[packet] = nil
            append(clients[number].name, .acknowledge(packet: packet))
        }
        if chance(chaos / 2) { return disturb(number) }
        guard !clients[number].queue.isEmpty else { return }
        let (item, retain) = clients[number].queue.removeFirst()
        let taken = clients[number].inFlight.keys.sorted().first
        let packet = chance(chaos / 2) ? taken ?? freePacket(number) : freePacket(number)
        deliver(item, to: number, retain: retain, packet: packet, dup: false)
        if chance(chaos / 3), clients[number].inFlight[packet] == item {
            deliver(item, to: number, retain: retain, packet: packet, dup: chance(60))
        }
    }

    /// A packet identifier that is not in flight, out of few, so that they come round.
    private mutating func freePacket(_ number: Int) -> UInt16 {
        repeat {
            clients[number].packet = clients[number].packet % 9 + 1
        } while clients[number].inFlight[clients[number].packet] != nil && clients[number].inFlight.count < 9
        return clients[number].packet
    }

    private mutating func deliver(_ item: Item, to number: Int, retain: Bool, packet: UInt16, dup: Bool, qos: UInt8? = nil) {
        let client = clients[number]
        if item.isEmpty {
            return append(client.name, .unreadable(topic: item.topic, qos: 0, retain: retain, cause: .foreign))
        }
        let held = client.filters.filter { Oracle.matches($0.key, item.topic) }
        let own = held.filter { !$0.key.hasPrefix("$share/") }
        let granted = (own.isEmpty ? held : own).values.max() ?? 1
        let effective = qos ?? (chance(chaos / 6) ? UInt8(pick(0...2)) : min(item.qos, granted))
        append(
            client.name,
            .receive(
                publisher: item.publisher, sequence: item.sequence, attempt: 1, topic: chance(chaos / 12) ? "b" : item.topic, retain: retain
            )
        ) {
            $0.qos = effective
            $0.packet = packet
            $0.dup = client.shows ? dup : nil
        }
        guard effective > 0 else { return }
        clients[number].inFlight[packet] = item
        if client.acknowledges { clients[number].unacknowledged.append(packet) }
    }

    /// What a broker should not do, or not always may.
    private mutating func disturb(_ number: Int) {
        guard let item = published.randomElement(using: &random), !item.isEmpty else { return }
        let name = clients[number].name
        let (known, packet) =
            clients[number].inFlight.sorted { $0.key < $1.key }.randomElement(using: &random).map { ($0.value, $0.key) } ?? (item, 1)
        switch pick(0...9) {
        case 0: if !clients[number].queue.isEmpty { clients[number].queue.removeFirst() }
        case 1: deliver(known, to: number, retain: false, packet: packet, dup: true)
        case 2: deliver(known, to: number, retain: false, packet: packet, dup: false)
        case 3: deliver(item, to: number, retain: true, packet: freePacket(number), dup: false)
        case 4: deliver(item, to: number, retain: false, packet: freePacket(number), dup: chance(50))
        case 5: deliver(item, to: number, retain: chance(30), packet: packet, dup: false)
        case 6: append(name, .unreadable(topic: item.topic, qos: UInt8(pick(0...2)), retain: chance(30), cause: .corrupt))
        case 7:
            let owner = clients[pick(0...clients.count - 1)].name
            let will = Item(publisher: owner, sequence: 900, topic: "w", qos: 1)
            deliver(will, to: number, retain: false, packet: freePacket(number), dup: false)
        case 8:
            if let latest = published.last(where: { !$0.isEmpty && $0.retain }) {
                deliver(latest, to: number, retain: true, packet: freePacket(number), dup: false)
            }
        default:
            if !clients[number].queue.isEmpty {
                let (item, retain) = clients[number].queue[0]
                deliver(item, to: number, retain: retain, packet: freePacket(number), dup: chance(50), qos: chance(20) ? 0 : nil)
                if chance(50) { clients[number].queue.removeFirst() }
            }
        }
    }

    // MARK: - Connections

    private mutating func leave(_ number: Int) {
        guard clients[number].isConnected else { return }
        let name = clients[number].name
        clients[number].isConnected = false
        let isBye = chance(40)
        append(name, isBye ? .bye : .gone) { [reason = UInt8(chance(20) ? 4 : 0)] in $0.reason = isBye ? reason : 0 }
        if chance(8) { askInVain(number) }
        if let will = clients[number].will, !isBye || chance(chaos) {
            for _ in 0..<(chance(chaos) ? 2 : 1) where !chance(chaos) { route(will) }
        }
        clients[number].will = nil
        if clients[number].style != .clean { return }
        forget(number)
    }

    /// The connection ended before SUBACK; the broker may have got SUBSCRIBE or not.
    private mutating func askInVain(_ number: Int) {
        let filter = Self.filters[pick(0...Self.filters.count - 1)]
        let requested = UInt8(pick(0...2))
        append(clients[number].name, .subscribe(filter: filter, requested: requested, granted: 0xFF)) { $0.asked = 1500 }
        guard clients[number].style != .clean, chance(50) else { return }
        clients[number].filters[filter] = requested
        for topic in Self.topics where Oracle.matches(filter, topic) {
            if !filter.hasPrefix("$share/"), let item = register[topic] { clients[number].queue.append((item, true)) }
        }
    }

    /// The broker forgets the session of a client.
    private mutating func forget(_ number: Int) {
        clients[number].filters = [:]
        clients[number].queue = []
        clients[number].inFlight = [:]
        clients[number].unacknowledged = []
    }

    private mutating func returnToBroker(_ number: Int) {
        if clients[number].isConnected { leave(number) }
        let hadSession = clients[number].style != .clean
        connect(number, present: chance(chaos / 2) ? !hadSession : hadSession, isFirst: false)
    }

    private mutating func connect(_ number: Int, present: Bool, isFirst: Bool) {
        let style = clients[number].style
        let name = clients[number].name
        let isPresent = isFirst ? chance(chaos / 8) : present
        let isClean = style == .clean ? !(isPresent && chance(60)) : style == .version5 ? !isPresent : chance(chaos / 4)
        append(name, .connect(present: isPresent)) {
            $0.clean = isClean
            $0.isVersion5 = style == .version5
        }
        clients[number].isConnected = true
        if !isPresent || chance(chaos) { forget(number) }
        // What was in flight comes again first.
        for (packet, item) in clients[number].inFlight.sorted(by: { $0.key < $1.key }) where isPresent && !chance(chaos) {
            deliver(item, to: number, retain: false, packet: packet, dup: true)
        }
        guard chance(40) else { return }
        let retain = chance(5)
        let qos = UInt8(name == "p" ? 2 : 1)
        append(name, .will(topic: "w", qos: qos, retain: retain, sequence: 900))
        clients[number].will = Item(publisher: name, sequence: 900, topic: "w", qos: qos)
    }

    private mutating func append(_ process: String, _ action: Step.Action, _ more: (inout Step.Details) -> Void = { _ in }) {
        time += UInt64(pick(1...3)) * 1000
        var step = Step(process: process, action: action, at: time)
        more(&step.details)
        steps.append(step)
    }

    private mutating func pick(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &random) }

    private mutating func chance(_ percent: Int) -> Bool { pick(0...99) < percent }
}
