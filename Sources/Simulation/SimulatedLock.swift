/// A lock that guards a number, its sections, and the truth about them.
final class SimulatedLock {
    let name: String
    let initial: Int64
    var value: Int64
    /// The number before the last change.
    var before: Int64?
    /// By how much the last section changed it.
    var lastDelta: Int64 = 0
    var tokens: UInt64 = 0
    /// Tokens to draw before the next one in turn.
    var drawn: [UInt64] = []
    /// The section that holds it, as the lock itself believes.
    var holder: Int?
    var waiting: [Request] = []
    /// Recorded sections, in the order of time.
    var sections: [Section] = []
    /// A section that let others in before its release: it is released when so many others have come in.
    var lingering: (section: Int, others: Int)?

    struct Request {
        var client: Int
        var delta: Int64
        var invoked: UInt64
    }

    struct Section {
        var client: Int
        var token: UInt64
        var acquired: UInt64
        var read: Int64
        var delta: Int64
        var written: Int64?
        /// When its release began.
        var released: UInt64?
        var isRecorded = true
    }

    init(name: String, initial: Int64) {
        self.name = name
        self.initial = initial
        value = initial
    }
}
