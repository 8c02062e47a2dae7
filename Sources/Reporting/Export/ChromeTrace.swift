package import Trace

/// Writes a run in the trace event format that Perfetto and Chrome's own viewer read: a track for each process, in groups; a publish and its way to
/// the acknowledgement as a span, deliveries as instants, and an arrow from each publish to each of its deliveries; sections of locks as spans.
///
/// Times are microseconds since the run's first event. Those of several hosts are put side by side by their wall clocks, so an arrow may point
/// back in time where these disagree.
package struct ChromeTrace {
    private let files: [TraceFile]
    private let slice: TraceSlice
    private let names: ProcessNames
    private let texts: EventText
    /// The number of each group, as the format's process.
    private var groups: [String: Int] = [:]

    /// - Parameters:
    ///   - files: the files of one run.
    ///   - slice: which events to write.
    package init(_ files: [TraceFile], _ slice: TraceSlice) {
        self.files = files
        self.slice = slice
        let names = ProcessNames(files)
        self.names = names
        texts = EventText { names[$0] }
        for (id, _) in names.all {
            let group = names.groups[id] ?? ""
            if groups[group] == nil { groups[group] = groups.count + 1 }
        }
    }

    /// Something that began and has not ended yet.
    private struct Open {
        var name: String
        var category: String
        var process: UInt32
        var from: UInt64
        var arguments: [(String, String)]
    }

    private struct Section: Hashable {
        var process: UInt32
        var lock: String
        var token: UInt64
    }

    /// Writes the file piece by piece.
    /// - Returns: what could not be decoded.
    package func write<Failure: Error>(_ piece: (String) throws(Failure) -> Void) throws(Failure) -> [(file: Int, damage: TraceDamage)] {
        try piece("{\"displayTimeUnit\":\"ns\",\"otherData\":{\"run\":\"\(files.first?.header.run ?? 0)\"},\"traceEvents\":[\n")
        try piece(heads().joined(separator: ",\n"))
        var trace = MergedTrace(files)
        var state = State()
        while let element = trace.next() {
            guard slice.contains(element.event, file: element.file) else { continue }
            let time = slice.time(element.event, file: element.file)
            state.last = max(state.last, time)
            let fields = ExportedEvent(element.event, at: element.offset, of: files[element.file])
            for event in events(fields, time, &state) { try piece(",\n" + event) }
        }
        for (_, open) in state.publishes.sorted(by: { ($0.value.from, $0.value.process) < ($1.value.from, $1.value.process) }) {
            for event in span(open, to: state.last, more: [("outcome", JSONText.string("none seen"))], &state) { try piece(",\n" + event) }
        }
        for (_, open) in state.sections.sorted(by: { ($0.value.from, $0.value.process) < ($1.value.from, $1.value.process) }) {
            for event in span(open, to: state.last, more: [("released", "false")], &state) { try piece(",\n" + event) }
        }
        try piece("\n]}\n")
        return trace.damages
    }

    /// What is remembered from event to event.
    private struct State {
        /// Publishes without an outcome.
        var publishes: [Evidence.Message: Open] = [:]
        /// When and where each message was published.
        var published: [Evidence.Message: (process: UInt32, time: UInt64)] = [:]
        var sections: [Section: Open] = [:]
        var spans = 0
        var arrows = 0
        var last: UInt64 = 0
    }

    // MARK: - Events

    private func heads() -> [String] {
        var heads = [JSONText.object([("ph", "\"M\""), ("name", "\"process_name\""), ("pid", "0"), ("args", "{\"name\":\"run\"}")])]
        for (group, number) in groups.sorted(by: { $0.value < $1.value }) {
            heads.append(
                JSONText.object([
                    ("ph", "\"M\""), ("name", "\"process_name\""), ("pid", "\(number)"),
                    ("args", JSONText.object([("name", JSONText.string(group.isEmpty ? "no group" : group))])),
                ]))
        }
        for (id, name) in names.all {
            heads.append(
                JSONText.object([
                    ("ph", "\"M\""), ("name", "\"thread_name\""), ("pid", "\(group(id))"), ("tid", "\(thread(id))"),
                    ("args", JSONText.object([("name", JSONText.string(name))])),
                ]))
        }
        return heads
    }

    private func events(_ fields: ExportedEvent, _ time: UInt64, _ state: inout State) -> [String] {
        guard let process = fields.process else {
            return [
                event(
                    "i", "\(fields.mark ?? fields.event)\(fields.text.map { $0.isEmpty ? "" : ": \($0)" } ?? "")", "run", nil, time,
                    [("s", "\"g\"")])
            ]
        }
        let instant = event(
            "i", texts.line(fields), "event", process, time, [("s", "\"t\""), ("args", arguments(fields))])
        let own = message(fields, publisher: process)
        switch fields.event {
        case "published", "will":
            guard let own else { return [instant] }
            if state.published[own] == nil { state.published[own] = (process, time) }
            if fields.event == "published" {
                state.publishes[own] = Open(
                    name: "publish \(fields.topic ?? "")", category: "publish", process: process, from: time,
                    arguments: [("sequence", "\(own.sequence)"), ("attempt", "\(own.attempt)"), ("qos", "\(fields.qos ?? 0)")])
            }
            // Arrows begin and end at slices of a track.
            return [event("X", texts.line(fields), "publish", process, time, [("dur", "0.001"), ("args", arguments(fields))])]
        case "completed":
            guard let own, let open = state.publishes.removeValue(forKey: own) else { return [instant] }
            return span(open, to: time, more: [("outcome", JSONText.string(fields.outcome ?? ""))], &state)
        case "delivered":
            guard let publisher = fields.publisher, let message = message(fields, publisher: publisher),
                let published = state.published[message]
            else { return [instant] }
            state.arrows += 1
            let id = ("id", "\"0x\(String(state.arrows, radix: 16))\"")
            return [
                instant, event("s", "message", "message", published.process, published.time, [id]),
                event("f", "message", "message", process, time, [id, ("bp", "\"e\"")]),
            ]
        case "acquired":
            let section = Section(process: process, lock: fields.lock ?? "", token: fields.token ?? 0)
            let waited = time - min(time, fields.time - min(fields.time, fields.invoked ?? fields.time))
            state.sections[section] = Open(
                name: "hold \(section.lock)", category: "lock", process: process, from: time, arguments: [("token", "\(section.token)")])
            let wait = Open(
                name: "wait for \(section.lock)", category: "lock", process: process, from: waited,
                arguments: [("token", "\(section.token)")])
            return span(wait, to: time, more: [], &state)
        case "released":
            let section = Section(process: process, lock: fields.lock ?? "", token: fields.token ?? 0)
            guard let open = state.sections.removeValue(forKey: section) else { return [instant] }
            return span(open, to: time, more: [("written", "\(fields.written ?? 0)")], &state)
        case "counted":
            return [event("C", fields.counter ?? "", "counter", process, time, [("args", "{\"value\":\(fields.value ?? 0)}")])]
        default:
            return [instant]
        }
    }

    private func message(_ fields: ExportedEvent, publisher: UInt32) -> Evidence.Message? {
        guard let sequence = fields.sequence, let attempt = fields.attempt else { return nil }
        return Evidence.Message(publisher: publisher, sequence: sequence, attempt: attempt)
    }

    /// Spans of one process may overlap in any way, so they are asynchronous ones, each with its own number.
    private func span(_ open: Open, to end: UInt64, more: [(String, String)], _ state: inout State) -> [String] {
        state.spans += 1
        let id = ("id", "\"0x\(String(state.spans, radix: 16))\"")
        let arguments = ("args", JSONText.object(open.arguments + more))
        return [
            event("b", open.name, open.category, open.process, open.from, [id, arguments]),
            event("e", open.name, open.category, open.process, max(open.from, end), [id]),
        ]
    }

    private func event(
        _ phase: String, _ name: String, _ category: String, _ process: UInt32?, _ time: UInt64, _ more: [(String, String)]
    ) -> String {
        JSONText.object(
            [
                ("ph", "\"\(phase)\""), ("name", JSONText.string(name)), ("cat", "\"\(category)\""),
                ("pid", "\(process.map(group) ?? 0)"), ("tid", "\(process.map(thread) ?? 0)"), ("ts", Self.microseconds(time)),
            ] + more)
    }

    private func arguments(_ fields: ExportedEvent) -> String {
        let known: Set = ["event", "time", "process", "client", "group"]
        return JSONText.object(fields.present.filter { !known.contains($0.key) }.map { ($0.key, JSONText.string($0.value)) })
    }

    private func group(_ process: UInt32) -> Int { groups[names.groups[process] ?? ""] ?? 0 }

    /// The format counts threads from 1.
    private func thread(_ process: UInt32) -> Int { Int(process) + 1 }

    /// Microseconds with three decimals, exact.
    static func microseconds(_ nanoseconds: UInt64) -> String {
        let fraction = "\(nanoseconds % 1_000)"
        return "\(nanoseconds / 1_000).\(String(repeating: "0", count: 3 - fraction.count))\(fraction)"
    }
}
