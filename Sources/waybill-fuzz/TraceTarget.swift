internal import Glibc
internal import Reporting
internal import Trace
internal import Verification

/// Opens bytes as a trace, reads all that it says, writes it in every format, judges it and draws what is wrong with it.
enum TraceTarget {
    /// In memory, as a file is what the reader opens.
    private static let path = "/dev/shm/waybill-fuzz-\(getpid()).trace"

    static func read(_ bytes: [UInt8]) {
        guard store(bytes), let file = try? TraceFile(path: path) else { return }
        var events: [(offset: Int, time: UInt64)] = []
        _ = file.forEach { event, offset in
            let exported = ExportedEvent(event, at: offset, of: file)
            _ = exported.csvRow
            events.append((offset, exported.time))
        }
        for (offset, time) in events.prefix(50) {
            guard let event = file.event(at: offset) else { preconditionFailure("the event at \(offset) is gone") }
            precondition(ExportedEvent(event, at: offset, of: file).time == time, "the event at \(offset) is another")
        }
        for offset in stride(from: 0, to: bytes.count, by: 37) { _ = file.event(at: offset) }
        // The same file twice contradicts itself in every way.
        var merged = MergedTrace([file, file])
        var count = 0
        while merged.next() != nil { count += 1 }
        precondition(count == 2 * events.count, "\(count) events were merged of twice \(events.count)")
        for slice in [TraceSlice([file]), TraceSlice([file], from: 1_000, to: 1_000_000)] {
            _ = ShiVizLog([file], slice).write { _ in }
            _ = ChromeTrace([file], slice).write { _ in }
        }
        judge(file)
    }

    private static func judge(_ file: TraceFile) {
        let limit = Expectations.Limit(name: "cap", class: .lost, counter: "broker.dropped", note: "")
        // The names are those of the seeds.
        let workflow = Workflow(
            machines: [
                .init(
                    name: "order", states: ["placed", "packed"], initial: ["placed"], terminal: ["packed"],
                    transitions: [.init(from: "placed", to: "packed")])
            ], quantities: [.init(name: "stock", terms: ["on_hand", "shipped"])])
        let expectations = Expectations(causalOrder: .wire, limits: [limit])
        guard let report = try? Checker.check([file], expectations: expectations, workflow: workflow) else { return }
        for evidence in EvidenceReader([file]).read(report.anomalies.prefix(3).map { $0 }) { _ = SpaceTimeDrawing(evidence).svg() }
    }

    private static func store(_ bytes: [UInt8]) -> Bool {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        return bytes.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) == bytes.count }
    }
}
