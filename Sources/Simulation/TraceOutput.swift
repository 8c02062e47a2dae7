import Foundation
import Trace

/// Writes a world as the trace files that its clients would have written.
struct TraceOutput {
    /// A wall clock that is the same in every run.
    private static let epoch: UInt64 = 1_700_000_000_000_000_000

    /// Writes the files into an empty directory.
    /// - Returns: their paths.
    static func write(_ world: World, to directory: String, _ random: SplitMix64) async throws -> [String] {
        var random = random
        let count = random.pick(1...4)
        let cut = random.element(of: [0, 1, 5, 20])
        var paths: [String] = []
        var writers: [TraceWriter] = []
        for number in 0..<count {
            let header = TraceHeader(
                run: world.plan.run, writer: UInt32(number), name: "reactor-\(number)", host: "simulated",
                clock: Array(repeating: 7, count: 16), anchor: ClockAnchor(monotonic: Plan.start, wall: epoch + Plan.start))
            paths.append("\(directory)/reactor-\(number).trace")
            writers.append(try TraceWriter(path: paths[number], header: header))
        }
        let places = world.clients.map { _ in random.pick(0...count - 1) }
        for (client, place) in zip(world.clients, places) {
            writers[place].define(process: client.plan.process, name: client.plan.name, group: client.plan.group)
        }
        for record in world.records {
            let writer = writers[record.client.map { places[$0] } ?? 0]
            record.write(writer, record.client.map { world.clients[$0].plan.process } ?? 0)
            if random.chance(cut) { writer.flush() }
        }
        for writer in writers { try await writer.close() }
        try damage(paths, world.injection.fault, &random)
        return paths
    }

    /// Tears one file as a crash or a bad disk would.
    private static func damage(_ paths: [String], _ fault: Fault?, _ random: inout SplitMix64) throws {
        guard fault == .tornEnd || fault == .tornMiddle else { return }
        let path = random.element(of: paths)
        var bytes = try Data(contentsOf: URL(filePath: path))
        let header = Int(bytes[12]) | Int(bytes[13]) << 8
        let place = random.pick(header...bytes.count - 1)
        if fault == .tornEnd { bytes.removeSubrange(place...) } else { bytes[place] ^= UInt8(random.pick(1...255)) }
        try bytes.write(to: URL(filePath: path))
    }
}
