package import Foundation
internal import Measurement
package import Verification

/// What a series of runs came to: `series.json`. docs/results.md says what each key means.
package struct SeriesReport: Codable, Equatable, Sendable {
    /// The version of Waybill that ran it.
    package var waybillVersion: String
    /// When the first run started, in whole seconds.
    package var startedAt: Date
    /// The name of the profile.
    package var profile: String
    /// What the process ends with: the worst of the runs.
    package var exitCode: ExitCode
    /// Whether every run that was meant was made.
    package var complete: Bool
    /// The paths of the parameters, in the order of the profile.
    package var parameters: [String]
    /// How many runs of each cell were meant.
    package var repeats: Int
    /// The combinations of the parameters' values.
    package var cells: [Cell]

    /// Makes a report of a series that has no run yet.
    package init(waybillVersion: String, startedAt: Date, profile: String, parameters: [String], repeats: Int, cells: [[String]]) {
        self.waybillVersion = waybillVersion
        self.startedAt = Date(timeIntervalSince1970: startedAt.timeIntervalSince1970.rounded(.down))
        self.profile = profile
        exitCode = .ok
        complete = false
        self.parameters = parameters
        self.repeats = repeats
        self.cells = cells.enumerated().map { index, values in
            Cell(
                cell: index + 1, parameters: zip(parameters, values).map { Parameter(path: $0, value: $1) }, runs: [],
                median: Figures())
        }
    }

    /// One combination of the parameters' values.
    package struct Cell: Codable, Equatable, Sendable {
        /// Its number, from 1.
        package var cell: Int
        /// What is set in it.
        package var parameters: [Parameter]
        /// Its runs, in the order in which they were made.
        package var runs: [Run]
        /// The medians of the figures of its runs.
        package var median: Figures

        /// The worst of its runs.
        package var exitCode: ExitCode { ExitCode.worst(runs.map(\.exitCode)) }
    }

    /// A value of the profile that a cell sets.
    package struct Parameter: Codable, Equatable, Sendable {
        /// Where it stands.
        package var path: String
        /// As it would be written there.
        package var value: String
    }

    /// One run.
    package struct Run: Codable, Equatable, Sendable {
        /// Its number among those of its cell, from 1.
        package var run: Int
        /// Its directory, in that of the series.
        package var directory: String
        /// The checker's verdict; `nil` where there was no run.
        @Nullable package var verdict: Verdict?
        /// What the run alone would have ended with.
        package var exitCode: ExitCode
        /// Why there was no run; `nil` where there was one.
        @Nullable package var error: String?
        /// Whether Waybill, and not the broker, set the pace.
        package var generatorLimited: Bool
        /// What was measured.
        package var figures: Figures
    }

    /// What was measured of a run, or the medians of several; `nil` where there is nothing.
    package struct Figures: Codable, Equatable, Sendable {
        /// Messages that left, a second of the hold.
        @Nullable package var publishedPerSecond: Double?
        /// Deliveries, a second of the hold.
        @Nullable package var deliveredPerSecond: Double?
        /// Half of the messages took no longer from their intended time.
        @Nullable package var p50Seconds: Double?
        /// 99 % took no longer.
        @Nullable package var p99Seconds: Double?
        /// CPU time of the generator for each published message, in microseconds.
        @Nullable package var generatorMicrosecondsPerMessage: Double?
        /// The same of the broker, where the run started it.
        @Nullable package var brokerMicrosecondsPerMessage: Double?

        /// Nothing.
        package init() {
            _publishedPerSecond = .init(wrappedValue: nil)
            _deliveredPerSecond = .init(wrappedValue: nil)
            _p50Seconds = .init(wrappedValue: nil)
            _p99Seconds = .init(wrappedValue: nil)
            _generatorMicrosecondsPerMessage = .init(wrappedValue: nil)
            _brokerMicrosecondsPerMessage = .init(wrappedValue: nil)
        }

        /// Those of a run.
        package init(_ result: RunResult) {
            self.init()
            publishedPerSecond = result.throughputPerSecond.published
            deliveredPerSecond = result.throughputPerSecond.delivered
            p50Seconds = result.latencySeconds.p50
            p99Seconds = result.latencySeconds.p99
            let messages = Double(result.totals.published)
            guard messages > 0 else { return }
            generatorMicrosecondsPerMessage = result.generator.cpuSeconds * 1e6 / messages
            brokerMicrosecondsPerMessage = result.broker.cpuSeconds.map { $0 * 1e6 / messages }
        }

        /// The median of each figure, over those that have it.
        package init(medianOf figures: [Figures]) {
            self.init()
            let all: [WritableKeyPath<Figures, Double?>] = [
                \.publishedPerSecond, \.deliveredPerSecond, \.p50Seconds, \.p99Seconds, \.generatorMicrosecondsPerMessage,
                \.brokerMicrosecondsPerMessage,
            ]
            for figure in all { self[keyPath: figure] = Self.median(figures.compactMap { $0[keyPath: figure] }) }
        }

        private static func median(_ values: [Double]) -> Double? {
            let sorted = values.sorted()
            guard !sorted.isEmpty else { return nil }
            let middle = sorted.count / 2
            return sorted.count.isMultiple(of: 2) ? (sorted[middle - 1] + sorted[middle]) / 2 : sorted[middle]
        }
    }

    /// Takes a run over into its cell.
    /// - Parameter cell: the cell's place in ``cells``.
    package mutating func add(_ run: Run, to cell: Int) {
        cells[cell].runs.append(run)
        cells[cell].median = Figures(medianOf: cells[cell].runs.map(\.figures))
        exitCode = ExitCode.worst(cells.flatMap(\.runs).map(\.exitCode))
        complete = cells.allSatisfy { $0.runs.count == repeats }
    }

    /// The bytes of `series.json`.
    package func json() throws -> Data { try JSONOutput.encode(self) }
}

extension SeriesReport.Run {
    /// A run that was made.
    package init(run: Int, directory: String, result: RunResult) {
        self.init(
            run: run, directory: directory, verdict: result.verdict, exitCode: result.exitCode,
            error: nil, generatorLimited: result.generator.limited, figures: .init(result))
    }

    /// A run that could not be made.
    package init(run: Int, directory: String, error: String) {
        self.init(
            run: run, directory: directory, verdict: nil, exitCode: .failure,
            error: error, generatorLimited: false, figures: .init())
    }
}

extension ExitCode {
    /// That of several runs: the first of 105, 120, 1, 121, 99 that one of them has.
    package static func worst(_ codes: [ExitCode]) -> ExitCode {
        [.interrupted, .violation, .failure, .badInput, .inconclusive, .thresholdMissed].first(where: codes.contains) ?? .ok
    }
}
