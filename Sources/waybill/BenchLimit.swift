internal import ArgumentParser
internal import Foundation
internal import Harness
internal import Measurement
internal import Reporting
internal import Workload

/// Whether `find-limit` keeps its word: its answers, repeated, against their own intervals.
struct BenchLimit: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "limit", abstract: "find-limit at a mosquitto, again and again: how many answers lie in the interval of each.")

    /// What sets the limit.
    enum Shape: String, CaseIterable, ExpressibleByArgument {
        /// The broker's queue: the limit is 120/s, however busy the machine is.
        case queue = "limit-queue"
        /// What mosquitto and the machine can do.
        case fanOut = "limit-fan-out"
    }

    @Option(help: "How often.")
    var repeats = 5

    @Option(help: "The profile: limit-queue or limit-fan-out; both where none is named.")
    var shape: Shape?

    func run() async throws {
        let output = FileManager.default.temporaryDirectory.appending(path: "waybill-bench-\(UInt32.random(in: 0 ... .max))").path
        defer { try? FileManager.default.removeItem(atPath: output) }
        for shape in shape.map({ [$0] }) ?? Shape.allCases {
            var reports: [LimitReport] = []
            StandardStream.output.write("\(shape.rawValue)\n      limit/s      low     high   trials   answer\n")
            for number in 1...repeats {
                let command = try FindLimitCommand.parse([
                    "Profiles/\(shape.rawValue).yaml", "--out", output, "--quiet", "--no-curve", "--seed", "\(number)",
                ])
                let report = try await command.find().report
                reports.append(report)
                StandardStream.output.write(
                    String(
                        format: "%5d %9.0f %8.0f %8.0f %8d   %@\n", number, report.limitPerSecond ?? .nan, report.lowPerSecond ?? .nan,
                        report.highPerSecond ?? .nan, report.trials.count, report.answer.rawValue as NSString))
                try? FileManager.default.removeItem(atPath: output)
            }
            let answers = reports.compactMap(\.limitPerSecond).sorted()
            guard answers.count == repeats else {
                StandardStream.output.write("\(answers.count) of \(repeats) found a limit; the others say that it cannot be told here.\n")
                continue
            }
            let middle = answers[answers.count / 2]
            func inside(_ value: Double, _ report: LimitReport) -> Bool {
                (report.lowPerSecond ?? .infinity) <= value && value <= (report.highPerSecond ?? -.infinity)
            }
            let median = reports.count { inside(middle, $0) }
            let pairs = reports.reduce(0) { sum, report in sum + answers.count { inside($0, report) } } - repeats
            StandardStream.output.write(
                "The median of the answers lies in \(median) of \(repeats) intervals, and \(pairs) of \(repeats * (repeats - 1)) times an answer lies in the interval of another.\n"
            )
        }
    }
}
