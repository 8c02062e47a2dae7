internal import Causality
internal import Printing
package import Trace

/// Writes a run as a log for ShiViz, which draws it and lets one search it: for each event a line that says what it is, and a line with the
/// process and its clock. The regular expression for its parser is ``parser``.
///
/// The clocks count events and not publishes: at each event of a process its own entry rises by one, from 1; a delivery takes over what its
/// publish knew. Only events that are written count, so a slice begins at 1 again and names nothing outside. What happens outside of a slice
/// still passes knowledge on.
package struct ShiVizLog {
    /// What to give ShiViz as the regular expression of the parser.
    package static let parser = #"(?<event>.*)\n(?<host>\S*) (?<clock>{.*})"#

    private let files: [TraceFile]
    private let slice: TraceSlice
    private let names: ProcessNames
    private let texts: EventText

    /// - Parameters:
    ///   - files: the files of one run.
    ///   - slice: which events to write.
    package init(_ files: [TraceFile], _ slice: TraceSlice) {
        self.files = files
        self.slice = slice
        // The parser takes a process up to the first space.
        let names = ProcessNames(files) { String(VisibleText.line($0).map { $0.isWhitespace || $0 == "{" ? "_" : $0 }) }
        self.names = names
        texts = EventText { names[$0] }
    }

    /// Writes the log, line by line.
    /// - Returns: what could not be decoded.
    package func write<Failure: Error>(_ line: (String) throws(Failure) -> Void) throws(Failure) -> [(file: Int, damage: TraceDamage)] {
        var trace = MergedTrace(files)
        var clocks: [UInt32: VectorTimestamp] = [:]
        var published: [Evidence.Message: VectorTimestamp] = [:]
        while let element = trace.next() {
            guard let process = element.event.actor?.process else { continue }
            let message = element.event.message.map {
                (Evidence.Message(publisher: $0.publisher, sequence: $0.sequence, attempt: $0.attempt), $0.isPublish)
            }
            if let (message, isPublish) = message, !isPublish, let past = published[message] {
                clocks[process, default: VectorTimestamp()].merge(past)
            }
            if slice.contains(element.event, file: element.file) {
                clocks[process, default: VectorTimestamp()].increment(process)
                let fields = ExportedEvent(element.event, at: element.offset, of: files[element.file])
                try line(VisibleText.line(texts.line(fields)))
                try line("\(names[process]) \(clock(clocks[process] ?? VectorTimestamp()))")
            }
            // The first publish of a message is the one that deliveries are of.
            if let (message, isPublish) = message, isPublish, published[message] == nil, let clock = clocks[process] {
                published[message] = clock
            }
        }
        return trace.damages
    }

    private func clock(_ clock: VectorTimestamp) -> String {
        JSONText.object(clock.entries.map { (names[$0.process], "\($0.count)") })
    }
}
