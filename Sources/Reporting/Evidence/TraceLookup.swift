internal import Causality
internal import Trace

/// Finds the publishes of messages, with their whole stamps, and the links between messages, in one reading of the files.
struct TraceLookup {
    struct Found {
        var file: Int
        var offset: Int
        var stamp: VectorTimestamp?
    }

    private let files: [TraceFile]
    private var wanted: Set<Evidence.Message> = []
    private var publishers: Set<UInt32> = []
    private var wantedLinks: [Delivery: [Evidence.Link]] = [:]
    private(set) var publishes: [Evidence.Message: Found] = [:]
    /// The last delivery before the effect was published.
    private(set) var links: [Evidence.Link: Found] = [:]

    private struct Delivery: Hashable {
        var process: UInt32
        var message: Evidence.Message
    }

    init(_ evidence: [Evidence], _ files: [TraceFile]) {
        self.files = files
        for event in evidence.lazy.flatMap(\.events) {
            guard let message = event.message else { continue }
            wanted.insert(message)
            publishers.insert(message.publisher)
        }
        for link in evidence.lazy.flatMap(\.links) {
            wantedLinks[Delivery(process: link.process, message: link.message), default: []].append(link)
        }
    }

    /// Reads the files.
    func run() -> TraceLookup {
        guard !wanted.isEmpty else { return self }
        var lookup = self
        for number in files.indices { lookup.read(number) }
        return lookup
    }

    private mutating func read(_ number: Int) {
        let file = files[number]
        // What is known of each publisher's stamp; the records hold only what changed.
        var stamps: [UInt32: VectorTimestamp] = [:]
        for chunk in file.chunks {
            if chunk.followsGap { stamps = [:] }
            let damage = file.forEach(in: chunk) { event, offset in
                switch event {
                case .published(let event):
                    guard publishers.contains(event.process) else { return }
                    let stamp = Self.advance(&stamps[event.process], event.stamp, file)
                    let message = Evidence.Message(publisher: event.process, sequence: event.sequence, attempt: event.attempt)
                    guard wanted.contains(message), publishes[message] == nil else { return }
                    publishes[message] = Found(file: number, offset: offset, stamp: stamp)
                case .will(let event):
                    let message = Evidence.Message(publisher: event.process, sequence: event.sequence, attempt: event.attempt)
                    guard wanted.contains(message), publishes[message] == nil else { return }
                    publishes[message] = Found(file: number, offset: offset)
                case .delivered(let event):
                    guard !wantedLinks.isEmpty else { return }
                    let message = Evidence.Message(publisher: event.publisher, sequence: event.sequence, attempt: event.attempt)
                    // What comes behind the effect is no link. A process writes one file, so its publish would have been read.
                    for link in wantedLinks[Delivery(process: event.process, message: message)] ?? [] where publishes[link.effect] == nil {
                        links[link] = Found(file: number, offset: offset)
                    }
                default: break
                }
            }
            if let damage, damage.kind != .unknownRecords { stamps = [:] }
        }
    }

    private static func advance(
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
