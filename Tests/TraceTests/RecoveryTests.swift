import Foundation
import Glibc
import Testing
import Trace

/// Files whose writer was killed are completed.
@Suite struct RecoveryTests {
    private static let rounds = 3
    private static let eventsPerRound = 2

    /// A closed file, the chunks of its writer, and what its events are. It is small, so that it can be cut at each of its bytes.
    private struct Sample {
        var bytes: [UInt8]
        var chunks: [TraceChunk]
        var lines: [String]
        /// Where each chunk begins; the last is the end chunk's.
        var starts: [Int]

        init(_ path: String) async throws {
            let writer = try TraceWriter(path: path, run: 99, writer: 7, name: "sample", synchronous: true)
            chunks = []
            lines = []
            for round in 0..<UInt64(rounds) {
                writer.mark(at: round, .note, text: "x")
                lines.append("mark \(round) note x")
                writer.delivered(
                    process: 1, at: round, publisher: 2, sequence: round, attempt: 1, topic: writer.topic("t\(round)"), qos: 1,
                    retain: false, dup: nil, packetID: 3)
                lines.append("delivered 1 \(round) 2 \(round) 1 t\(round) 1 false nil 3")
                let chunk = try #require(writer.cut())
                chunks.append(chunk)
                try writer.append(chunk)
            }
            try await writer.close()
            bytes = try RecoveryTests.read(path)
            starts = try TraceFile(path: path).chunks.map(\.offset) + [bytes.count - 56]
        }
    }

    fileprivate static func read(_ path: String) throws -> [UInt8] {
        [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
    }

    private static func write(_ bytes: [UInt8], _ path: String) throws {
        try Data(bytes).write(to: URL(fileURLWithPath: path))
    }

    private static func message(_ path: String, _ committed: TraceChunk? = nil) -> String {
        do { return "\(try TraceRecovery.complete(path, committed: committed))" } catch { return "\(error)" }
    }

    @Test func aFileCutAnywhereIsCompletedWithAndWithoutTheCommittedChunk() async throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/a.trace"
        let sample = try await Sample(path)
        let (bytes, starts) = (sample.bytes, sample.starts)
        for length in starts[0]..<bytes.count {
            let prefix = Array(bytes.prefix(length))
            let whole = starts.dropFirst().count { $0 <= length }
            let torn = length - starts.last { $0 <= length }!
            // The next chunk, the last that is there, one before, and none.
            for committed in [whole, whole - 1, 0, nil] as [Int?] {
                if let committed, !sample.chunks.indices.contains(committed) { continue }
                try Self.write(prefix, path)
                let appends = committed == whole
                let outcome = try TraceRecovery.complete(path, committed: committed.map { sample.chunks[$0] })
                #expect(outcome == .completed(bytesCut: torn, chunkAppended: appends), "\(length) bytes, \(String(describing: committed))")
                let file = try TraceFile(path: path)
                let kept = whole + (appends ? 1 : 0)
                let isRight =
                    file.isComplete && file.chunks.count == kept
                    && TraceSample.read(file).lines == Array(sample.lines.prefix(kept * Self.eventsPerRound))
                guard isRight else {
                    Issue.record("\(length) bytes and \(String(describing: committed)) give \(file.chunks.count) chunks, \(file.damages)")
                    return
                }
                // Nothing tells it from a file that its writer closed.
                let recovered = try Self.read(path)
                if kept == Self.rounds { #expect(recovered == bytes) }
                #expect(try TraceRecovery.complete(path, committed: committed.map { sample.chunks[$0] }) == .wasComplete)
                #expect(try Self.read(path) == recovered)
            }
        }
    }

    /// The recovery itself is killed wherever it may be, and done again.
    @Test func aRecoveryThatIsCutShortIsDoneAgain() async throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/a.trace"
        let sample = try await Sample(path)
        let torn = Array(sample.bytes.prefix(sample.starts[2] + 50))
        try Self.write(torn, path)
        _ = try TraceRecovery.complete(path, committed: sample.chunks[2])
        let whole = try Self.read(path)
        for length in sample.starts[2]..<whole.count {
            try Self.write(Array(whole.prefix(length)), path)
            _ = try TraceRecovery.complete(path, committed: sample.chunks[2])
            #expect(try Self.read(path) == whole)
        }
    }

