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
        let lookup = TraceLookup(found, files).run()
        for index in found.indices { complete(&found[index], lookup) }
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

    private func complete(_ evidence: inout Evidence, _ lookup: TraceLookup) {
        var seen = Set(evidence.events.filter(\.isPublish).compactMap(\.message))
        for message in evidence.events.filter(\.isDelivery).compactMap(\.message) where seen.insert(message).inserted {
            add(lookup.publishes[message], to: &evidence)
        }
        for link in evidence.links { add(lookup.links[link], to: &evidence) }
        for index in evidence.events.indices where evidence.events[index].isPublish {
            evidence.events[index].stamp = evidence.events[index].message.flatMap { lookup.publishes[$0]?.stamp }
        }
        evidence.events = Evidence.sorted(evidence.events)
    }

    private func add(_ found: TraceLookup.Found?, to evidence: inout Evidence) {
        guard let found, let event = files[found.file].event(at: found.offset) else { return }
        let fields = ExportedEvent(event, at: found.offset, of: files[found.file])
        evidence.events.append(make(fields.event, fields, found.file, isOfWitness: false))
    }
}

extension Evidence {
    /// What shows that one message of an inversion depends on another: the delivery of the cause at the publisher of its effect. Where the
    /// dependency goes through further processes there is none, and the stamps alone show it.
    struct Link: Hashable {
        var process: UInt32
        var message: Message
        /// The publish that the delivery has to come before.
        var effect: Message
    }

    /// Between each two messages of different publishers that an inversion is about.
    var links: [Link] {
        guard self.class == "causal-inversion" else { return [] }
        let messages = Set(events.compactMap(\.message))
        return messages.flatMap { cause in
            messages.filter { $0.publisher != cause.publisher }.map { Link(process: $0.publisher, message: cause, effect: $0) }
        }.sorted { ($0.process, $0.message.publisher, $0.message.sequence) < ($1.process, $1.message.publisher, $1.message.sequence) }
    }
}
