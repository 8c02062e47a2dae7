import Foundation
import Glibc
import Testing

/// One test of this suite in a process of its own, which writes a file until it is killed.
enum KilledChild {
    /// Where the child writes; `nil` in a process that is none.
    static func path(of variable: String) -> String? {
        ProcessInfo.processInfo.environment[variable]
    }

    /// Runs `test` with `variable` set to `path`, and kills it when the file there has `size` bytes.
    static func run(_ test: String, variable: String, path: String, untilSize size: Int) async throws {
        let child = Process()
        child.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        child.arguments = arguments(test)
        child.environment = ProcessInfo.processInfo.environment.merging([variable: path]) { $1 }
        child.standardOutput = FileHandle.nullDevice
        child.standardError = FileHandle.nullDevice
        try child.run()
        let deadline = ContinuousClock.now + .seconds(30)
        var present = 0
        while present < size, ContinuousClock.now < deadline {
            try await Task.sleep(for: .milliseconds(1))
            present = (try? FileManager.default.attributesOfItem(atPath: path)[.size] as? Int) ?? 0
        }
        kill(child.processIdentifier, SIGKILL)
        child.waitUntilExit()
        #expect(child.terminationReason == .uncaughtSignal)
    }

    /// The arguments of this very process, but for which tests to run.
    private static func arguments(_ test: String) -> [String] {
        var arguments: [String] = []
        var skip = false
        for argument in CommandLine.arguments.dropFirst() {
            if skip {
                skip = false
            } else if argument == "--filter" || argument == "--skip" {
                skip = true
            } else {
                arguments.append(argument)
            }
        }
        return arguments + ["--filter", test]
    }
}
