import Foundation
import Testing
import Trace

/// Files that were written before lanes and CRC-32C: one of a run, and the two that scripts/trace_format.py wrote then. Beside each is what was exported from it then.
@Suite struct VersionOneTests {
    @Test(arguments: ["reactor-0", "small", "all"]) func isReadAsItWas(name: String) throws {
        let directory = try #require(Bundle.module.resourceURL).appendingPathComponent("VersionOne")
        let file = try TraceFile(path: directory.appendingPathComponent(name + ".trace").path)
        var lines = [ExportedEvent.csvHeader]
        let damages = file.forEach { event, offset in lines.append(ExportedEvent(event, at: offset, of: file).csvRow) }
        let expected = try String(contentsOf: directory.appendingPathComponent(name + ".csv"), encoding: .utf8)
        #expect(lines == expected.split(separator: "\n").map { $0.trimmingCharacters(in: ["\r"]) })
        #expect(file.header.version == .one && file.isComplete && damages == [])
    }

    /// A service of an older Waybill was killed and comes back as this one: its file is completed in its own version.
    @Test func isCompletedAsItWas() throws {
        let source = try #require(Bundle.module.resourceURL).appendingPathComponent("VersionOne/reactor-0.trace")
        let whole = [UInt8](try Data(contentsOf: source))
        let file = try TraceFile(path: source.path)
        let directory = try TemporaryDirectory()
        let path = directory.path + "/a.trace"
        let last = try #require(file.chunks.last)
        let committed = try TraceChunk(bytes: Array(whole[last.offset..<whole.count - 56]))
        for length in [last.offset, last.offset + 50, whole.count - 56, whole.count - 1] {
            try Data(whole[..<length]).write(to: URL(fileURLWithPath: path))
            _ = try TraceRecovery.complete(path, committed: committed)
            #expect([UInt8](try Data(contentsOf: URL(fileURLWithPath: path))) == whole, "\(length) bytes")
        }
        // A chunk of another version belongs to another file.
        let writer = try TraceWriter(path: directory.path + "/new.trace", run: 1, writer: 1, name: "w", synchronous: true)
        writer.mark(at: 1, .note, text: "")
        let chunk = try #require(writer.cut())
        try Data(whole[..<last.offset]).write(to: URL(fileURLWithPath: path))
        let error = #expect(throws: TraceError.self) { try TraceRecovery.complete(path, committed: chunk) }
        #expect(
            error?.description.contains("is of another version than chunk 0, which was committed") == true, "\(String(describing: error))")
    }
}
