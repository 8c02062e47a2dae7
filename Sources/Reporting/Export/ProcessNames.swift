internal import Trace

/// The names of a run's processes, no two alike.
struct ProcessNames {
    private var names: [UInt32: String] = [:]
    private(set) var groups: [UInt32: String] = [:]

    /// - Parameter clean: makes a name fit where it is to stand.
    init(_ files: [TraceFile], _ clean: (String) -> String = { $0 }) {
        var processes: [UInt32: TraceFile.Process] = [:]
        for file in files { processes.merge(file.processes) { first, _ in first } }
        groups = processes.mapValues(\.group)
        var taken: Set<String> = []
        for (id, process) in processes.sorted(by: { $0.key < $1.key }) {
            var name = clean(process.name)
            if name.isEmpty || taken.contains(name) { name = clean("\(process.name)-\(id)") }
            while !taken.insert(name).inserted { name += "'" }
            names[id] = name
        }
    }

    subscript(process: UInt32) -> String { names[process] ?? "process-\(process)" }

    /// Every process that has a name, ascending.
    var all: [(id: UInt32, name: String)] { names.sorted { $0.key < $1.key }.map { ($0.key, $0.value) } }
}
