import Foundation
import Glibc
import Testing
import Trace

@Suite struct DiskTests {
    @Test func aFileThatCannotBeCreatedIsOneSentence() {
        #expect(throws: TraceError.self) { try TraceWriter(path: "/nowhere/at/all.trace", run: 1, writer: 1, name: "w") }
        do {
            _ = try TraceWriter(path: "/dev/full", run: 1, writer: 1, name: "w")
            Issue.record("a full device took the header")
        } catch {
            #expect(
                "\(error)"
                    == "The trace /dev/full cannot be written any further: No space left on device. What was written before stays readable."
            )
        }
    }

    /// A delivery that follows no other, so that it takes as many bytes as one may.
    private static func record(_ number: UInt64, _ writer: TraceWriter) {
        writer.delivered(
            process: UInt32(truncatingIfNeeded: number), at: number, publisher: 2, sequence: number, attempt: 1, topic: writer.topic("t"),
            qos: 1,
            retain: false, dup: nil, packetID: 1)
    }

    @Test(.enabled(if: getuid() == 0, "only root can mount a small disk"))
    func aFullDiskLeavesTheChunksBeforeItReadable() async throws {
        let directory = try TemporaryDirectory()
        let disk = directory.path + "/disk"
        try FileManager.default.createDirectory(atPath: disk, withIntermediateDirectories: true)
        try #require(mount("none", disk, "tmpfs", 0, "size=3m") == 0)
        defer { umount2(disk, Int32(MNT_DETACH)) }
        let path = disk + "/a.trace"
        let writer = try TraceWriter(path: path, run: 1, writer: 1, name: "w")
        for number in 0..<500_000 as Range<UInt64> { Self.record(number, writer) }
        await #expect(throws: TraceError.self) { try await writer.close() }
        #expect(
            writer.failure?.description
                == "The trace \(path) cannot be written any further: No space left on device. What was written before stays readable.")
        // The disk has room again, but what was dropped is gone: nothing more may be appended.
        let size = try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int
        writer.mark(at: 1, .note, text: "later")
        writer.flush()
        await #expect(throws: TraceError.self) { try await writer.close() }
        #expect(try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int == size)

        let file = try TraceFile(path: path)
        #expect(file.chunks.count == 2 || file.chunks.count == 3)
        #expect(file.damages.map(\.kind) == [.tornTail, .noEnd])
        var next: UInt64 = 0
        file.forEach { event, _ in
            if case .delivered(let event) = event, event.sequence == next { next += 1 }
        }
        #expect(next == UInt64(file.eventCount) && next > 100_000)
    }

    /// Where the child of ``killedAtAnyMoment()`` writes; unset in an ordinary run of the tests.
    private static let childPath = KilledChild.path(of: "WAYBILL_TRACE_CHILD")

    @Test(.enabled(if: childPath != nil, "run by another test as a process of its own"))
    func writeUntilKilled() throws {
        let writer = try TraceWriter(path: try #require(Self.childPath), run: 1, writer: 1, name: "child")
        let parent = getppid()
        for number in 0..<100_000_000 as Range<UInt64> {
            Self.record(number, writer)
            if number % 5000 == 0 {
                writer.flush()
                // A process of its own with nothing else to do: it must not fill the disk before it is killed.
                usleep(100)
                // Whoever should kill it may have been killed.
                if getppid() != parent { return }
            }
        }
    }

    @Test func killedAtAnyMoment() async throws {
        let directory = try TemporaryDirectory()
        for round in 0..<3 {
            let path = directory.path + "/\(round).trace"
            try await KilledChild.run(
                "DiskTests/writeUntilKilled", variable: "WAYBILL_TRACE_CHILD", path: path, untilSize: 200_000 + round * 77_777)
            let file = try TraceFile(path: path)
            #expect(file.damages.last?.kind == .noEnd && file.damages.allSatisfy { $0.kind == .noEnd || $0.kind == .tornTail })
            var next: UInt64 = 0
            #expect(
                file.forEach { event, _ in
                    if case .delivered(let event) = event, event.sequence == next { next += 1 }
                }.isEmpty)
            #expect(next == UInt64(file.eventCount) && next > 10_000)
        }
    }
}
