internal import Causality
package import Trace
package import Verification

/// Reads the events of witnesses from the trace files, with the publishes that belong to their deliveries and the whole stamps of all.
package struct EvidenceReader {
    private let files: [TraceFile]
    private let names: [UInt32: String]
    private let clocks: [Int]

    /// - Parameter files: the files that were checked.
    package init(_ files: [TraceFile]) {
        self.files = files
        names = files.reduce(into: [:]) { names, file in names.merge(file.processes.mapValues(\.name)) { first, _ in first } }
        clocks = files.map { file in files.firstIndex { $0.header.sharesClock(with: file.header) } ?? 0 }
    }

    /// Reads the witnesses of some anomalies. Stamps take one reading of the files, however many witnesses there are.
    package func read(_ anomalies: [Anomaly]) -> [Evidence] {
        var found: [Evidence] = anomalies.flatMap { anomaly in
            anomaly.witnesses.enumerated().map { number, witness in
                Evidence(
                    class: anomaly.class, number: number + 1, witness: witness, events: witness.events.map(read), names: names)
            }
        }
        let publishes = PublishLookup(found.map(\.events), files).run()
        for index in found.indices { complete(&found[index], publishes) }
        return found
    }

    private func read(_ event: Witness.Event) -> Evidence.Event {
        // Files of several hosts may have the same name; the time tells them apart.
        let candidates = files.indices.filter { files[$0].name == event.file }
        for file in candidates {
            guard let read = files[file].event(at: event.offset) else { continue }
            let fields = ExportedEvent(read, at: event.offset, of: files[file])
            if fields.time == event.time { return make(event.what, fields, file, isOfWitness: true) }
        }
        let clock = candidates.first.map { clocks[$0] } ?? -1
        return .init(what: event.what, time: event.time, file: event.file, offset: event.offset, clock: clock, isOfWitness: true)
    }

    private func make(_ what: String, _ fields: ExportedEvent, _ file: Int, isOfWitness: Bool) -> Evidence.Event {
        let isAmbiguous = files.count { $0.name == files[file].name } > 1
        var fields = fields
        fields.stamp = nil
        return .init(
            what: what, time: fields.time, file: isAmbiguous ? files[file].path : files[file].name, offset: fields.offset, fields: fields,
            clock: clocks[file], isOfWitness: isOfWitness)
    }

    private func complete(_ evidence: inout Evidence, _ publishes: [Evidence.Message: PublishLookup.Found]) {
        var seen = Set(evidence.events.filter(\.isPublish).compactMap(\.message))
        for message in evidence.events.filter(\.isDelivery).compactMap(\.message) where seen.insert(message).inserted {
            guard let found = publishes[message], let event = files[found.file].event(at: found.offset) else { continue }
            let fields = ExportedEvent(event, at: found.offset, of: files[found.file])
            evidence.events.append(make(fields.event, fields, found.file, isOfWitness: false))
        }
        for index in evidence.events.indices where evidence.events[index].isPublish {
            evidence.events[index].stamp = evidence.events[index].message.flatMap { publishes[$0]?.stamp }
        }
        evidence.events = Evidence.sorted(evidence.events)
    }
}

/// Finds the publishes of messages, with their whole stamps, in one reading of the files.
private struct PublishLookup {
    struct Found {
        var file: Int
        var offset: Int
        var stamp: VectorTimestamp?
    }

    private let files: [TraceFile]
    private var wanted: Set<Evidence.Message> = []
    private var publishers: Set<UInt32> = []

    init(_ events: [[Evidence.Event]], _ files: [TraceFile]) {
        self.files = files
        for event in events.joined() {
            guard let message = event.message else { continue }
            wanted.insert(message)
            publishers.insert(message.publisher)
        }
    }

    func run() -> [Evidence.Message: Found] {
        var found: [Evidence.Message: Found] = [:]
        guard !wanted.isEmpty else { return found }
        for (number, file) in files.enumerated() {
            // What is known of each publisher's stamp; the records hold only what changed.
            var stamps: [UInt32: VectorTimestamp] = [:]
            for chunk in file.chunks {
                if chunk.followsGap { stamps = [:] }
                let damage = file.forEach(in: chunk) { event, offset in
                    switch event {
                    case .published(let event):
                        guard publishers.contains(event.process) else { return }
                        let stamp = advance(&stamps[event.process], event.stamp, file)
                        let message = Evidence.Message(publisher: event.process, sequence: event.sequence, attempt: event.attempt)
                        guard wanted.contains(message), found[message] == nil else { return }
                        found[message] = Found(file: number, offset: offset, stamp: stamp)
                    case .will(let event):
                        let message = Evidence.Message(publisher: event.process, sequence: event.sequence, attempt: event.attempt)
                        guard wanted.contains(message), found[message] == nil else { return }
                        found[message] = Found(file: number, offset: offset)
                    default: break
                    }
                }
                if let damage, damage.kind != .unknownRecords { stamps = [:] }
            }
        }
        return found
    }

    private func advance(
        _ known: inout VectorTimestamp?, _ changes: TraceEvent.StampReference, _ file: TraceFile
    ) -> VectorTimestamp? {
        guard var stamp = changes.isFull ? VectorTimestamp() : known else { return nil }
        // Held once only, so that changing it copies nothing.
        known = nil
        guard file.forEachEntry(of: changes, { stamp[$0] = $1 }) else { return nil }
        known = stamp
        return stamp
    }
}
