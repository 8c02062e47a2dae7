import Causality
import Trace

@testable import Verification

/// What happens to things and quantities, as tests write it.
struct WorkflowStep: Sendable {
    enum Action: Sendable {
        case enter(machine: String, entity: String, state: String)
        case move(quantity: String, account: String, from: String, to: String, amount: UInt64, entity: String)
        case publish(sequence: UInt64)
        case receive(publisher: String, sequence: UInt64)
        case process(publisher: String, sequence: UInt64)
        case count(counter: String, value: Int64)
    }

    var process: String
    var action: Action
    var at: UInt64
}

/// A history of a workflow in one line: steps between semicolons, each a process and what it does, ten nanoseconds apart.
///
/// `shop is 1 placed`: order 1 enters a state (`of parcel`: of another machine); `shop pub` publishes its next message, `pack recv shop/1` receives it,
/// `pack proc shop/1` gets it from its causal inbox; `pack move 3 apple on_hand reserved` moves stock (`-`: from or to nowhere, `of gold`: of another quantity);
/// `pack count order/placed 1`. `at 500` sets the time; `restless` leaves out the word that the run came to rest. The group of a process is its name without digits.
struct WorkflowHistory {
    private(set) var steps: [WorkflowStep] = []
    var isQuiet = true

    init(steps: [WorkflowStep], isQuiet: Bool = true) {
        self.steps = steps
        self.isQuiet = isQuiet
    }

    init(_ line: String) {
        var time: UInt64 = 1000
        var published: [String: UInt64] = [:]
        for statement in line.split(separator: ";") where statement.contains(where: { $0 != " " }) {
            let words = statement.split(separator: " ").map(String.init)
            if words[0] == "restless" {
                isQuiet = false
                continue
            }
            if words[0] == "at" {
                time = UInt64(words[1])! - 10
                continue
            }
            time += 10
            if words[1] == "pub" { published[words[0], default: 0] += 1 }
            steps.append(.init(process: words[0], action: Self.action(words, published[words[0]] ?? 0), at: time))
        }
    }

    private static func action(_ words: [String], _ published: UInt64) -> WorkflowStep.Action {
        let of = words.firstIndex(of: "of").map { words[$0 + 1] }
        func term(_ word: String) -> String { word == "-" ? "" : word }
        switch words[1] {
        case "is": return .enter(machine: of ?? "order", entity: words[2], state: words[3])
        case "move":
            return .move(
                quantity: of ?? "stock", account: words[3], from: term(words[4]), to: term(words[5]), amount: UInt64(words[2])!, entity: "")
        case "pub": return .publish(sequence: published)
        case "count": return .count(counter: words[2], value: Int64(words[3])!)
        default:
            let parts = words[2].split(separator: "/").map(String.init)
            return words[1] == "recv"
                ? .receive(publisher: parts[0], sequence: UInt64(parts[1])!) : .process(publisher: parts[0], sequence: UInt64(parts[1])!)
        }
    }

    /// The processes in the order in which they appear, with their ids from 1.
    var processes: [String] {
        var names: [String] = []
        for step in steps where !names.contains(step.process) { names.append(step.process) }
        return names
    }

    static func group(_ process: String) -> String { String(process.filter { !$0.isNumber }) }

    /// Writes the history as real trace files and checks these.
    /// - Parameters:
    ///   - count: how many files the processes are shared out over.
    ///   - damaged: whether the last chunk of each file is cut off behind what the history says.
    func check(_ workflow: Workflow?, files count: Int = 1, damaged: Bool = false, mutant: Mutant? = nil) async throws -> CheckReport {
        let directory = try TemporaryDirectory()
        let names = processes
        let paths = (0..<count).map { directory.path + "/\($0).trace" }
        let writers = try paths.enumerated().map { try TraceWriter(path: $1, run: 42, writer: UInt32($0), name: "writer-\($0)") }
        for (number, name) in names.enumerated() {
            let writer = writers[number % count]
            let id = UInt32(number) + 1
            writer.define(process: id, name: name, group: Self.group(name))
            writer.connected(process: id, at: 1, sessionPresent: false, clean: true)
            writer.subscribed(process: id, at: 2, filter: "#", requested: 1, granted: 1)
        }
        for step in steps {
            guard let number = names.firstIndex(of: step.process) else { continue }
            write(step, UInt32(number) + 1, writers[number % count], names)
        }
        for (writer, path) in zip(writers, paths) {
            if isQuiet { writer.mark(at: (steps.map(\.at).max() ?? 0) + 10, .quiescent, text: "") }
            if damaged {
                writer.flush()
                writer.mark(at: 1_000_000, .note, text: "is cut off")
            }
            try await writer.close()
            if damaged { try TraceSurgery.cutEnd(of: path) }
        }
        return try Checker.check(
            paths.map { try TraceFile(path: $0) }, expectations: .init(), workflow: workflow, mutant: mutant, shards: 1)
    }

    /// Messages are of QoS 1 and without an outcome: they may come late, often, or not at all, so that the judges of messages have nothing to say.
    private func write(_ step: WorkflowStep, _ id: UInt32, _ writer: TraceWriter, _ names: [String]) {
        func number(_ process: String) -> UInt32 { UInt32((names.firstIndex(of: process) ?? 900) + 1) }
        switch step.action {
        case .enter(let machine, let entity, let state):
            writer.entered(process: id, at: step.at, machine: machine, entity: entity, state: state)
        case .move(let quantity, let account, let from, let to, let amount, let entity):
            writer.moved(process: id, at: step.at, quantity: quantity, account: account, from: from, to: to, amount: amount, entity: entity)
        case .publish(let sequence):
            writer.published(
                process: id, at: step.at, topic: writer.topic("t"), qos: 1, retain: false, sequence: sequence, attempt: 1,
                intended: step.at, stamp: VectorTimestamp([]))
        case .receive(let publisher, let sequence):
            writer.delivered(
                process: id, at: step.at, publisher: number(publisher), sequence: sequence, attempt: 1, topic: writer.topic("t"), qos: 1,
                retain: false, dup: nil, packetID: 1)
        case .process(let publisher, let sequence):
            writer.processed(process: id, at: step.at, publisher: number(publisher), sequence: sequence, attempt: 1, timedOut: false)
        case .count(let counter, let value): writer.counted(process: id, at: step.at, counter: counter, value: value)
        }
    }
}

extension Workflow {
    /// Orders that are placed, reserved, packed and notified, or placed, rejected and notified; parcels that go to and fro; and a stock.
    static let shop = Workflow(
        machines: [
            .init(
                name: "order", states: ["placed", "reserved", "rejected", "packed", "shipped", "refunded"], initial: ["placed"],
                terminal: ["shipped", "refunded"],
                transitions: [
                    .init(from: "placed", to: "reserved"), .init(from: "placed", to: "rejected"), .init(from: "reserved", to: "packed"),
                    .init(from: "packed", to: "shipped", by: "ship"), .init(from: "rejected", to: "refunded"),
                    .init(from: "packed", to: "refunded"),
                ]),
            .init(
                name: "parcel", states: ["here", "there", "gone"], initial: ["here"], terminal: ["gone"], repeatable: ["here", "there"],
                transitions: [
                    .init(from: "here", to: "there"), .init(from: "there", to: "here"), .init(from: "here", to: "gone"),
                    .init(from: "there", to: "gone"),
                ]),
        ],
        quantities: [
            .init(name: "stock", terms: ["on_hand", "reserved", "shipped"]),
            .init(name: "gold", terms: ["safe", "debt"], mayBeNegative: ["debt"], isConserved: false),
        ])
}
