package import Foundation
package import Measurement
internal import Verification

/// What the search for a limit came to: `limit.json`. docs/results.md says what each key means.
package struct LimitReport: Codable, Equatable, Sendable {
    /// The version of Waybill that ran it.
    package var waybillVersion: String
    /// When the first trial started, in whole seconds.
    package var startedAt: Date
    /// The name of the profile.
    package var profile: String
    /// What the process ends with.
    package var exitCode: ExitCode
    /// What came out.
    package var answer: Kind
    /// The limit in messages or orders a second; `nil` where it cannot be told.
    @Nullable package var limitPerSecond: Double?
    /// One more search would end above this with ``confidence``.
    @Nullable package var lowPerSecond: Double?
    /// One more search would end below this with ``confidence``.
    @Nullable package var highPerSecond: Double?
    /// With which confidence, above 0 and below 1.
    package var confidence: Double
    /// The greatest rate at which two trials held; `nil` where there is none.
    @Nullable package var heldPerSecond: Double?
    /// The answer in a sentence or two.
    package var sentence: String
    /// What each search found.
    package var searchesPerSecond: [Double]
    /// Every trial, in the order in which they were made.
    package var trials: [Trial]
    /// The trials by their rate: latency over load.
    package var curve: [Point]

    /// What can come out.
    package enum Kind: String, Codable, Sendable {
        /// The limit was found.
        case limit
        /// The searches differ too much from each other.
        case unreproducible
        /// The generator reaches its end first.
        case generatorLimited = "generator_limited"
        /// Even the greatest rate held.
        case aboveRange = "above_range"
        /// Not even the least rate held.
        case belowRange = "below_range"
        /// It was stopped before there was an answer.
        case interrupted
    }

    /// One trial.
    package struct Trial: Codable, Equatable, Sendable {
        /// Its directory, in that of the search.
        package var directory: String
        /// The rate that was asked for.
        package var ratePerSecond: Double
        /// What it showed.
        package var outcome: LimitSearch.Outcome
        /// What the run alone would have ended with.
        package var exitCode: ExitCode
        /// Why it did not hold, in a few words; `nil` where it did.
        @Nullable package var why: String?
        /// What was measured.
        package var figures: SeriesReport.Figures
        /// The other latencies of the curve, in seconds.
        package var latencySeconds: LatencySummary
    }

    /// The trials of one rate, with the medians of their figures.
    package struct Point: Codable, Equatable, Sendable {
        /// The rate that was asked for.
        package var ratePerSecond: Double
        /// How many trials of it there were.
        package var trials: Int
        /// How many of them held.
        package var held: Int
        /// The medians of their figures.
        package var median: SeriesReport.Figures
    }

    /// Makes a report that has no trial yet.
    package init(waybillVersion: String, startedAt: Date, profile: String, confidence: Double) {
        self.waybillVersion = waybillVersion
        self.startedAt = Date(timeIntervalSince1970: startedAt.timeIntervalSince1970.rounded(.down))
        self.profile = profile
        self.confidence = confidence
        exitCode = .interrupted
        answer = .interrupted
        _limitPerSecond = .init(wrappedValue: nil)
        _lowPerSecond = .init(wrappedValue: nil)
        _highPerSecond = .init(wrappedValue: nil)
        _heldPerSecond = .init(wrappedValue: nil)
        sentence = "It was stopped before there was an answer."
        searchesPerSecond = []
        trials = []
        curve = []
    }

    /// Takes a trial.
    package mutating func add(_ trial: Trial) {
        trials.append(trial)
        curve = Dictionary(grouping: trials, by: \.ratePerSecond).sorted { $0.key < $1.key }.map { rate, trials in
            Point(
                ratePerSecond: rate, trials: trials.count, held: trials.count { $0.outcome == .held },
                median: .init(medianOf: trials.map(\.figures)))
        }
        heldPerSecond = curve.last { $0.held >= 2 }?.ratePerSecond
    }

    /// Takes what came out.
    package mutating func take(_ found: LimitSearch.Answer) {
        func rate(_ value: Double) -> String { Units.rate(value) + "/s" }
        let failure = trials.last { $0.outcome != .held }.map { " The last trial that did not hold: \($0.why ?? "")." } ?? ""
        let atLeast = heldPerSecond.map { " It holds at least \(rate($0))." } ?? ""
        exitCode = .inconclusive
        switch found {
        case .limit(let limit, let low, let high):
            (answer, exitCode) = (.limit, .ok)
            (limitPerSecond, lowPerSecond, highPerSecond) = (limit, low, high)
            sentence =
                "The limit is \(rate(limit)); with a confidence of \(Units.share(confidence)) one more search here would end between \(rate(low)) and \(rate(high)).\(failure)"
        case .unreproducible(let low, let high):
            answer = .unreproducible
            (lowPerSecond, highPerSecond) = (low, high)
            sentence =
                "Cannot be told on this machine: the searches differ too much from each other; one more would end anywhere between \(rate(low)) and \(rate(high)).\(atLeast)"
        case .generator:
            answer = .generatorLimited
            sentence =
                "Cannot be told on this machine: Waybill itself has no time for more, before the broker is at its end.\(atLeast)\(failure)"
        case .aboveAll(let greatest):
            answer = .aboveRange
            sentence = "The limit is above \(rate(greatest)), the greatest rate that was asked for."
        case .belowAll(let least):
            answer = .belowRange
            exitCode = trials.last?.exitCode ?? .inconclusive
            sentence =
                "The limit is below \(rate(least)), the least rate that was asked for, so it is hardly a matter of the rate.\(failure)"
        }
    }

    /// The bytes of `limit.json`.
    package func json() throws -> Data { try JSONOutput.encode(self) }

    /// `curve.csv`: a row for each trial, by its rate.
    package var csv: String {
        let header =
            "rate_per_second,outcome,published_per_second,delivered_per_second,p50_seconds,p90_seconds,p99_seconds,p999_seconds,max_seconds,generator_microseconds_per_message,broker_microseconds_per_message,directory"
        func cell(_ value: Double?) -> String { value.map { "\($0)" } ?? "" }
        let rows = trials.enumerated().sorted { ($0.element.ratePerSecond, $0.offset) < ($1.element.ratePerSecond, $1.offset) }.map {
            _, trial in
            let (figures, latency) = (trial.figures, trial.latencySeconds)
            return
                ([cell(trial.ratePerSecond), trial.outcome.rawValue]
                + [
                    figures.publishedPerSecond, figures.deliveredPerSecond, latency.p50, latency.p90, latency.p99, latency.p999,
                    latency.max,
                    figures.generatorMicrosecondsPerMessage, figures.brokerMicrosecondsPerMessage,
                ].map(cell) + [trial.directory]).joined(separator: ",")
        }
        return ([header] + rows).joined(separator: "\n") + "\n"
    }
}

