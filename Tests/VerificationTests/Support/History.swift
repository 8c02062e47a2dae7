import Causality
import Foundation
import Testing
import Trace
import Verification

/// One event of a history, as tests write them.
struct Step: Sendable {
    enum Action: Sendable {
        case connect(present: Bool)
        case gone
        case bye
        case subscribe(filter: String, requested: UInt8, granted: UInt8)
        case unsubscribe(filter: String)
        case publish(topic: String, qos: UInt8, sequence: UInt64, attempt: UInt32)
        case resend(sequence: UInt64, attempt: UInt32)
        case complete(sequence: UInt64, attempt: UInt32, outcome: PublishOutcome)
        case receive(publisher: String, sequence: UInt64, attempt: UInt32, topic: String, retain: Bool)
        case process(publisher: String, sequence: UInt64, attempt: UInt32, timedOut: Bool)
        case unreadable(topic: String, qos: UInt8, retain: Bool, cause: Unreadable)
        case acknowledge(packet: UInt16)
        case will(topic: String, qos: UInt8, retain: Bool, sequence: UInt64)
        case mark(MarkKind)
    }

    /// What a step says beyond the usual.
    struct Details: Sendable {
        /// Of a connect: what it asks for; `nil` for a clean start where no session is present.
        var clean: Bool?
        /// Of a connect. By default MQTT 5.0, where a session may outlive the connection of a clean start.
        var isVersion5 = true
        /// Of a bye.
        var reason: UInt8 = 0
        /// Of a subscribe: how long before SUBACK it was sent.
        var asked: UInt64?
        var options: SubscriptionOptions = []
        /// Of a publish.
        var retain = false
        var isEmpty = false
        /// Of a receive; `nil` for the one at which a right broker sends it.
        var qos: UInt8?
        var dup: Bool?
        var packet: UInt16 = 1
    }

    var process: String
    var action: Action
    var at: UInt64
    /// The stamp of a publish where it is not the true one.
    var stamp: [String: UInt64]?
    var details = Details()
    /// Which file it stands in, counted from the one that the process has most in.
    var file = 0
}

/// A history in one line: steps between semicolons, each a process and what it does.
///
/// `p pub a 1` publishes the next message of p on topic a at QoS 1 (`p pub a 1 #7` number 7, `#7.2` its second attempt);
/// `p ack 1`, `p refuse 1`, `p unknown 1`, `p resend 1`; `s sub a/# 1` (`s sub a/# 2 0`: granted 0), `s unsub a/#`;
/// `s recv p/1` gets message 1 of p on its topic (`on b`: on another; `retain`), `s corrupt a 1`, `s foreign a [retain]`;
/// `s proc p/1 [late]` takes it out of its causal inbox (late: without waiting longer); `p pub a 1 stamp p=1,q=2` carries a stamp of its own
/// instead of the true one;
/// `s connect`, `s resume`, `s gone`, `s bye` (`s bye 4`: with that reason); a connection is one of MQTT 5.0 unless a word says otherwise: `s connect
/// clean` and `s connect kept` are of MQTT 3.1.1, and so is `s resume v3`; `s connect v5 kept` asks for no clean start;
/// `s sub a 1 asked` says when SUBSCRIBE was sent: just before (`asked 2`: two steps earlier); `rap`, `ifnew`, `noretained`, `nolocal` are its options;
/// `p pub a 1 retain`, `p pub a 1 retain empty`; `s recv p/1 id 7 dup` or `nodup` or `qos 0` says more of the packet; `s done 7` acknowledges it;
/// `p will w 1 [retain] [#900]` registers a will, whose delivery is `s recv p/900 on w`;
/// `s@1 connect` happens in the file after the one of `s`; and of the run `subscribed` (in all files), `quiet`, `timeout`, `interrupt`, `restless` (writes no mark).
/// Who did not connect before acting is connected first; `quiet` is added where no word on the end of the drain is there.
struct History {
    private(set) var steps: [Step] = []
    private var time: UInt64 = 1_000_000
    private var numbers: [String: UInt64] = [:]
    private var topics: [String: String] = [:]
    private var connected: Set<String> = []
    private var ended = false

    init(_ line: String) {
        for statement in line.split(separator: ";") where statement.contains(where: { $0 != " " }) {
            add(statement.split(separator: " ").map(String.init))
        }
        if !ended { add(["quiet"]) }
        steps = RightQoS.filled(in: steps)
    }

