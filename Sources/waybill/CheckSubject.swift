internal import Foundation
internal import Harness
internal import Reporting
internal import Simulation
internal import Trace
internal import Verification
internal import Workload

/// What is judged as one: the directory of a run, or trace files that belong together.
struct CheckSubject {
    /// What the user named.
    let paths: [String]
    let files: [TraceFile]
    let expectations: Verification.Expectations
    let workflow: Verification.Workflow?
    /// The profile of a run's directory, which says what the run was to carry.
    var profile: Profile?

    /// Sorts out what the user named: each directory is a run of its own, and all files together are one run.
    /// - Parameters:
    ///   - expectations: what to expect of all; `nil` for what a directory's own profile says.
    ///   - workflow: the same of the services' states and quantities.
    /// - Returns: what is judged, and a sentence on each path that is passed over because it is no run and no trace, and on what is passed over in one.
    /// - Throws: one sentence on the first path that is wrong.
    static func all(
        _ paths: [String], expectations: Verification.Expectations?, workflow: Verification.Workflow?
    ) throws -> (subjects: [CheckSubject], notes: [String]) {
        var notes: [String] = []
        var subjects: [CheckSubject] = []
        var files: [String] = []
        var seen: Set<String> = []
        for path in paths {
            var isDirectory: ObjCBool = false
            guard FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) else {
                throw HarnessError(
                    .badInput, "\(path) is not there. Name a directory that 'waybill run' made, or the trace files of one run.")
            }
            // Named twice, a file would count twice.
            guard seen.insert(URL(fileURLWithPath: path).resolvingSymlinksInPath().path).inserted else { continue }
            if paths.count > 1, isSomethingElse(path, isDirectory: isDirectory.boolValue) {
                notes.append("\(path) is no run and no trace, and is skipped.")
            } else if isDirectory.boolValue {
                subjects.append(try directory(path, expectations, workflow, &notes))
            } else {
                files.append(path)
            }
        }
        if !files.isEmpty {
            subjects.append(.init(paths: files, files: try files.map(open), expectations: expectations ?? .init(), workflow: workflow))
        }
        guard !subjects.isEmpty else {
            throw HarnessError(
                .badInput,
                "None of \(paths.joined(separator: ", ")) is a run or a trace. Name a directory that 'waybill run' made, or trace files.")
        }
        return (subjects, notes)
    }

    private static func directory(
        _ path: String, _ expectations: Verification.Expectations?, _ workflow: Verification.Workflow?, _ notes: inout [String]
    ) throws -> CheckSubject {
        let directory = try RunDirectory(existing: path)
        var profile: Profile?
        if FileManager.default.fileExists(atPath: directory.profile) {
            let (stored, passedOver) = try Profile.loadStored(path: directory.profile)
            profile = stored
            notes += passedOver.map { "\($0) The run is over, so it is passed over." }
        }
        // Kept traces of a self-test have no profile; what they are judged by stands beside them.
        func beside(_ name: String) -> String? {
            let file = "\(directory.path)/\(name)"
            return profile == nil && FileManager.default.fileExists(atPath: file) ? file : nil
        }
        let expected =
            try expectations ?? profile?.checkerExpectations
            ?? beside(SelfTestTraces.expectationsFile).map {
                try Profile.Expectations.load(path: $0).ofChecker
            }
        let rules =
            try workflow ?? profile?.checkerWorkflow
            ?? beside(SelfTestTraces.workflowFile).map {
                try WorkflowDefinition.load(path: $0).ofChecker
            }
        return .init(
            paths: [path], files: try directory.traces.map(open), expectations: expected ?? .init(), workflow: rules, profile: profile)
    }

    /// Whether a path that stands among others is no run and no trace, as `runs/*` may name some.
    private static func isSomethingElse(_ path: String, isDirectory: Bool) -> Bool {
        if isDirectory { return (try? RunDirectory(existing: path)) == nil }
        return !path.hasSuffix(".trace") && (try? TraceFile(path: path)) == nil
    }

    private static func open(_ path: String) throws -> TraceFile {
        do {
            return try TraceFile(path: path)
        } catch {
            throw HarnessError(.badInput, "\(error)")
        }
    }

    /// Judges it.
    func check() throws -> CheckReport {
        do {
            let report = try Checker.check(files, expectations: expectations, workflow: workflow)
            return profile.map { report.doubted(Carriage($0, report).doubts) } ?? report
        } catch {
            throw HarnessError(.badInput, "\(error)")
        }
    }
}
