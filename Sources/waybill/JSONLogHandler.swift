internal import Foundation
internal import Logging
internal import Printing
internal import Synchronization

/// Writes each log message as one line of JSON on the standard error.
struct JSONLogHandler: LogHandler {
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.info

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        var fields = ["time": Self.time(), "level": event.level.rawValue, "message": "\(event.message)"]
        for (key, value) in metadata.merging(event.metadata ?? [:], uniquingKeysWith: { $1 }) { fields[key] = "\(value)" }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        guard let line = try? encoder.encode(fields) else { return }
        // One write for a line: lines of several tasks do not mix.
        StandardStream.error.offer(VisibleText.json(String(decoding: line, as: UTF8.self)) + "\n", patience: 1_000)
    }

    private static func time() -> String { Date().formatted(.iso8601.time(includingFractionalSeconds: true)) }
}
