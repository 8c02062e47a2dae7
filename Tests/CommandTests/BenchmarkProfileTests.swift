import Foundation
import Testing

/// The profiles after public benchmarks run, scaled down to what a test may take.
@Suite(.timeLimit(.minutes(5))) struct BenchmarkProfileTests {
    private static let directory = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../Profiles/benchmarks")
        .standardized

    static let names: [String] = ((try? FileManager.default.contentsOfDirectory(atPath: directory.path)) ?? []).sorted()

    /// Some forty clients, or as many as say something within the time.
    private static func scale(_ name: String) -> String {
        if name.hasPrefix("tbmq") { return "0.2" }
        return name.contains("50k") || name.contains("1m") ? "0.0004" : "0.02"
    }

    @Test(arguments: names)
    func aBenchmarkRunsSmall(name: String) async throws {
        try await withTemporaryDirectory { directory in
            let run = try await Tool.run(
                [
                    "run", Self.directory.appending(path: name).path, "--scale",
                    Self.scale(name),
                    "--set", "phases.hold=2500ms", "--set", "phases.warm_up=0s", "--set", "phases.drain.quiet=300ms", "--out", "out",
                    "--format", "json",
                ], directory: directory)
            #expect(run.code == 0, "\(run)")
            let result = try #require(try JSONSerialization.jsonObject(with: Data(run.output.utf8)) as? [String: Any])
            #expect(result["verdict"] as? String == "pass")
        }
    }

    @Test(arguments: ["0", "-1", "x", "1001"])
    func aScaleThatIsNoneIsTold(scale: String) async throws {
        let run = try await Tool.run(["run", "any.yaml", "--scale=\(scale)"])
        #expect(
            run.code != 0 && run.error.contains("--scale expects a factor above 0 and up to 1000, as 0.1, and got '\(scale)'."), "\(run)")
    }
}
