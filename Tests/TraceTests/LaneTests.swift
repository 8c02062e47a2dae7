import Causality
import Foundation
import Glibc
import Testing
@testable import Trace

/// Events that follow lanes come back as they were recorded.
@Suite struct LaneTests {
    private static let header = TraceHeader(
        run: 1, writer: 1, name: "w", host: "h", clock: Array(repeating: 1, count: 16), anchor: .init(monotonic: 1, wall: 2))

    private func writer(_ path: String, _ version: TraceVersion = .latest, synchronous: Bool = false) throws -> TraceWriter {
        var header = Self.header
        header.version = version
        return try TraceWriter(path: path, header: header, synchronous: synchronous)
    }

    @Test(arguments: 0..<600 as Range<UInt64>)
    func whatIsWrittenIsRead(seed: UInt64) async throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/a.trace"
        let writer = try writer(path, seed % 5 == 0 ? .one : .two, synchronous: seed % 3 == 0)
        let expected = try RandomProgram.write(seed: seed, to: writer)
        #expect(writer.eventCount == expected.count, "seed \(seed)")
        try await writer.close()
        let file = try TraceFile(path: path)
        let read = RandomProgram.read(file)
        #expect(
            file.isComplete && read.damages.isEmpty && file.eventCount == expected.count, "seed \(seed): \(file.damages) \(read.damages)")
        #expect(file.byteCount == writer.byteCount, "seed \(seed)")
        let difference = zip(read.lines, expected).first { $0 != $1 }
        #expect(read.lines.count == expected.count && difference == nil, "seed \(seed): \(String(describing: difference))")
    }

    /// Both versions say the same, and each event is found again where it was said to be.
    @Test(arguments: 1000..<1050 as Range<UInt64>)
    func bothVersionsSayTheSame(seed: UInt64) async throws {
        let directory = try TemporaryDirectory()
        var lines: [[String]] = []
        for version in [TraceVersion.one, .two] {
            let path = directory.path + "/\(version).trace"
            let writer = try writer(path, version)
            _ = try RandomProgram.write(seed: seed, to: writer)
            try await writer.close()
            let file = try TraceFile(path: path)
            #expect(file.header.version == version)
            lines.append(RandomProgram.read(file).lines)
            var offsets: [(Int, UInt64)] = []
            file.forEach { event, offset in offsets.append((offset, event.at)) }
            for (before, after) in zip(offsets, offsets.dropFirst()) { #expect(before.0 < after.0, "seed \(seed)") }
            for (offset, time) in offsets.suffix(60) { #expect(file.event(at: offset)?.at == time, "seed \(seed), at \(offset)") }
        }
        #expect(lines[0] == lines[1], "seed \(seed)")
    }

    /// What a reader of another language, written from docs/trace-format.md, makes of the same bytes is the same.
    @Test(
        .enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/python3"), "python3 is not installed"),
        arguments: 2000..<2012 as Range<UInt64>)
    func anotherLanguageReadsTheSame(seed: UInt64) async throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/a.trace"
        let writer = try writer(path, seed % 4 == 0 ? .one : .two)
        let expected = try RandomProgram.write(seed: seed, to: writer)
        for topic in 0..<3 { _ = writer.topic("t/\(topic)") }
        try await writer.close()
        let file = try TraceFile(path: path)
        let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("../../scripts/trace_format.py")
            .path
        let lines = try output(of: ["/usr/bin/python3", script, "read", path])
        #expect(lines.count == expected.count && lines == RandomProgram.inColumns(file), "seed \(seed)")
    }

    private func output(of words: [String]) throws -> [String] {
        let output = try #require(popen(words.map { "'\($0)'" }.joined(separator: " "), "r"))
        var bytes: [UInt8] = []
        while case let byte = fgetc(output), byte >= 0 { bytes.append(UInt8(byte)) }
        #expect(pclose(output) == 0)
        return String(decoding: bytes, as: UTF8.self).split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }
    }

    /// A run of a load: what goes on takes a byte or two an event, whether it comes in runs or one by one.
    @Test func eventsThatGoOnTakeLittle() async throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/a.trace"
        let writer = try writer(path)
        var sequence: [UInt64] = Array(repeating: 0, count: 20)
        var time: UInt64 = 1_000_000
        for _ in 0..<500 {
            for pair in 0..<20 as Range<UInt32> {
                time += 20_000
                let first = sequence[Int(pair)] + 1
                let run = first..<first + 16
                sequence[Int(pair)] += 16
                let topic = writer.topic("t/\(pair)")
                for number in run {
                    writer.published(
                        process: pair, at: time, topic: topic, qos: 1, retain: false, sequence: number, attempt: 1, intended: time,
                        own: number)
                }
                for number in run { writer.completed(process: pair, at: time, sequence: number, attempt: 1, outcome: .acked, reason: 0) }
                for number in run {
                    let packetID = UInt16(number % 65_535 + 1)
                    writer.delivered(
                        process: 100 + pair, at: time, publisher: pair, sequence: number, attempt: 1, topic: topic, qos: 1, retain: false,
                        dup: false, packetID: packetID)
                    writer.acknowledged(process: 100 + pair, at: time, packetID: packetID)
                }
            }
        }
        try await writer.close()
        let bytes = Double(writer.byteCount) / Double(writer.eventCount)
        #expect(writer.eventCount == 640_000 && bytes < 1.6, "\(bytes) bytes an event")
        let file = try TraceFile(path: path)
        #expect(file.isComplete && RandomProgram.read(file).lines.count == 640_000)
    }

    /// More lanes than a chunk may have: they take each other's places, and what comes back is right all the same.
    @Test(arguments: [4_096, 4_097, 9_000] as [UInt32]) func moreLanesThanThereMayBe(subscribers: UInt32) async throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/a.trace"
        let writer = try writer(path, synchronous: true)
        for sequence in 1...3 as ClosedRange<UInt64> {
            for process in 0..<subscribers {
                writer.delivered(
                    process: process, at: sequence, publisher: process, sequence: sequence * 10, attempt: 1, topic: 0, qos: 1,
                    retain: false,
                    dup: nil, packetID: UInt16(process % 60_000) + 1)
            }
        }
        try await writer.close()
        let file = try TraceFile(path: path)
        var next: UInt64 = 0
        let damages = file.forEach { event, _ in
            guard case .delivered(let event) = event else { return }
            let process = UInt32(next % UInt64(subscribers))
            let sequence = next / UInt64(subscribers) + 1
            if event.process == process, event.publisher == process, event.sequence == sequence * 10, event.at == sequence,
                event.packetID == UInt16(process % 60_000) + 1
            {
                next += 1
            }
        }
        #expect(damages == [] && file.chunks.count == 1 && next == UInt64(subscribers) * 3)
    }

    /// One that opens a lane: process 1 completed sequence 5.
    private static let completed: [UInt8] = [87, 7, 0, 0, 1, 5, 1, 0, 0]
    /// Process 1 acknowledged packet 9.
    private static let acknowledged: [UInt8] = [95, 4, 0, 0, 1, 9]
    /// Process 1 published sequence 7, with a stamp that says only what process 2 published.
    private static let unstamped: [UInt8] = [85, 11, 0, 0, 1, 0, 1, 7, 1, 0, 3, 2, 9]

    private static let sound: [(records: [UInt8], events: Int)] = [
        (completed, 1),
        (completed + [0x80], 2),
        (completed + [0xC3, 0, 4, 8], 2),
        (completed + acknowledged.replacing(3, by: 1) + [0xC0, 0], 3),
        (acknowledged + [0x80, 0x84, 1], 3),
        (acknowledged + [0x84, 0xEA, 0xFF, 7], 2),
        (acknowledged + [0x84, 0x13], 2),
        (unstamped, 1),
    ]

    @Test(arguments: sound)
    func soundLanesAreRead(records: [UInt8], events: Int) throws {
        let directory = try TemporaryDirectory()
        let read = RandomProgram.read(try file(records, events: events, directory.path))
        #expect(read.damages == [] && read.lines.count == events)
    }

    private static let unsound: [[UInt8]] = [
        [0x80],
        [0xC0, 0],
        completed.replacing(3, by: 1),
        completed + [0x88],
        completed + [0x90],
        completed + [0xA0],
        completed + [0xC0, 1],
        completed + [0xC0],
        completed + [0x84, 2],
        completed + [0x82, 0xFF],
        completed + [0x81],
        acknowledged + [0x82, 2],
        acknowledged + [0x84, 0xEC, 0xFF, 7],
        acknowledged + [0x84, 0x15],
        unstamped + [0x80],
    ]

    /// Bytes behind right checksums, as a writer with a bug makes them.
    @Test(arguments: unsound)
    func whatFollowsNoLaneIsSaid(records: [UInt8]) throws {
        let directory = try TemporaryDirectory()
        let damages = RandomProgram.read(try file(records, events: 2, directory.path)).damages
        #expect(damages.map(\.kind) == [.unreadableRecord] && damages[0].sentence.contains("cannot be read"), "\(damages)")
    }

    /// No more lanes than the format has, whatever a file says.
    @Test func lanesBeyondTheLimitAreNone() throws {
        let directory = try TemporaryDirectory()
        var records: [UInt8] = []
        for number in 0..<4097 {
            let low = UInt8(number & 0x7F)
            records += number < 0x80 ? [95, 4, 0, low, 1, 9] : [95, 5, 0, low | 0x80, UInt8(number >> 7), 1, 9]
        }
        let read = RandomProgram.read(try file(records, events: 4097, directory.path))
        #expect(read.lines.count == 4096 && read.damages.map(\.kind) == [.unreadableRecord])
    }

    private func file(_ records: [UInt8], events: Int, _ directory: String) throws -> TraceFile {
        var chunk: [UInt8] = Array("WBCH".utf8) + Array(repeating: 0, count: 36) + records
        for index in 0..<4 {
            chunk[20 + index] = UInt8(truncatingIfNeeded: events >> (8 * index))
            chunk[24 + index] = UInt8(truncatingIfNeeded: records.count >> (8 * index))
        }
        ChunkForger.seal(&chunk, at: 0, length: chunk.count)
        try Data(Self.header.encoded() + chunk).write(to: URL(fileURLWithPath: directory + "/a.trace"))
        return try TraceFile(path: directory + "/a.trace")
    }
}

extension [UInt8] {
    fileprivate func replacing(_ index: Int, by byte: UInt8) -> [UInt8] {
        var bytes = self
        bytes[index] = byte
        return bytes
    }
}
