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
        // Foundation's Process looks through all open files of the process and reads behind their list where there are many, as there are in tests side by side.
        let program = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().path
        let environment = ProcessInfo.processInfo.environment.merging([variable: path]) { $1 }.map { "\($0)=\($1)" }
        var words = ([program] + arguments(test)).map { strdup($0) } + [nil]
        var variables = environment.map { strdup($0) } + [nil]
        defer { for text in words + variables { free(text) } }
        var files = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&files)
        defer { posix_spawn_file_actions_destroy(&files) }
        for descriptor: CInt in [1, 2] { posix_spawn_file_actions_addopen(&files, descriptor, "/dev/null", O_WRONLY, 0) }
        var child = pid_t()
        try #require(posix_spawn(&child, program, &files, nil, &words, &variables) == 0)
        let deadline = ContinuousClock.now + .seconds(30)
        var present = 0
        while present < size, ContinuousClock.now < deadline {
            try await Task.sleep(for: .milliseconds(1))
            present = (try? FileManager.default.attributesOfItem(atPath: path)[.size] as? Int) ?? 0
        }
        kill(child, SIGKILL)
        var status: CInt = 0
        // Another child's end may interrupt the waiting.
        while waitpid(child, &status, 0) != child { try #require(errno == EINTR) }
        #expect(status & 0x7F == SIGKILL)
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
