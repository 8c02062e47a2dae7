internal import Foundation
internal import Harness
internal import Reporting
internal import Trace
internal import Verification

/// What came out of one run that was judged.
struct CheckOutcome {
    let paths: [String]
    let report: CheckReport
    /// The class whose witnesses were asked for.
    let explained: String?
    var evidence: [Evidence] = []
    var drawings: [Evidence.Key: String] = [:]

    init(paths: [String], report: CheckReport, explained: String?) {
        self.paths = paths
        self.report = report
        self.explained = explained
    }

    var code: Reporting.ExitCode { Reporting.ExitCode(verdict: report.verdict, thresholdsMet: true, interrupted: false) }

    /// The code of several runs: one violation is a violation, whatever else could not be seen.
    static func worst(_ codes: [Reporting.ExitCode]) -> Reporting.ExitCode {
        codes.contains(.violation) ? .violation : codes.contains(.inconclusive) ? .inconclusive : .ok
    }

    /// Several runs as JSON.
    struct Several: Encodable {
        var exitCode: Reporting.ExitCode
        var runs: [Entry]
    }

    /// One of several runs: its report, or the explanation that was asked for.
    struct Entry: Encodable {
        var paths: [String]
        var exitCode: Reporting.ExitCode
        var report: CheckReport?
        var explanation: Explanation?
    }

    var entry: Entry {
        let explanation = explanation
        return Entry(paths: paths, exitCode: code, report: explanation == nil ? report : nil, explanation: explanation)
    }

    private var explanation: Explanation? {
        explained.map { name in
            Explanation(
                report.anomalies.first { $0.class == name }, name: name, evidence: evidence, drawings: numbered(name))
        }
    }

    private func numbered(_ name: String) -> [Int: String] {
        Dictionary(uniqueKeysWithValues: drawings.filter { $0.key.class == name }.map { ($0.key.number, $0.value) })
    }

    func json() throws -> Data {
        if let explanation { return try JSONOutput.encode(explanation) }
        return try JSONOutput.encode(report)
    }

    func text(colour: Bool, width: Int) -> String {
        guard let explained else {
            let made = drawings.isEmpty ? "" : "\(drawings.count) drawings in \(DrawingDirectory.place(of: drawings.values.first ?? ""))\n"
            return CheckSummary.render(report, paths: paths, colour: colour, width: width) + made
        }
        return ExplanationText.render(
            report.anomalies.first { $0.class == explained }, name: explained, evidence: evidence, drawings: numbered(explained),
            report: report, paths: paths, colour: colour, width: width)
    }
}

/// Where drawings go.
struct DrawingDirectory {
    let path: String

    /// - Throws: ``HarnessError`` where the directory cannot be made.
    init(path: String) throws {
        do {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
            for name in try FileManager.default.contentsOfDirectory(atPath: path) where Self.isDrawing(name) {
                try FileManager.default.removeItem(atPath: "\(path)/\(name)")
            }
        } catch {
            throw HarnessError(.badInput, "--draw \(path): \(systemReason(of: error)). Choose another directory.")
        }
        self.path = path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
    }

    /// Whether a file has the name of a drawing: `lost-1.svg`, or `run2-lost-1.svg` where several runs were drawn. Those of an earlier check would be
    /// taken for this one's.
    private static func isDrawing(_ name: String) -> Bool {
        guard let match = name.wholeMatch(of: /(run\d+-)?([a-z0-9-]+)-\d+\.svg/) else { return false }
        return ViolationClass(rawValue: String(match.2)) != nil
    }

    static func place(of file: String) -> String { (file as NSString).deletingLastPathComponent }

    /// Draws each witness into a file of its own, named after its class and number.
    func draw(_ evidence: [Evidence], prefix: String) throws -> [Evidence.Key: String] {
        var made: [Evidence.Key: String] = [:]
        for one in evidence {
            let file = "\(path)/\(prefix)\(one.class)-\(one.number).svg"
            do {
                try SpaceTimeDrawing(one).svg().write(toFile: file, atomically: true, encoding: .utf8)
            } catch {
                throw HarnessError(
                    .badInput, "--draw \(path): \(file) cannot be written: \(systemReason(of: error)). Choose another directory.")
            }
            made[one.key] = file
        }
        return made
    }
}
