import Foundation
import Glibc
import Harness
import Testing
import Trace
import Workload

@Suite struct FullDiskTests {
    /// The run ends then, long before its hold would, with one sentence; and what was recorded before can be read.
    @Test(.enabled(if: getuid() == 0, "only root can mount a small disk"), .timeLimit(.minutes(1)))
    func aDiskThatFillsUpEndsTheRunAndKeepsTheTrace() async throws {
        try await withTemporaryDirectory { directory in
            let disk = directory + "/disk"
            try FileManager.default.createDirectory(atPath: disk, withIntermediateDirectories: true)
            try #require(mount("none", disk, "tmpfs", 0, "size=24m") == 0)
            defer { umount2(disk, Int32(MNT_DETACH)) }
            let profile = try Profile.parse(
                yaml: """
                    name: full
                    groups:
                      - {name: publishers, count: 5, publish: {topic: t/%i, qos: 0, rate: 40/s}}
                      - {name: subscribers, count: 2, subscribe: {filters: ["t/#"], qos: 0}}
                    phases: {hold: 10m, drain: {quiet: 300ms, limit: 20s}}
                    """, file: "full.yaml")
            var run = LoadRun(profile: profile, output: disk, reactors: 1)
            // Others fill the disk once a second of the run is on it.
            run.progress = { _ in
                let filler = open(disk + "/filler", O_WRONLY | O_CREAT | O_APPEND, 0o600)
                let block = [UInt8](repeating: 0, count: 1 << 16)
                while write(filler, block, block.count) > 0 {}
                close(filler)
            }
            let error = await #expect(throws: HarnessError.self) { _ = try await run.execute() }
            let text = try #require(error?.description)
            #expect(text.contains("No space left on device") && text.contains(disk), "\(text)")
            #expect(!text.contains("\n"))

            let name = try #require(try FileManager.default.contentsOfDirectory(atPath: disk).first { $0.hasSuffix("-full") })
            let file = try TraceFile(path: try #require(try RunDirectory(existing: disk + "/" + name).traces.first))
            #expect(file.eventCount > 200)
            #expect(file.damages.contains { $0.kind == .noEnd })
        }
    }
}
