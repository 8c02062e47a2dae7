import Foundation
import Testing
import Trace

@testable import Harness

/// Trace files of services that run elsewhere are taken from where these leave them, and from nowhere else.
@Suite struct CollectTests {
    private func withPlaces(_ body: (RunningServices, RunDirectory, String) throws -> Void) async throws {
        try await withTemporaryDirectory { directory in
            let files = FileManager.default
            try files.createDirectory(atPath: directory + "/traces/5eed", withIntermediateDirectories: true)
            try files.createDirectory(atPath: directory + "/elsewhere", withIntermediateDirectories: true)
            try "secret".write(toFile: directory + "/elsewhere/order-1.trace", atomically: true, encoding: .utf8)
            try "trace".write(toFile: directory + "/traces/5eed/order-1.trace", atomically: true, encoding: .utf8)
            let run = try RunDirectory(below: directory + "/runs", name: "x", startedAt: Date())
            try body(RunningServices(traces: directory + "/traces"), run, directory)
        }
    }

    @Test func aTraceIsCopied() async throws {
        try await withPlaces { services, run, directory in
            try services.collect(["5eed/order-1.trace"], into: run)
            #expect(try String(contentsOfFile: run.path + "/order-1.trace", encoding: .utf8) == "trace")
            #expect(FileManager.default.fileExists(atPath: directory + "/traces/5eed/order-1.trace"))
        }
    }

    @Test(arguments: [
        "../elsewhere/order-1.trace", "5eed/packaging-1.trace", "5eed/link-1.trace", "away/order-1.trace", "5eed/pipe-1.trace",
    ])
    func whatLeadsElsewhereIsNot(name: String) async throws {
        try await withPlaces { services, run, directory in
            let files = FileManager.default
            try files.createSymbolicLink(
                atPath: directory + "/traces/5eed/link-1.trace", withDestinationPath: directory + "/elsewhere/order-1.trace")
            try files.createSymbolicLink(atPath: directory + "/traces/away", withDestinationPath: directory + "/elsewhere")
            mkfifo(directory + "/traces/5eed/pipe-1.trace", 0o600)
            let error = #expect(throws: HarnessError.self) { try services.collect([name], into: run) }
            #expect(error?.description.contains("is not a regular file there") == true, "\(error?.description ?? "")")
            #expect(try files.contentsOfDirectory(atPath: run.path).filter { $0.hasSuffix(".trace") }.isEmpty)
            #expect(files.fileExists(atPath: directory + "/elsewhere/order-1.trace"))
        }
    }
}