extension LimitReport.Trial {
    /// A trial of a rate.
    package init(directory: String, rate: Double, result: RunResult) {
        let missed = result.thresholds.filter { !$0.met }.map(\.text) + result.requirements.filter { !$0.met }.map { "required \($0.text)" }
        let reasons: [String] =
            switch result.exitCode {
            case .ok: []
            case .violation: result.anomalies.prefix(3).map { "\($0.class) \(Units.count($0.count))" }
            case .inconclusive: Array(result.doubts.prefix(1))
            default: missed
            }
        // What held did so whatever the generator lacked: its lateness is in the latencies. And no lateness of whoever sends allows a broker to break a rule.
        let outcome: LimitSearch.Outcome =
            switch result.exitCode {
            case .ok: .held
            case .violation: .failed
            default: result.generator.limited ? .generatorLimited : .failed
            }
        self.init(
            directory: directory, ratePerSecond: rate, outcome: outcome, exitCode: result.exitCode,
            why: reasons.isEmpty ? nil : reasons.joined(separator: ", ").trimmingCharacters(in: ["."]), figures: .init(result),
            latencySeconds: result.latencySeconds)
    }
}

/// The search for a limit for a person: the answer, and the curve.
package enum LimitText {
    /// Writes the answer.
    /// - Parameters:
    ///   - report: what came out.
    ///   - directory: where its files are.
    ///   - colour: whether to emphasise with escape sequences.
    ///   - width: the most columns of a line, 60 or more.
    package static func render(_ report: LimitReport, directory: String, colour: Bool, width: Int = 100) -> String {
        TextLayout.$width.withValue(width) {
            let style = TextStyle(colour: colour)
            let sections = SummarySections(style: style)
            var lines = TextLayout.wrap(report.sentence, first: "", rest: "  ")
            lines += sections.table(
                ["Load, msg/s", "trials", "held", "published/s", "delivered/s", "p50", "p99", "µs/msg", "broker µs/msg"],
                report.curve.map { point in
                    [Units.rate(point.ratePerSecond), "\(point.trials)", "\(point.held)"] + SeriesTable.cells(point.median)
                })
            lines +=
                [""]
                + TextLayout.wrap(
                    "Files in \(directory), exit code \(report.exitCode.rawValue): \(report.exitCode.meaning)", first: "", rest: "  ")
            return TextStyle.print(lines)
        }
    }
}
