internal import ArgumentParser
internal import Foundation
internal import Harness
internal import Measurement
internal import Reporting
internal import Shop
internal import Workload

/// How a run is made and told, the same for every command that makes one.
struct RunOptions: ParsableArguments {
    @Option(help: "The directory in which the run makes its own.")
    var out = "runs"

    @Option(
        parsing: .unconditional, help: "The number of reactors, each one thread; all cores but one, at most 4, unless given.",
        transform: WholeNumber.of("--reactors", 1...64))
    var reactors: Int?

    @Flag(help: "No progress lines.")
    var quiet = false

    @Option(help: "What to print at the end: text or json.")
    var format = OutputFormat.text
}

/// Makes a run of a profile and leaves its result in its directory.
struct RunExecution {
    var options: RunOptions
    var services: String?
    var defects: Set<ShopDefect> = []
    /// The directory in which the run makes its own.
    var output: String
    /// Its name there, as one of a series.
    var place: String?
    let lines: ProgressPrinter

    init(_ options: RunOptions, services: String? = nil, defects: Set<ShopDefect> = []) {
        self.options = options
        self.services = services
        self.defects = defects
        output = options.out
        lines = ProgressPrinter(quiet: options.quiet)
    }

    /// What a run came to.
    struct Finished {
        var result: RunResult
        var json: String
        var directory: RunDirectory
    }

    /// Runs a profile to its end.
    /// - Parameter isFromEnvironment: whether the environment named the broker.
    func run(_ profile: Profile, brokerIsFromEnvironment isFromEnvironment: Bool) async throws -> Finished {
        let interrupts = Interrupts.orderly("the run ends within 5 s, and is then checked; once more ends it at once.")
        return try await run(profile, brokerIsFromEnvironment: isFromEnvironment, interrupts)
    }

    private func run(_ profile: Profile, brokerIsFromEnvironment: Bool, _ interrupts: AsyncStream<Void>) async throws -> Finished {
        lines.say(FirstLine(profile, brokerIsFromEnvironment: brokerIsFromEnvironment).text(width: Terminal.progressWidth))
        let outcome = try await execute(profile, interrupts)
        let result = RunResult(outcome, profile: profile)
        let json = String(decoding: try result.json(), as: UTF8.self)
        let directory = try RunDirectory(existing: outcome.directory)
        try directory.write(json, to: directory.result)
        return Finished(result: result, json: json, directory: directory)
    }

    /// Prints what a run came to, and ends with its exit code where that is not 0.
    func tell(_ finished: Finished) throws {
        switch options.format {
        case .json: StandardStream.output.write(finished.json)
        case .text:
            StandardStream.output.write(
                SummaryText.render(
                    finished.result, directory: finished.directory.path, colour: Terminal.isColoured, width: Terminal.outputWidth))
        }
        if StandardStream.output.failure != nil { StandardStream.error.complain("The result is in \(finished.directory.result).") }
        if finished.result.exitCode != .ok { throw finished.result.exitCode }
    }

    /// Runs a profile: as a shop where it has one, otherwise as a load of client groups.
    private func execute(_ profile: Profile, _ interrupts: AsyncStream<Void>) async throws -> RunOutcome {
        let lines = lines
        let report: StageReport = { stage, text in
            if stage == .checking {
                Interrupts.go(on: "the run is over, and its trace is being checked; once more ends it without a verdict.", isLimited: false)
            }
            lines.print(stage, text)
        }
        guard profile.shop != nil else {
            guard services == nil else {
                throw HarnessError(.badInput, "--services is for profiles with a shop, and \(profile.name) has none: leave it out.")
            }
            var run = LoadRun(
                profile: profile, output: output, reactors: options.reactors ?? LoadRun.defaultReactors, interrupts: interrupts,
                progress: { lines.print($0) }, report: report)
            run.place = place
            return try await run.execute()
        }
        if services != nil, case .embedded = profile.target {
            throw HarnessError(
                .badInput, "--services needs the broker that those services use: name it with --broker, or in the profile's target.")
        }
        var run = ShopRun(
            profile: profile, output: output, reactors: options.reactors ?? 1, runningServices: services, interrupts: interrupts,
            progress: { lines.print($0) }, report: report)
        run.defects = defects
        run.place = place
        return try await run.execute()
    }
}
