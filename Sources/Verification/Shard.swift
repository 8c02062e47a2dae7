import Dispatch
import Synchronization
import Trace

/// The processes that one pass judges, and the files it reads for that.
struct Shard {
    let number: UInt8
    let files: [Int]
    /// The shard of each process; empty where there is only one.
    private let owners: [UInt8]

    /// A shard of some processes, whatever files they act in.
    init(of some: Set<Int>, _ index: RunIndex) {
        self.init(
            number: 1, files: Array(index.files.indices), owners: index.processes.indices.map { some.contains($0) ? 1 : 0 })
    }

    private init(number: UInt8, files: [Int], owners: [UInt8]) {
        self.number = number
        self.files = files
        self.owners = owners
    }

    /// Whether this shard judges a process.
    @inline(__always)
    func owns(_ process: Int) -> Bool { owners.isEmpty || owners[process] == number }

    /// Shares the processes out. Where there are as many files as shards and every process acts in one file, each file is read by one
    /// shard only; otherwise every shard reads them all.
    static func split(_ index: RunIndex, into count: Int) -> [Shard] {
        let count = min(count, 64, max(1, index.processes.count))
        guard count > 1 else { return [Shard(number: 0, files: Array(index.files.indices), owners: [])] }
        let isByFile = index.files.count >= count && !index.processes.contains { $0.actsInSeveralFiles }
        guard isByFile else {
            let owners = index.processes.indices.map { UInt8($0 % count) }
            return (0..<count).map { Shard(number: UInt8($0), files: Array(index.files.indices), owners: owners) }
        }
        var loads = Array(repeating: 0, count: count)
        var shardOfFile = Array(repeating: 0, count: index.files.count)
        for file in index.files.indices.sorted(by: { index.files[$0].byteCount > index.files[$1].byteCount }) {
            let least = loads.indices.min { loads[$0] < loads[$1] } ?? 0
            shardOfFile[file] = least
            loads[least] += index.files[file].byteCount
        }
        let owners = index.processes.map { UInt8($0.file.map { shardOfFile[$0] } ?? 0) }
        return (0..<count).map { number in
            Shard(number: UInt8(number), files: index.files.indices.filter { shardOfFile[$0] == number }, owners: owners)
        }
    }
}

extension DeliveryPass {
    /// Reads all deliveries, shared out over threads by subscriber.
    static func read(_ index: RunIndex, _ expectations: Expectations, shards count: Int) -> DeliveryPass {
        let shards = Shard.split(index, into: count)
        let results = Mutex<[DeliveryPass?]>(Array(repeating: nil, count: shards.count))
        DispatchQueue.concurrentPerform(iterations: shards.count) { number in
            var pass = DeliveryPass(index, expectations, shards[number])
            pass.read()
            results.withLock { [pass] in $0[number] = pass }
        }
        var passes = results.withLock { passes in
            let taken = passes.compactMap { $0 }
            passes = []
            return taken
        }
        var merged = passes.removeFirst()
        for pass in passes { merged.add(pass) }
        merged.doubts.add(deliveriesTo: index.doubts)
        merged.reportStamps()
        merged.readUnclearPackets()
        merged.findings.sort()
        return merged
    }

    /// Takes over what another shard found.
    private mutating func add(_ other: DeliveryPass) {
        let offset = states.count
        states += other.states
        lanes += other.lanes
        other.numbers.forEach { numbers[$0, $1] = $2 + offset }
        findings.add(other.findings)
        tally.add(other.tally)
        corrupt.merge(other.corrupt, uniquingKeysWith: +)
        causal.add(other.causal) { other.shard.owns($0) }
        addSessions(other)
        retainedDeliveries += other.retainedDeliveries
        strangers.merge(other.strangers, uniquingKeysWith: +)
        packets.unclear.formUnion(other.packets.unclear)
        doubts.add(deliveriesTo: other.doubts)
        for process in index.processes.indices where other.shard.owns(process) {
            for session in index.processes[process].sessions { matches[session] = other.matches[session] }
        }
    }
}
