import Foundation
import Testing
import Trace

/// What the reader makes of files that were cut, flipped or overwritten.
@Suite struct DamageTests {
    private let rounds = 4

    /// The sample and where its chunks begin; the last is the end chunk's.
    private func sample(_ directory: borrowing TemporaryDirectory) async throws -> (bytes: [UInt8], lines: [String], starts: [Int]) {
        let path = directory.path + "/whole.trace"
        let lines = try await TraceSample.write(to: path, rounds: rounds)
        let file = try TraceFile(path: path)
        let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
        return (bytes, lines, file.chunks.map(\.offset) + [bytes.count - 56])
    }

    private func open(_ bytes: [UInt8], _ directory: borrowing TemporaryDirectory) throws -> TraceFile {
        let path = directory.path + "/damaged.trace"
        try Data(bytes).write(to: URL(fileURLWithPath: path))
        return try TraceFile(path: path)
    }

    @Test func everyPrefixGivesExactlyTheWholeChunksBeforeIt() async throws {
        let directory = try TemporaryDirectory()
        let (bytes, lines, starts) = try await sample(directory)
        for length in 0..<bytes.count {
            guard length >= starts[0] else {
                #expect(throws: TraceError.self) { try open(Array(bytes.prefix(length)), directory) }
                continue
            }
            let file = try open(Array(bytes.prefix(length)), directory)
            let whole = starts.dropFirst().count { $0 <= length }
            let read = TraceSample.read(file)
            let isRight = read.lines == Array(lines.prefix(whole * TraceSample.eventsPerRound))
            guard isRight else {
                Issue.record("\(length) bytes of \(starts) give \(read.lines.count) events")
                return
            }
            #expect(read.damages.isEmpty && !file.isComplete)
            let torn = length - starts.last { $0 <= length }!
            #expect(file.damages.map(\.kind) == (torn == 0 ? [.noEnd] : [.tornTail, .noEnd]), "\(length) bytes")
            if torn > 0 { #expect(file.damages[0].sentence.contains("the last \(torn) bytes, from offset \(length - torn),")) }
        }
    }

    @Test func aDamagedChunkIsPassedOver() async throws {
        let directory = try TemporaryDirectory()
        let (bytes, lines, starts) = try await sample(directory)
        let without = Array(lines[..<TraceSample.eventsPerRound] + lines[(2 * TraceSample.eventsPerRound)...])
        // Some byte of each field of the header, the payload's first and last.
        for offset in Array(starts[1]..<starts[1] + 41) + [starts[2] - 1] {
            var damaged = bytes
            damaged[offset] ^= 0x10
            let file = try open(damaged, directory)
            let expected: TraceDamage.Kind = offset >= starts[1] + 40 ? .wrongChecksum : .garbage
            #expect(file.damages.map(\.kind).prefix(1) == [expected])
            #expect(file.damages[0].sentence.contains("\(starts[1])"), "\(file.damages[0].sentence)")
            #expect(file.damages.last?.kind == .dictionary || file.damages.last?.kind == .totalsDisagree)
            #expect(file.chunks.map(\.followsGap) == [false, true, false])
            let isRight = TraceSample.read(file).lines.map(stripTopic) == without.map(stripTopic)
            #expect(isRight, "byte \(offset)")
        }
    }

    /// The second chunk named topic/1, so its name is lost with it.
    private func stripTopic(_ line: String) -> String {
        line.replacingOccurrences(of: "topic/1", with: "?")
    }

    @Test func missingCopiedAndExtraPartsAreNoticed() async throws {
        let directory = try TemporaryDirectory()
        let (bytes, lines, starts) = try await sample(directory)
        let without = try open(Array(bytes[..<starts[1]] + bytes[starts[2]...]), directory)
        #expect(without.damages.map(\.kind).contains(.missingChunks) && without.chunks.map(\.followsGap) == [false, true, false])
        let twice = try open(Array(bytes[..<starts[2]] + bytes[starts[1]...]), directory)
        #expect(twice.damages.map(\.kind).first == .missingChunks)
        #expect(TraceSample.read(twice).lines == lines)
        let behind = try open(bytes + [0], directory)
        #expect(behind.damages.map(\.kind) == [.bytesBehindEnd])
        let squeezed = try open(Array(bytes[..<(starts[1] + 100)] + bytes[starts[2]...]), directory)
        #expect(squeezed.chunks.count == 3 && !squeezed.isComplete)
    }

    @Test func headersThatAreNoneAreRefusedInOneSentence() async throws {
        let directory = try TemporaryDirectory()
        let (bytes, _, _) = try await sample(directory)
        func message(_ bytes: [UInt8]) -> String {
            do {
                _ = try open(bytes, directory)
                return "opened"
            } catch { return "\(error)" }
        }
        #expect(message([]).hasSuffix("is no trace: it has only 0 bytes."))
        #expect(message(Array("hello, this is a text".utf8)).hasSuffix("is no trace: it does not begin as one."))
        #expect(message(Array(bytes.prefix(50))).hasSuffix("ends inside its header: it has only 50 bytes."))
        var other = bytes
        other[8] = 3
        #expect(message(other).hasSuffix("is of version 3 of the format; this program reads versions 1 and 2."))
        other = bytes
        other[20] ^= 1
        #expect(message(other).hasSuffix("is damaged: its checksum is wrong."))
        #expect(throws: TraceError.self) { try TraceFile(path: directory.path + "/nowhere") }
        #expect(throws: TraceError.self) { try TraceFile(path: directory.path) }
    }

    /// Flips, cuts, inserts, copies: no crash, and every event that comes out is one that was written, in its order.
    @Test func mutatedFilesNeverLie() async throws {
        let directory = try TemporaryDirectory()
        let (bytes, lines, starts) = try await sample(directory)
        let known = lines.map(Self.withoutTopics)
        for seed in 1...3000 as ClosedRange<UInt64> {
            var random = SplitMix(state: seed)
            var mutated = bytes
            for _ in 0..<Int.random(in: 1...6, using: &random) { Self.mutate(&mutated, from: starts[0], &random) }
            let file = try open(mutated, directory)
            let read = TraceSample.read(file).lines.map(Self.withoutTopics)
            var next = known.startIndex
            for line in read {
                guard let place = known[next...].firstIndex(of: line) else {
                    Issue.record("seed \(seed): '\(line)' was never written there")
                    return
                }
                next = place + 1
            }
            if file.isComplete { #expect(read == known, "seed \(seed)") }
        }
    }

    /// Bytes behind right checksums, as a writer with a bug makes them: no crash.
    @Test func hostileRecordsDoNotCrash() async throws {
        let directory = try TemporaryDirectory()
        let (bytes, _, starts) = try await sample(directory)
        var unreadable = 0
        for seed in 1...3000 as ClosedRange<UInt64> {
            var random = SplitMix(state: seed)
            var mutated = bytes
            let start = starts[1]
            for _ in 0..<Int.random(in: 1...8, using: &random) {
                mutated[Int.random(in: start + 40..<starts[2], using: &random)] =
                    [0, 0x7F, 0x80, 0xFF, UInt8.random(in: 0...255, using: &random)][
                        Int.random(in: 0...4, using: &random)]
            }
            ChunkForger.seal(&mutated, at: start, length: starts[2] - start)
            let file = try open(mutated, directory)
            #expect(file.chunks.count == rounds)
            unreadable += TraceSample.read(file).damages.isEmpty ? 0 : 1
        }
        #expect(unreadable > 100)
    }

    private static func withoutTopics(_ line: String) -> String {
        line.split(separator: " ").filter { !$0.hasPrefix("topic/") && $0 != "?" }.joined(separator: " ")
    }

    private static func mutate(_ bytes: inout [UInt8], from first: Int, _ random: inout SplitMix) {
        guard bytes.count > first + 2 else { return }
        let offset = Int.random(in: first..<bytes.count, using: &random)
        let length = min(Int.random(in: 1...200, using: &random), bytes.count - offset)
        switch Int.random(in: 0...4, using: &random) {
        case 0: bytes[offset] ^= 1 << UInt8.random(in: 0...7, using: &random)
        case 1: bytes.removeLast(length)
        case 2: bytes.removeSubrange(offset..<offset + length)
        case 3: bytes.insert(contentsOf: Array(bytes[offset..<offset + length]), at: Int.random(in: first..<bytes.count, using: &random))
        default: for index in offset..<offset + length { bytes[index] = UInt8.random(in: 0...255, using: &random) }
        }
    }
}

/// A small generator of its own, so that a seed means the same damage for ever.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

/// Puts right checksums on a chunk that was changed.
enum ChunkForger {
    static func seal(_ bytes: inout [UInt8], at start: Int, length: Int) {
        store(crc32c(bytes[(start + 40)..<(start + length)]), &bytes, start + 32)
        store(crc32c(bytes[start..<start + 36]), &bytes, start + 36)
    }

    private static func store(_ value: UInt32, _ bytes: inout [UInt8], _ offset: Int) {
        for index in 0..<4 { bytes[offset + index] = UInt8(truncatingIfNeeded: value >> (8 * index)) }
    }

    /// Bit by bit, from the definition.
    static func crc32c(_ bytes: ArraySlice<UInt8>) -> UInt32 {
        var crc = UInt32.max
        for byte in bytes {
            crc ^= UInt32(byte)
            for _ in 0..<8 { crc = crc & 1 == 1 ? crc >> 1 ^ 0x82F6_3B78 : crc >> 1 }
        }
        return ~crc
    }
}
