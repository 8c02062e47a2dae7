/// What the traces say of locks, as it stands there.
struct LockTable {
    private(set) var locks: [Lock] = []
    private var numbers: [ExactText: Int] = [:]

    struct Creation {
        var process: Int
        var at: UInt64
        var initial: Int64
        var place: EventPlace
    }

    struct Acquisition {
        var process: Int
        var at: UInt64
        var invoked: UInt64
        var token: UInt64
        var read: Int64
        var delta: Int64
        var place: EventPlace
    }

    struct Release {
        var process: Int
        var at: UInt64
        var invoked: UInt64
        var token: UInt64
        var written: Int64
        var place: EventPlace
    }

    /// The records of one lock, in the order of reading.
    struct Lock {
        let name: String
        fileprivate(set) var creations: [Creation] = []
        fileprivate(set) var acquisitions: [Acquisition] = []
        fileprivate(set) var releases: [Release] = []
    }

    mutating func add(_ creation: Creation, of lock: String) { locks[number(lock)].creations.append(creation) }

    mutating func add(_ acquisition: Acquisition, of lock: String) { locks[number(lock)].acquisitions.append(acquisition) }

    mutating func add(_ release: Release, of lock: String) { locks[number(lock)].releases.append(release) }

    /// Whether a lock has this name.
    func has(_ name: String) -> Bool { numbers[ExactText(name)] != nil }

    private mutating func number(_ name: String) -> Int {
        if let number = numbers[ExactText(name)] { return number }
        numbers[ExactText(name)] = locks.count
        locks.append(Lock(name: name))
        return locks.count - 1
    }
}

/// What a process said one of its counters reads.
struct CounterReading {
    var process: Int
    var at: UInt64
    var counter: String
    var value: Int64
    var place: EventPlace
}