    init(steps: [Step]) {
        self.steps = RightQoS.filled(in: steps)
    }

    private mutating func append(_ process: String, _ action: Step.Action) {
        time += 1000
        steps.append(Step(process: process, action: action, at: time))
    }

    private mutating func add(_ words: [String]) {
        let marks: [String: MarkKind] = [
            "quiet": .quiescent, "timeout": .drainTimedOut, "interrupt": .interrupted, "subscribed": .allSubscribed,
        ]
        if words == ["restless"] {
            ended = true
            return
        }
        if words.count == 1, let mark = marks[words[0]] {
            if mark == .quiescent || mark == .drainTimedOut { ended = true }
            return append("", .mark(mark))
        }
        let place = words[0].split(separator: "@").map(String.init)
        let process = place[0]
        let verb = words[1]
        let rest = Array(words.dropFirst(2))
        if !connected.contains(words[0]), verb != "connect", verb != "resume" { append(process, .connect(present: false)) }
        connected.insert(words[0])
        let before = steps.count
        defer {
            for index in before..<steps.count { steps[index].file = place.count > 1 ? Int(place[1])! : 0 }
            if steps.count > before { steps[steps.count - 1].details = Self.details(verb, rest) }
        }
        switch verb {
        case "connect": append(process, .connect(present: false))
        case "resume": append(process, .connect(present: true))
        case "gone": append(process, .gone)
        case "bye": append(process, .bye)
        case "sub":
            let requested = UInt8(rest[1])!
            append(
                process,
                .subscribe(filter: rest[0], requested: requested, granted: rest.count > 2 ? UInt8(rest[2]) ?? requested : requested))
        case "done": append(process, .acknowledge(packet: UInt16(rest[0])!))
        case "will":
            let sequence = rest.first { $0.hasPrefix("#") }.map { UInt64($0.dropFirst())! } ?? 900
            append(process, .will(topic: rest[0], qos: UInt8(rest[1])!, retain: rest.contains("retain"), sequence: sequence))
        case "unsub": append(process, .unsubscribe(filter: rest[0]))
        case "pub":
            let number =
                rest.count > 2 && rest[2].hasPrefix("#") ? Self.number(String(rest[2].dropFirst())) : (numbers[process, default: 0] + 1, 1)
            numbers[process] = number.0
            topics["\(process)/\(number.0).\(number.1)"] = rest[0]
            append(process, .publish(topic: rest[0], qos: UInt8(rest[1])!, sequence: number.0, attempt: number.1))
            if let word = rest.firstIndex(of: "stamp") { steps[steps.count - 1].stamp = Self.stamp(rest[word + 1]) }
        case "resend": append(process, .resend(sequence: Self.number(rest[0]).0, attempt: Self.number(rest[0]).1))
        case "ack", "refuse", "unknown":
            let number = Self.number(rest[0])
            let outcome: PublishOutcome = verb == "ack" ? .acked : verb == "refuse" ? .refused : .unknown
            append(process, .complete(sequence: number.0, attempt: number.1, outcome: outcome))
        case "recv":
            let parts = rest[0].split(separator: "/").map(String.init)
            let number = Self.number(parts[1])
            let topic = rest.firstIndex(of: "on").map { rest[$0 + 1] } ?? topics["\(parts[0])/\(number.0).\(number.1)"] ?? "a"
            append(
                process,
                .receive(publisher: parts[0], sequence: number.0, attempt: number.1, topic: topic, retain: rest.contains("retain")))
        case "proc":
            let parts = rest[0].split(separator: "/").map(String.init)
            let number = Self.number(parts[1])
            append(process, .process(publisher: parts[0], sequence: number.0, attempt: number.1, timedOut: rest.contains("late")))
        case "corrupt", "foreign", "stranger":
            append(
                process,
                .unreadable(
                    topic: rest[0], qos: rest.count > 1 ? UInt8(rest[1]) ?? 0 : 0, retain: rest.contains("retain"),
                    cause: verb == "corrupt" ? .corrupt : verb == "foreign" ? .foreign : .stranger))
        default: Issue.record("the history does not know '\(verb)'")
        }
    }

