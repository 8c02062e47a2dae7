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
        let cut = random.element(of: [0, 1, 5, 20])
        var paths: [String] = []
        var writers: [[TraceWriter]] = []
        for (host, clock) in world.plan.clocks.enumerated() {
            let start = UInt64(Int64(Plan.start) + clock)
            writers.append([])
            for _ in 0..<random.pick(world.plan.clients.contains { $0.twin != nil } ? 2...3 : 1...3) {
                let header = TraceHeader(
                    run: world.plan.run, writer: UInt32(paths.count), name: "reactor-\(paths.count)", host: "host-\(host)",
                    clock: Array(repeating: UInt8(host + 1), count: 16), anchor: ClockAnchor(monotonic: start, wall: epoch + Plan.start))
                paths.append("\(directory)/reactor-\(paths.count).trace")
                writers[host].append(try TraceWriter(path: paths[paths.count - 1], header: header))
            }
        }
        var numbers: [Int] = []
        for client in world.plan.clients {
            let number = random.pick(0...writers[client.host].count - 1)
            // Two processes under one name write files of their own.
            numbers.append(client.twin.map { (numbers[$0] + 1) % writers[client.host].count } ?? number)
        }
        let places = zip(world.plan.clients, numbers).map { client, number in writers[client.host][number] }
        for (client, place) in zip(world.plan.clients, places) {
            place.define(process: client.process, name: client.name, group: client.group)
        }
        writers[0][0].define(process: World.observer, name: "observer", group: "observers")
        for record in world.records {
            let writer = record.client.map { places[$0] } ?? writers[record.host][0]
            record.write(writer, record.client.map { world.plan.clients[$0].process } ?? 0)
            if random.chance(cut) { writer.flush() }
        }
        for writer in writers.joined() { try await writer.close() }
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
