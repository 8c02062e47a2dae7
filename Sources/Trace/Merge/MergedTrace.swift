/// The events of several files in one order, in which nothing comes before its cause.
///
/// Each file keeps its own order, which is that of its processes. A delivery comes after the publish of its message, whatever the clocks say: as long
/// as that publish is still to come, the delivery's file waits. Among the files that need not wait, the earliest time goes first. A trace
/// that contradicts itself, so that all files wait for each other, is written in the order of its times there.
public struct MergedTrace {
    private let files: [TraceFile]
    private let clock: RunClock
    private var heads: [Head]
    /// The messages whose publish is in one of the files and was not returned yet.
    private var pending: Set<Message> = []

    private struct Message: Hashable {
        var publisher: UInt32
        var sequence: UInt64
        var attempt: UInt32
    }

    /// One event of a merged trace.
    public struct Element {
        /// What happened.
        public var event: TraceEvent
        /// Where it stands in its file.
        public var offset: Int
        /// The number of its file among those that were given.
        public var file: Int
    }

    private struct Head {
        var reader: TraceReader
        var next: (event: TraceEvent, offset: Int)?
        var time: UInt64 = 0

        mutating func advance(_ clock: RunClock, _ file: Int) {
            next = reader.next()
            if let next { time = clock.nanoseconds(next.event.at, file: file) }
        }
    }

    /// - Parameter files: the files of one run, in any order; it decides only between events of the same time.
    public init(_ files: [TraceFile]) {
        self.files = files
        clock = RunClock(files)
        heads = files.map { Head(reader: TraceReader($0)) }
        for file in files {
            _ = file.forEach { event, _ in
                if let message = Self.message(event), message.isPublish { pending.insert(message.id) }
            }
        }
        for file in heads.indices { heads[file].advance(clock, file) }
    }

    /// The next event; `nil` at the end.
    public mutating func next() -> Element? {
        var best: Int?
        var bestWaiting: Int?
        for file in heads.indices {
            guard let next = heads[file].next else { continue }
            if waits(next.event) {
                if bestWaiting.map({ heads[file].time < heads[$0].time }) ?? true { bestWaiting = file }
            } else if best.map({ heads[file].time < heads[$0].time }) ?? true {
                best = file
            }
        }
        guard let file = best ?? bestWaiting, let next = heads[file].next else { return nil }
        if let message = Self.message(next.event), message.isPublish { pending.remove(message.id) }
        heads[file].advance(clock, file)
        return Element(event: next.event, offset: next.offset, file: file)
    }

    /// What could not be decoded in the files, once all was read: one part of a sentence for each, with the number of its file.
    public var damages: [(file: Int, damage: TraceDamage)] {
        heads.enumerated().flatMap { file, head in head.reader.damages.map { (file, $0) } }
    }

    private func waits(_ event: TraceEvent) -> Bool {
        guard let message = Self.message(event), !message.isPublish else { return false }
        return pending.contains(message.id)
    }

    private static func message(_ event: TraceEvent) -> (id: Message, isPublish: Bool)? {
        event.message.map { (Message(publisher: $0.publisher, sequence: $0.sequence, attempt: $0.attempt), $0.isPublish) }
    }
}

/// Reads the events of one file one by one.
struct TraceReader {
    private let file: TraceFile
    private var chunk = 0
    private var cursor: RecordCursor?
    private(set) var damages: [TraceDamage] = []

    init(_ file: TraceFile) {
        self.file = file
    }

    mutating func next() -> (event: TraceEvent, offset: Int)? {
        while chunk < file.chunks.count {
            let present = file.chunks[chunk]
            // Taken out and put back, so that the lanes it knows are not copied.
            var cursor = self.cursor.take() ?? RecordCursor(present, file.header.version)
            let event = file.bytes.withBytes { cursor.next(in: $0) }
            if let event {
                let offset = cursor.recordOffset
                self.cursor = consume cursor
                return (event, offset)
            }
            if let damage = TraceFile.damage(of: cursor, in: present) { damages.append(damage) }
            chunk += 1
        }
        return nil
    }
}
