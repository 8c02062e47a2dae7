internal import ArgumentParser
internal import Foundation
internal import Harness
internal import Measurement
internal import Reporting
internal import Workload

/// `waybill find-limit`.
struct FindLimitCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "find-limit",
        abstract: "Find the highest rate at which a profile holds: its verdict, its thresholds and what it requires.",
        discussion: """
            Runs the profile at many rates, all of its rates times the same factor, and each trial for phases.hold. Several searches, each rate of which is \
            decided by two of at most three trials, give the limit and the interval in which one more search would end. Leaves each trial, limit.json \
            and the latency over load (curve.csv) in a directory. Says so where it cannot be told on this machine, and why.

            Exit codes: 0 the limit was found, 121 it cannot be told here, 99 or 120 nothing holds at the least rate, 104 bad profile or option, \
            105 interrupted, 1 anything else.
            """)

    @OptionGroup
    var profile: ProfileOptions

    @OptionGroup(title: "Connection, instead of the profile's target")
    var connection: ConnectionOptions

    @Option(help: "The least rate of all of the load together, as 10/s. Default: a thousandth of the profile's.")
    var from: String?

    @Option(help: "The greatest rate. Default: a thousand times the profile's.")
    var to: String?

    @Option(help: "How narrow a search ends, in percent of the rate: 1 to 50.")
    var precision = 5.0

    @Option(help: "How many searches: 2 to 50.")
    var searches = 5

    @Option(help: "The confidence of the interval in percent: 50 to 99.9.")
    var confidence = 95.0

    @Flag(inversion: .prefixedNo, help: "Make four more trials below the limit, for the curve.")
    var curve = true

    @OptionGroup
    var options: RunOptions

    func validate() throws {
        guard (1...50).contains(precision) else { throw ValidationError("--precision is \(precision); expected 1 to 50, in percent.") }
        guard (2...50).contains(searches) else { throw ValidationError("--searches is \(searches); expected 2 to 50.") }
        guard (50...99.9).contains(confidence) else {
            throw ValidationError("--confidence is \(confidence); expected 50 to 99.9, in percent.")
        }
    }

    func run() async throws {
        try await find().tell()
    }

    /// Makes the trials until there is an answer.
    func find() async throws -> Trials {
        let source = try profile.source()
        if try source.series() != nil {
            throw HarnessError(
                .badInput,
                "\(profile.profile) has matrix or repeat, and each trial is one run: leave them out, as with --set matrix=~ --set repeat=~."
            )
        }
        let settings = ServiceSettings(ProcessInfo.processInfo.environment)
        let base = try source.profile()
        let whole = try source.wholeRate(of: base)
        let range = try range(whole)
        _ = try adapted(base, settings)
        var trials = Trials(
            execution: RunExecution(options), source: source, base: base, whole: whole,
            isFromEnvironment: connection.isFromEnvironment(settings),
            report: LimitReport(waybillVersion: Version.text, startedAt: Date(), profile: base.name, confidence: confidence / 100),
            directory: try RunDirectory.series(below: options.out, name: base.name + "-limit", startedAt: Date()),
            adapted: { try adapted($0, settings) })
        var search = LimitSearch(start: min(max(whole, range.lowerBound), range.upperBound), range: range)
        search.precision = precision / 100
        search.searches = searches
        search.confidence = confidence / 100
        search.seed = profile.seed ?? base.seed
        do {
            let answer = try await search.run { try await trials.make($0) }
            if curve, case .limit(let limit, _, _) = answer {
                for share in [0.2, 0.4, 0.6, 0.8] { _ = try await trials.make(limit * share) }
            }
            trials.report.searchesPerSecond = search.found
            trials.report.take(answer)
        } catch is Stopped {
            trials.report.searchesPerSecond = search.found
        }
        return trials
    }

    private func adapted(_ profile: Profile, _ settings: ServiceSettings) throws -> Profile {
        try connection.redirected(try self.profile.adapted(profile), settings)
    }

    private func range(_ whole: Double) throws -> ClosedRange<Double> {
        func rate(_ name: String, _ text: String?, _ fallback: Double) throws -> Double {
            guard let text else { return fallback }
            guard let rate = Rate(text) else { throw HarnessError(.badInput, "--\(name) \(text): expected a rate, as 100/s.") }
            return rate.perSecond
        }
        let (low, high) = (try rate("from", from, whole / 1_000), try rate("to", to, whole * 1_000))
        guard low < high else { throw HarnessError(.badInput, "--from is not below --to: expected the least rate and then the greatest.") }
        return low...high
    }
}

/// The user stopped the search.
private struct Stopped: Error {}

/// The trials of a search.
struct Trials {
    var execution: RunExecution
    let source: ProfileSource
    let base: Profile
    let whole: Double
    let isFromEnvironment: Bool
    var report: LimitReport
    let directory: RunDirectory
    let adapted: (Profile) throws -> Profile

    /// Runs the profile at a rate of all of its load together.
    mutating func make(_ rate: Double) async throws -> LimitSearch.Outcome {
        guard !Interrupts.isInterrupted else { throw Stopped() }
        let place = "trial-\(report.trials.count + 1)"
        let scaled = try source.scalingRates(of: base, by: rate / whole).profile()
        execution.output = directory.path
        execution.place = place
        let finished = try await execution.run(try adapted(scaled), brokerIsFromEnvironment: isFromEnvironment)
        guard finished.result.exitCode != .interrupted else { throw Stopped() }
        let trial = LimitReport.Trial(directory: place, rate: rate, result: finished.result)
        report.add(trial)
        execution.lines.say("\(place): \(Int(rate.rounded()))/s \(trial.outcome.rawValue)\(trial.why.map { ": \($0)" } ?? "")")
        try write()
        return trial.outcome
    }

    private func write() throws {
        try directory.write(String(decoding: try report.json(), as: UTF8.self), to: directory.path + "/limit.json")
        try directory.write(report.csv, to: directory.path + "/curve.csv")
    }

    /// Prints what came out, and ends with its exit code where that is not 0.
    func tell() throws {
        try write()
        switch execution.options.format {
        case .json: StandardStream.output.write(String(decoding: try report.json(), as: UTF8.self))
        case .text:
            StandardStream.output.write(
                LimitText.render(report, directory: directory.path, colour: Terminal.isColoured, width: Terminal.outputWidth))
        }
        if report.exitCode != .ok { throw report.exitCode }
    }
}