    private static func details(_ verb: String, _ words: [String]) -> Step.Details {
        var details = Step.Details()
        func after(_ word: String) -> String? {
            words.firstIndex(of: word).flatMap { $0 + 1 < words.count ? words[$0 + 1] : nil }
        }
        switch verb {
        case "connect", "resume":
            details.isVersion5 = words.contains("v5") || words.isEmpty
            details.clean = words.contains("clean") ? true : words.contains("kept") || verb == "resume" ? false : nil
        case "bye": details.reason = words.first.flatMap(UInt8.init) ?? 0
        case "sub":
            if words.contains("asked") { details.asked = (after("asked").flatMap(UInt64.init) ?? 0) * 1000 + 500 }
            let options: [(String, SubscriptionOptions)] = [
                ("rap", .retainAsPublished), ("ifnew", .retainedIfNew), ("noretained", .noRetained), ("nolocal", .noLocal),
            ]
            for (word, option) in options where words.contains(word) { details.options.insert(option) }
        case "pub":
            details.retain = words.contains("retain")
            details.isEmpty = words.contains("empty")
        case "recv":
            details.qos = after("qos").flatMap(UInt8.init)
            details.dup = words.contains("dup") ? true : words.contains("nodup") ? false : nil
            details.packet = details.qos == 0 ? 0 : after("id").flatMap(UInt16.init) ?? 1
        default: break
        }
        return details
    }

    private static func stamp(_ text: String) -> [String: UInt64] {
        var entries: [String: UInt64] = [:]
        if text == "none" { return entries }
        for entry in text.split(separator: ",") {
            let parts = entry.split(separator: "=")
            entries[String(parts[0])] = UInt64(parts[1])!
        }
        return entries
    }

    private static func number(_ text: String) -> (UInt64, UInt32) {
        let parts = text.split(separator: ".")
        return (UInt64(parts[0])!, parts.count > 1 ? UInt32(parts[1])! : 1)
    }

    /// Writes the history as real trace files, the processes shared out over `files` of them, and checks these.
    /// - Parameter flushEvery: after how many events a file's chunk is cut; 0 for never.
    func check(
        _ expectations: Expectations = .init(), files count: Int = 2, flushEvery: Int = 0, mutant: Mutant? = nil, shards: Int = 2
    ) async throws -> CheckReport {
        let directory = try TemporaryDirectory()
        let paths = try await write(to: directory, files: count, flushEvery: flushEvery)
        return try Checker.check(try paths.map { try TraceFile(path: $0) }, expectations: expectations, mutant: mutant, shards: shards)
    }

    /// - Parameter skew: by how many nanoseconds the clock of the second file is ahead.
    func write(
        to directory: borrowing TemporaryDirectory, files count: Int, flushEvery: Int = 0, skew: Int64 = 0
    ) async throws -> [String] {
        var ids: [String: UInt32] = [:]
        for step in steps where !step.process.isEmpty && ids[step.process] == nil { ids[step.process] = UInt32(ids.count) + 1 }
        let paths = (0..<count).map { directory.path + "/\($0).trace" }
        let writers = try paths.enumerated().map { try TraceWriter(path: $1, run: 42, writer: UInt32($0), name: "writer-\($0)") }
        for (name, id) in ids.sorted(by: { $0.value < $1.value }) {
            for file in Set(steps.filter { $0.process == name }.map(\.file)) {
                writers[(Int(id) + file) % count].define(process: id, name: name, group: name.hasPrefix("q") ? "other" : "clients")
            }
        }
        var pasts = TruePasts(steps, ids)
        for (position, step) in steps.enumerated() {
            let id = ids[step.process] ?? 0
            let stamp = pasts.take(step)
            let isForAll = if case .mark(.allSubscribed) = step.action { true } else { false }
            for (number, writer) in writers.enumerated() where isForAll || number == (Int(id) + step.file) % count {
                var shown = step
                if number == 1 { shown.at = UInt64(max(0, Int64(step.at) + skew)) }
                Self.write(shown, id, ids, writer, stamp)
            }
            if flushEvery > 0, position % flushEvery == flushEvery - 1 { writers[(Int(id) + step.file) % count].flush() }
        }
        for writer in writers { try await writer.close() }
        return paths
    }

