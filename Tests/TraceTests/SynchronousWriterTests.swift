import Foundation
import Glibc
import Testing
import Trace

/// A writer whose chunks reach the file only when they are told to.
@Suite struct SynchronousWriterTests {
    private func writer(_ path: String) throws -> TraceWriter {
        try TraceWriter(path: path, run: 99, writer: 7, name: "sample", synchronous: true)
    }

    private func size(_ path: String) throws -> Int {
        try #require(try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int)
    }

    @Test func aChunkIsInTheFileWhenItIsAppendedAndNotBefore() async throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/a.trace"
        let writer = try writer(path)
        let header = try size(path)
        var expected: [String] = []
        #expect(writer.isSynchronous && writer.cut() == nil)
        TraceSample.record(0, writer, &expected)
        let first = try #require(writer.cut())
        #expect(writer.cut() == nil)
        let ofFirst = expected
        TraceSample.record(1, writer, &expected)
        let second = try #require(writer.cut())
        #expect([first.number, second.number] == [0, 1])
        #expect(try size(path) == header)
        try writer.append(first)
        #expect(try size(path) == header + first.bytes.count)
        #expect(TraceSample.read(try TraceFile(path: path)).lines == ofFirst)
        try writer.append(second)
        #expect(TraceSample.read(try TraceFile(path: path)).lines == expected)
        TraceSample.record(2, writer, &expected)
        try writer.writeThrough()
        #expect(TraceSample.read(try TraceFile(path: path)).lines == expected)
        TraceSample.record(3, writer, &expected)
        writer.flush()
        #expect(TraceSample.read(try TraceFile(path: path)).lines == expected)
        TraceSample.record(4, writer, &expected)
        try await writer.close()
        try await writer.close()
        let file = try TraceFile(path: path)
        #expect(TraceSample.read(file).lines == expected && file.isComplete && file.chunks.count == 5)
        #expect(file.byteCount == writer.byteCount && file.eventCount == writer.eventCount)
    }

    /// The format is one: what both kinds of writer make of the same events is the same.
    @Test func theFileIsThatOfAnyOtherWriter() async throws {
        let directory = try TemporaryDirectory()
        let (one, other) = (directory.path + "/one.trace", directory.path + "/other.trace")
        _ = try await TraceSample.write(to: one, rounds: 5)
        let writer = try writer(other)
        var expected: [String] = []
        for round in 0..<5 as Range<UInt64> {
            TraceSample.record(round, writer, &expected)
            try writer.append(try #require(writer.cut()))
        }
        try await writer.close()
        let start = try #require(try TraceFile(path: one).chunks.first?.offset)
        let bytes = try [one, other].map { Array(try Data(contentsOf: URL(fileURLWithPath: $0)).dropFirst(start)) }
        #expect(bytes[0] == bytes[1])
    }

    @Test func aLongBatchIsOneChunk() async throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/a.trace"
        let writer = try writer(path)
        let header = try size(path)
        for number in 0..<300_000 as Range<UInt64> {
            // Each of another subscriber, so that none follows another and all take many bytes.
            writer.delivered(
                process: UInt32(number), at: number, publisher: 2, sequence: number, attempt: 1, topic: writer.topic("t"), qos: 1,
                retain: false, dup: nil, packetID: 1)
        }
        #expect(try size(path) == header)
        let chunk = try #require(writer.cut())
        #expect(chunk.bytes.count > 3 << 20)
        try writer.append(chunk)
        try await writer.close()
        let file = try TraceFile(path: path)
        var next: UInt64 = 0
        file.forEach { event, _ in
            if case .delivered(let event) = event, event.sequence == next { next += 1 }
        }
        #expect(next == 300_000 && file.chunks.count == 1 && file.isComplete)
    }

    @Test func chunksGoIntoTheFileInTheirOrderOnly() async throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/a.trace"
        let writer = try writer(path)
        func message(_ body: () async throws -> Void) async -> String {
            do { try await body() } catch { return "\(error)" }
            return "nothing"
        }
        var expected: [String] = []
        let chunks = try (0..<3 as Range<UInt64>).map { round in
            TraceSample.record(round, writer, &expected)
            return try #require(writer.cut())
        }
        let before = try size(path)
        #expect(
            await message { try writer.append(chunks[1]) } == "Chunk 1 cannot be appended to the trace \(path): the next one is chunk 0.")
        #expect(
            await message { try writer.writeThrough() }
                == "The trace \(path) cannot be written through: chunk 0 was cut and is to be appended first.")
        #expect(
            await message { try await writer.close() }
                == "The trace \(path) cannot be closed: chunk 0 was cut and is to be appended first.")
        writer.flush()
        #expect(try size(path) == before)
        for chunk in chunks { try writer.append(chunk) }
        #expect(
            await message { try writer.append(chunks[2]) }
                == "Chunk 2 cannot be appended to the trace \(path): no chunk waits to be appended.")
        try await writer.close()
        #expect(await message { try writer.append(chunks[2]) } == "Chunk 2 cannot be appended to the trace \(path): the trace is closed.")
        let file = try TraceFile(path: path)
        #expect(TraceSample.read(file).lines == expected && file.isComplete)
    }

    @Test func aChunkIsTakenBackFromItsBytesOnlyWhole() throws {
        let directory = try TemporaryDirectory()
        let writer = try writer(directory.path + "/a.trace")
        var expected: [String] = []
        TraceSample.record(0, writer, &expected)
        let chunk = try #require(writer.cut())
        #expect(try TraceChunk(bytes: chunk.bytes) == chunk)
        for length in 0..<chunk.bytes.count {
            #expect(throws: TraceError.self) { try TraceChunk(bytes: Array(chunk.bytes.prefix(length))) }
        }
        #expect(throws: TraceError.self) { try TraceChunk(bytes: chunk.bytes + [0]) }
        for index in chunk.bytes.indices {
            var damaged = chunk.bytes
            damaged[index] ^= 1
            #expect(throws: TraceError.self) { try TraceChunk(bytes: damaged) }
        }
    }

    /// Who writes through a recorder waits until all is in the file, although a queue writes it.
    @Test func aRecorderAndItsWriterWriteThrough() async throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/a.trace"
        let recorder = try TraceRecorder(path: path, run: 1, writer: 1, name: "locks")
        for round in 1...50 as ClosedRange<UInt64> {
            recorder.record { $0.mark(at: round, .note, text: "\(round)") }
            try recorder.writeThrough()
            #expect(try TraceFile(path: path).eventCount == Int(round))
        }
        try await recorder.close()
        let ordinary = try TraceWriter(path: path, run: 1, writer: 1, name: "w")
        ordinary.mark(at: 1, .note, text: "x")
        try ordinary.writeThrough()
        #expect(try TraceFile(path: path).eventCount == 1 && !ordinary.isSynchronous)
        try await ordinary.close()
    }

    @Test(.enabled(if: getuid() == 0, "only root can mount a small disk"))
    func aFullDiskIsOneSentenceAndLeavesWhatWasAppended() async throws {
        let directory = try TemporaryDirectory()
        let disk = directory.path + "/disk"
        try FileManager.default.createDirectory(atPath: disk, withIntermediateDirectories: true)
        try #require(mount("none", disk, "tmpfs", 0, "size=1m") == 0)
        defer { umount2(disk, Int32(MNT_DETACH)) }
        let path = disk + "/a.trace"
        let writer = try writer(path)
        let sentence = "The trace \(path) cannot be written any further: No space left on device. What was written before stays readable."
        writer.mark(at: 1, .note, text: String(repeating: "x", count: 600_000))
        try writer.writeThrough()
        writer.mark(at: 2, .note, text: String(repeating: "y", count: 600_000))
        let chunk = try #require(writer.cut())
        for _ in 0..<2 {
            let error = #expect(throws: TraceError.self) { try writer.append(chunk) }
            #expect(error?.description == sentence)
        }
        let error = await #expect(throws: TraceError.self) { try await writer.close() }
        #expect(error?.description == sentence && writer.failure == error)
        #expect(try TraceFile(path: path).eventCount == 1)
        // The committed chunk does not fit: what was there stays, and there may be room another time.
        #expect(throws: TraceError.self) { try TraceRecovery.complete(path, committed: chunk) }
        #expect(try TraceFile(path: path).eventCount == 1)
        #expect(mount("none", disk, "tmpfs", UInt(MS_REMOUNT), "size=2m") == 0)
        guard case .completed(_, chunkAppended: true) = try TraceRecovery.complete(path, committed: chunk) else {
            Issue.record("the chunk was not appended")
            return
        }
        let file = try TraceFile(path: path)
        #expect(file.isComplete && file.eventCount == 2)
    }

    @Test func aFlushThatCannotWriteSaysSoUntilItCan() async throws {
        let directory = try TemporaryDirectory()
        let writer = try writer(directory.path + "/a.trace")
        var expected: [String] = []
        TraceSample.record(0, writer, &expected)
        let chunk = try #require(writer.cut())
        TraceSample.record(1, writer, &expected)
        writer.flush()
        #expect(writer.failure?.description.contains("chunk 0 was cut and is to be appended first") == true)
        try writer.append(chunk)
        writer.flush()
        #expect(writer.failure == nil)
        try await writer.close()
    }
}
