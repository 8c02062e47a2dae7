import Causality

/// What was last written of one publisher's stamp, so that the next record holds only what changed.
struct StampHistory {
    private var last: [VectorTimestamp.Entry] = []
    private var publishes: UInt32 = 0
    /// The entries to write now; meaningful until the next ``advance(to:)``.
    private(set) var changed: [VectorTimestamp.Entry] = []
    /// Whether a lane may have gone on without this: then what was last written is not known here.
    var isPassedBy = false

    /// Forgets what was written: the next stamp is written as a whole.
    mutating func forget() {
        self = StampHistory()
    }
    /// Takes the stamp of the next publish and finds what to write of it.
    /// - Returns: whether the whole stamp is to be written: at the first publish, once in ``TraceFormat/checkpointInterval``, and where
    ///   a count fell or an entry went, which a difference cannot say.
    mutating func advance(to stamp: VectorTimestamp) -> Bool {
        let isCheckpoint = publishes % TraceFormat.checkpointInterval == 0
        publishes &+= 1
        let entries = stamp.entries
        changed.removeAll(keepingCapacity: true)
        var sameShape = last.count == entries.count
        var isFull = isCheckpoint
        var old = 0
        for index in entries.indices {
            let entry = entries[index]
            while old < last.count, last[old].process < entry.process {
                isFull = true
                sameShape = false
                old += 1
            }
            if old < last.count, last[old].process == entry.process {
                if last[old].count != entry.count { changed.append(entry) }
                if last[old].count > entry.count { isFull = true }
                if sameShape { last[old].count = entry.count }
                old += 1
            } else {
                sameShape = false
                changed.append(entry)
            }
        }
        if old < last.count { isFull = true }
        if !sameShape {
            last.removeAll(keepingCapacity: true)
            last.append(contentsOf: entries)
        }
        if isFull {
            changed.removeAll(keepingCapacity: true)
            changed.append(contentsOf: entries)
        }
        return isFull
    }
}