    @Test func aFileWithoutAWholeHeaderWasNeverBegun() async throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/a.trace"
        let sample = try await Sample(path)
        for length in 0..<sample.starts[0] {
            let prefix = Array(sample.bytes.prefix(length))
            try Self.write(prefix, path)
            #expect(try TraceRecovery.complete(path) == .neverBegun, "\(length) bytes")
            #expect(
                Self.message(path, sample.chunks[0])
                    == "The trace \(path) ends inside its header, but chunk 0 of it was committed: it is another file.")
            #expect(try Self.read(path) == prefix)
        }
    }

    @Test func whatIsNotATornTailIsLeftAlone() async throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/a.trace"
        let sample = try await Sample(path)
        let (bytes, starts) = (sample.bytes, sample.starts)
        func expectRefusal(_ damaged: [UInt8], _ sentence: String) throws {
            try Self.write(damaged, path)
            let message = Self.message(path)
            #expect(message.contains(sentence) && message.hasPrefix("The ") && message.hasSuffix("."), "\(message)")
            #expect(try Self.read(path) == damaged)
        }
        let open = Array(bytes[..<starts[3]])
        for offset in Array(starts[1]..<starts[1] + 41) + [starts[2] - 1] {
            var damaged = open
            damaged[offset] ^= 0x10
            try expectRefusal(damaged, "The trace \(path) is damaged and cannot be completed: ")
        }
        try expectRefusal(Array(bytes[..<starts[1]] + bytes[starts[2]...]), "chunk 2 stands at offset \(starts[1]) where chunk 1 should be")
        try expectRefusal(bytes + [0], "1 bytes stand behind the end chunk")
        for offset in 8..<starts[0] {
            var damaged = bytes
            damaged[offset] ^= 0x10
            try Self.write(damaged, path)
            #expect(throws: TraceError.self, "byte \(offset)") { try TraceRecovery.complete(path) }
            #expect(try Self.read(path) == damaged)
        }
        try Self.write(Array("a text".utf8), path)
        #expect(throws: TraceError.self) { try TraceRecovery.complete(path) }
        #expect(throws: TraceError.self) { try TraceRecovery.complete(directory.path + "/nowhere") }
    }

    @Test func aChunkThatDoesNotBelongThereIsRefused() async throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/a.trace"
        let sample = try await Sample(path)
        let one = Array(sample.bytes[..<sample.starts[1]])
        try Self.write(one, path)
        #expect(
            Self.message(path, sample.chunks[2])
                == "The trace \(path) has 1 chunks, and chunk 2, which was committed last, does not follow them: chunks are missing.")
        let writer = try TraceWriter(path: directory.path + "/b.trace", run: 99, writer: 7, name: "other", synchronous: true)
        writer.mark(at: 1, .note, text: "other")
        let other = try #require(writer.cut())
        #expect(
            Self.message(path, other) == "The trace \(path) has another chunk 0 than the one that was committed: it is another file.")
        #expect(try Self.read(path) == one)
        // Closed without the chunk that was committed.
        #expect(try TraceRecovery.complete(path) == .completed(bytesCut: 0, chunkAppended: false))
        #expect(
            Self.message(path, sample.chunks[1])
                == "The trace \(path) was closed after 1 chunks, but chunk 1 was committed: it is another file.")
    }

    /// Where the child of ``killedBetweenCommitAndAppend()`` writes; unset in an ordinary run of the tests.
    private static let childPath = KilledChild.path(of: "WAYBILL_RECOVERY_CHILD")

    @Test(.enabled(if: childPath != nil, "run by another test as a process of its own"))
    func commitUntilKilled() throws {
        let path = try #require(Self.childPath)
        let writer = try TraceWriter(path: path, run: 1, writer: 1, name: "child", synchronous: true)
        let parent = getppid()
        for number in 0..<1_000_000 as Range<UInt64> {
            for _ in 0..<20 {
                writer.delivered(
                    process: 1, at: number, publisher: 2, sequence: number, attempt: 1, topic: writer.topic("t\(number)"), qos: 1,
                    retain: false, dup: nil, packetID: 1)
            }
            let chunk = try #require(writer.cut())
            try Data(chunk.bytes).write(to: URL(fileURLWithPath: path + ".committed"), options: .atomic)
            try writer.append(chunk)
            // Whoever should kill it may have been killed.
            if getppid() != parent { return }
        }
    }

    @Test func killedBetweenCommitAndAppend() async throws {
        let directory = try TemporaryDirectory()
        for round in 0..<8 {
            let path = directory.path + "/\(round).trace"
            try await KilledChild.run(
                "RecoveryTests/commitUntilKilled", variable: "WAYBILL_RECOVERY_CHILD", path: path, untilSize: 20_000 + round * 7_777)
            let committed = try TraceChunk(bytes: try Self.read(path + ".committed"))
            _ = try TraceRecovery.complete(path, committed: committed)
            let file = try TraceFile(path: path)
            #expect(file.isComplete && file.chunks.last?.sequence == committed.number && committed.number > 10)
            var sequences: [UInt64] = []
            #expect(
                file.forEach { event, _ in
                    if case .delivered(let event) = event { sequences.append(event.sequence) }
                }.isEmpty)
            #expect(sequences == (0...UInt64(committed.number)).flatMap { Array(repeating: $0, count: 20) })
        }
    }
}
