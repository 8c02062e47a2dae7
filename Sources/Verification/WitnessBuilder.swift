import Trace

/// Turns the findings that are kept into witnesses: looks their events up in one more reading of the files, and says what happened.
struct WitnessBuilder {
    private let index: RunIndex
    private let findings: Findings
    private let sentences: WitnessSentence

    init(_ index: RunIndex, _ findings: Findings) {
        self.index = index
        self.findings = findings
        sentences = WitnessSentence(index: index)
    }

    func witnesses() -> [ViolationClass: [Witness]] {
        let events = lookUp()
        return findings.first.mapValues { $0.map { witness($0, events) } }
    }

    /// An event that a witness shows: of an attempt, and at whom.
    private struct Key: Hashable {
        var kind: Kind
        var publisher: Int
        var attempt: Int
        /// The subscriber of a delivery, otherwise -1.
        var subscriber = -1
    }

    private enum Kind: Hashable {
        case published, completed, delivered
    }

    private func keys(_ finding: Finding) -> [Key] {
        ownKeys(finding)
            + [finding.effect].compactMap { $0 }.flatMap { effect in
                let publisher = Int(effect.publisher)
                let attempt = Int(effect.position)
                return [
                    Key(kind: .published, publisher: publisher, attempt: attempt),
                    Key(kind: .delivered, publisher: publisher, attempt: attempt, subscriber: finding.subscriber),
                ]
            }
    }

    private func ownKeys(_ finding: Finding) -> [Key] {
        guard let publisher = finding.publisher, let attempt = finding.attempt else { return [] }
        let published = Key(kind: .published, publisher: publisher, attempt: attempt)
        let completed = Key(kind: .completed, publisher: publisher, attempt: attempt)
        let delivered = Key(kind: .delivered, publisher: publisher, attempt: attempt, subscriber: finding.subscriber)
        let other = finding.other.map { Key(kind: .delivered, publisher: publisher, attempt: $0, subscriber: finding.subscriber) }
        switch finding.kind {
        case .sharedLost, .retainedMissing: return [published, completed]
        case .retainedStale, .retainedNotCleared, .sharedDuplicate: return [published] + keysOfDetail(finding)
        case .dupFlagMissing, .illegalResend, .idCollision: return [published, delivered]
        case .retainFlagForged, .dupFlagForged, .sharedNonmember: return [published]
        case .lost, .unseen:
            if case .copies = finding.detail { return [published, completed, delivered] }
            return [published, completed] + [other].compactMap { $0 }
        case .abortedRead: return [published, completed]
        case .misrouted, .causalInversion: return [published]
        case .wrongQoS: return finding.delivery == nil ? [published, delivered] : [published]
        case .duplicateQoS0, .duplicateQoS2, .redelivered: return [published, delivered]
        case .reorder, .reorderAfterResume:
            return finding.delivery == nil ? [delivered] + [other].compactMap { $0 } : [published] + [other].compactMap { $0 }
        default: return []
        }
    }

    /// The events of what the detail names beside the message: the one that replaced it, or its delivery to two members of a group.
    private func keysOfDetail(_ finding: Finding) -> [Key] {
        switch finding.detail {
        case .replacedBy(let publisher, let attempt):
            return [
                Key(kind: .published, publisher: publisher, attempt: attempt),
                Key(kind: .completed, publisher: publisher, attempt: attempt),
            ]
        case .group(_, let other):
            guard let publisher = finding.publisher, let attempt = finding.attempt else { return [] }
            return [other, finding.subscriber].compactMap { $0 }.map {
                Key(kind: .delivered, publisher: publisher, attempt: attempt, subscriber: $0)
            }
        default: return []
        }
    }

    private func witness(_ finding: Finding, _ events: [Key: Witness.Event]) -> Witness {
        var shown = keys(finding).compactMap { events[$0] }
        if let delivery = finding.delivery {
            let what =
                if case .processed = finding.detail { "processed" } else if finding.kind == .stampCorrupt { "published" } else {
                    "delivered"
                }
            shown.append(
                .init(what: what, time: delivery.at, file: index.files[delivery.file].name, offset: delivery.offset))
        }
        let number = finding.attempt.flatMap { attempt in finding.publisher.map { index.publishes.publishers[$0].key(at: attempt) } }
        var sequence = number?.sequence
        if case .number(let named, _) = finding.detail { sequence = named }
        return Witness(
            sentence: sentences.text(finding),
            publisher: finding.publisher.map { index.processes[index.publishes.publishers[$0].process].name },
            sequence: sequence, topic: index.topics.names[Int(finding.topic)], subscriber: index.processes[finding.subscriber].name,
            events: shown)
    }

    /// The first event for each key that a witness wants. Nothing is read where nothing is wanted.
    private func lookUp() -> [Key: Witness.Event] {
        var wanted: Set<Key> = []
        for finding in findings.first.values.joined() { wanted.formUnion(keys(finding)) }
        var found: [Key: Witness.Event] = [:]
        guard !wanted.isEmpty else { return found }
        let publishers = Set(wanted.map(\.publisher))
        for file in index.files {
            _ = file.forEach { event, offset in
                guard let (key, what, at) = identify(event, publishers), wanted.contains(key), found[key] == nil else { return }
                found[key] = .init(what: what, time: at, file: file.name, offset: offset)
            }
        }
        return found
    }

    private func identify(_ event: TraceEvent, _ publishers: Set<Int>) -> (Key, String, UInt64)? {
        func key(_ kind: Kind, _ process: UInt32, _ sequence: UInt64, _ attempt: UInt32, _ subscriber: UInt32? = nil) -> Key? {
            guard let publisher = index.number(of: process).flatMap({ index.processes[$0].publisher }), publishers.contains(publisher),
                let position = index.publishes.publishers[publisher].position(sequence: sequence, attempt: attempt)
            else { return nil }
            return Key(kind: kind, publisher: publisher, attempt: position, subscriber: subscriber.flatMap { index.number(of: $0) } ?? -1)
        }
        switch event {
        case .published(let event):
            return key(.published, event.process, event.sequence, event.attempt).map { ($0, "published", event.at) }
        case .completed(let event):
            return key(.completed, event.process, event.sequence, event.attempt).map { ($0, "\(event.outcome)", event.at) }
        case .delivered(let event):
            return key(.delivered, event.publisher, event.sequence, event.attempt, event.process).map { ($0, "delivered", event.at) }
        default:
            return nil
        }
    }
}
