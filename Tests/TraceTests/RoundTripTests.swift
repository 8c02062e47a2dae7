import Causality
import Foundation
import Testing
import Trace

@Suite struct RoundTripTests {
    @Test func readsWhatWasWritten() async throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/a.trace"
        let expected = try await TraceSample.write(to: path, rounds: 40)
        let file = try TraceFile(path: path)
        let (lines, damages) = TraceSample.read(file)
        #expect(lines == expected)
        #expect(damages.isEmpty && file.damages.isEmpty && file.isComplete)
        #expect(file.header.run == 99 && file.header.writer == 7 && file.header.name == "sample")
        #expect(file.chunks.count == 40 && file.eventCount == expected.count && expected.count == 40 * TraceSample.eventsPerRound)
        #expect(file.processes[4]?.name == "client-4" && file.processes[4]?.group == "clients")
        #expect(file.topics == (0..<5).map { "topic/\($0)" })
    }

    @Test func anEventIsFoundByItsOffsetAndNothingBetween() async throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/a.trace"
        _ = try await TraceSample.write(to: path, rounds: 3)
        let file = try TraceFile(path: path)
        var lines: [Int: String] = [:]
        file.forEach { event, offset in lines[offset] = TraceSample.line(event, file) }
        #expect(lines.count == file.eventCount)
        for offset in -1...file.byteCount + 1 {
            #expect(file.event(at: offset).map { TraceSample.line($0, file) } == lines[offset], "at \(offset)")
        }
    }

    @Test func cutsChunksAtAMebibyte() async throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/a.trace"
        let writer = try TraceWriter(path: path, run: 1, writer: 1, name: "w")
        for number in 0..<300_000 as Range<UInt64> {
            writer.delivered(
                process: UInt32(number % 100), at: 1_000_000_000 + number * 700, publisher: UInt32(number % 50), sequence: number,
                attempt: 1,
                topic: writer.topic("t/\(number % 10)"), qos: 1, retain: false, dup: nil, packetID: UInt16(truncatingIfNeeded: number))
        }
        try await writer.close()
        let file = try TraceFile(path: path)
        #expect(file.byteCount == writer.byteCount && file.eventCount == 300_000)
        #expect(file.chunks.count == 3)
        #expect(Double(file.byteCount) / 300_000 < 8.1, "a delivery takes \(Double(file.byteCount) / 300_000) bytes")
        var next: UInt64 = 0
        file.forEach { event, _ in
            if case .delivered(let event) = event, event.sequence == next, event.at == 1_000_000_000 + next * 700 { next += 1 }
        }
        #expect(next == 300_000)
    }

    @Test func stampsAreDifferencesWithCheckpoints() async throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/a.trace"
        let writer = try TraceWriter(path: path, run: 1, writer: 1, name: "w")
        var random = SystemRandomNumberGenerator()
        var stamps: [[VectorTimestamp]] = [[], []]
        // Each knows somebody else from the beginning: a stamp that names nobody but its publisher is always whole.
        var present = Array(repeating: VectorTimestamp([.init(process: 499, count: 1)]), count: 2)
        for step in 0..<3000 {
            let publisher = step % 2
            for _ in 0..<Int.random(in: 0...3, using: &random) { present[publisher].increment(UInt32.random(in: 0..<500, using: &random)) }
            present[publisher].increment(UInt32(publisher))
            // A service that restarted forgets.
            if step % 997 == 996 { present[publisher] = VectorTimestamp([.init(process: 5, count: 2)]) }
            stamps[publisher].append(present[publisher])
            writer.published(
                process: UInt32(publisher), at: UInt64(step), topic: writer.topic("t"), qos: 1, retain: false, sequence: UInt64(step),
                attempt: 1, intended: UInt64(step), stamp: present[publisher])
        }
        try await writer.close()
        let file = try TraceFile(path: path)
        var read = [VectorTimestamp(), VectorTimestamp()]
        var position = [0, 0]
        var full = 0
        file.forEach { event, _ in
            guard case .published(let event) = event else { return }
            let publisher = Int(event.process)
            if event.stamp.isFull {
                read[publisher] = VectorTimestamp()
                full += 1
            }
            #expect(file.forEachEntry(of: event.stamp) { read[publisher][$0] = $1 })
            #expect(read[publisher] == stamps[publisher][position[publisher]])
            position[publisher] += 1
        }
        #expect(position == [1500, 1500])
        #expect(full == 2 * 2 + 3, "two checkpoints each and three restarts, but \(full)")
    }

    @Test func aRecordLargerThanAChunkIsWritten() async throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/a.trace"
        let writer = try TraceWriter(path: path, run: 1, writer: 1, name: "w")
        let stamp = VectorTimestamp((0..<200_000).map { VectorTimestamp.Entry(process: $0 * 1000, count: .max - UInt64($0)) })
        writer.mark(at: 1, .note, text: "before")
        writer.published(
            process: 1, at: 2, topic: writer.topic("t"), qos: 0, retain: false, sequence: 1, attempt: 1, intended: 2, stamp: stamp)
        writer.mark(at: 3, .note, text: String(repeating: "y", count: 3 << 20))
        try await writer.close()
        let file = try TraceFile(path: path)
        var entries = 0
        var length = 0
        let damages = file.forEach { event, _ in
            if case .published(let event) = event { file.forEachEntry(of: event.stamp) { entries += stamp[$0] == $1 ? 1 : 0 } }
            if case .mark(let event) = event { length = file.text(event.text).utf8.count }
        }
        #expect(file.isComplete && damages.isEmpty)
        #expect(entries == 200_000 && length == 3 << 20)
    }

    @Test func topicsAreFoundByTheirBytes() throws {
        let directory = try TemporaryDirectory()
        let writer = try TraceWriter(path: directory.path + "/a", run: 1, writer: 1, name: "w")
        var ids: [String: UInt32] = [:]
        for round in 0..<2 {
            for number in 0..<5000 {
                let name = "site/\(number % 71)/device/\(number)"
                let id = number % 2 == 0 ? writer.topic(name) : writer.topic(Array(name.utf8).span)
                if round == 0 { ids[name] = id } else { #expect(ids[name] == id) }
            }
        }
        #expect(Set(ids.values).count == 5000)
        #expect(writer.topic("") == 5000 && writer.topic([UInt8]().span) == 5000)
    }
}