    private static func write(_ step: Step, _ id: UInt32, _ ids: [String: UInt32], _ writer: TraceWriter, _ stamp: VectorTimestamp) {
        let more = step.details
        switch step.action {
        case .connect(let present):
            writer.connected(
                process: id, at: step.at, sessionPresent: present, clean: more.clean ?? !present, isVersion5: more.isVersion5)
        case .gone: writer.disconnected(process: id, at: step.at, reason: 0, byClient: false)
        case .bye: writer.disconnected(process: id, at: step.at, reason: more.reason, byClient: true)
        case .subscribe(let filter, let requested, let granted):
            writer.subscribed(
                process: id, at: step.at, filter: filter, requested: requested, granted: granted, options: more.options,
                sent: more.asked.map { step.at - $0 })
        case .unsubscribe(let filter): writer.unsubscribed(process: id, at: step.at, filter: filter)
        case .publish(let topic, let qos, let sequence, let attempt):
            writer.published(
                process: id, at: step.at, topic: writer.topic(topic), qos: qos, retain: more.retain, sequence: sequence, attempt: attempt,
                intended: step.at, stamp: stamp, isEmpty: more.isEmpty)
        case .resend(let sequence, let attempt): writer.resent(process: id, at: step.at, sequence: sequence, attempt: attempt)
        case .complete(let sequence, let attempt, let outcome):
            writer.completed(process: id, at: step.at, sequence: sequence, attempt: attempt, outcome: outcome, reason: 0)
        case .receive(let publisher, let sequence, let attempt, let topic, let retain):
            writer.delivered(
                process: id, at: step.at, publisher: ids[publisher] ?? 999, sequence: sequence, attempt: attempt,
                topic: writer.topic(topic), qos: more.qos ?? 1, retain: retain, dup: more.dup,
                packetID: more.qos == 0 ? 0 : more.packet)
        case .acknowledge(let packet): writer.acknowledged(process: id, at: step.at, packetID: packet)
        case .will(let topic, let qos, let retain, let sequence):
            writer.will(
                process: id, at: step.at, topic: writer.topic(topic), qos: qos, retain: retain, sequence: sequence, attempt: 1)
        case .process(let publisher, let sequence, let attempt, let timedOut):
            writer.processed(
                process: id, at: step.at, publisher: ids[publisher] ?? 999, sequence: sequence, attempt: attempt, timedOut: timedOut)
        case .unreadable(let topic, let qos, let retain, let cause):
            writer.deliveredUnreadable(
                process: id, at: step.at, topic: writer.topic(topic), qos: qos, retain: retain, dup: nil,
                packetID: qos == 0 ? 0 : 1, cause: cause)
        case .mark(let kind): writer.mark(at: step.at, kind, text: "")
        }
    }
}

/// The vector timestamps that honest processes would write.
private struct TruePasts {
    private let ids: [String: UInt32]
    private let inboxes: Set<String>
    private var pasts: [String: VectorTimestamp] = [:]
    private var stamps: [String: VectorTimestamp] = [:]

    init(_ steps: [Step], _ ids: [String: UInt32]) {
        self.ids = ids
        inboxes = Set(steps.compactMap { if case .process = $0.action { $0.process } else { nil } })
    }

    /// Takes a step; gives the stamp of a publish.
    mutating func take(_ step: Step) -> VectorTimestamp {
        switch step.action {
        case .publish(_, _, let sequence, let attempt):
            pasts[step.process, default: .init()].increment(ids[step.process] ?? 0)
            var stamp = pasts[step.process, default: .init()]
            if let false_ = step.stamp { stamp = VectorTimestamp(false_.map { .init(process: ids[$0.key] ?? 0, count: $0.value) }) }
            // What goes over the wire is what others take for true.
            stamps["\(step.process)/\(sequence).\(attempt)"] = stamp
            return stamp
        case .receive(let publisher, let sequence, let attempt, _, _) where !inboxes.contains(step.process):
            pasts[step.process, default: .init()].merge(stamps["\(publisher)/\(sequence).\(attempt)"] ?? .init())
        case .process(let publisher, let sequence, let attempt, _):
            pasts[step.process, default: .init()].merge(stamps["\(publisher)/\(sequence).\(attempt)"] ?? .init())
        default: break
        }
        return .init()
    }
}

/// A directory that goes with its owner.
struct TemporaryDirectory: ~Copyable {
    let path: String

    init() throws {
        path = FileManager.default.temporaryDirectory.appendingPathComponent("waybill-" + UUID().uuidString).path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }
}
