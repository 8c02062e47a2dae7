internal import Synchronization
internal import Trace

/// A number that several workers of a service change, each section of them traced.
protocol Ledger: AnyObject, Sendable {
    /// Changes the number by `delta` unless it would fall below `floor`.
    /// - Parameter order: is called inside the section that changes the number.
    /// - Returns: what `order` gave, or `nil` where the number was left as it is.
    func add(_ delta: Int, notBelow floor: Int, order: () -> UInt64) -> UInt64?
    /// Records what the number is. Only while no worker is at work.
    func count() -> Int
}

/// A ledger under a lock: two sections never overlap.
final class GuardedLedger: Ledger {
    private let lock: LedgerLock
    private let process: UInt32

    init(name: String, initial: Int, process: UInt32, recorder: TraceRecorder) {
        lock = LedgerLock(name: name, initial: Int64(initial), as: process, recorder: recorder)
        self.process = process
    }

    private struct TooLow: Error {}

    func add(_ delta: Int, notBelow floor: Int, order: () -> UInt64) -> UInt64? {
        var number: UInt64?
        do {
            try lock.update(by: Int64(delta), as: process) { value throws(TooLow) in
                let sum = value + Int64(delta)
                if sum < Int64(floor) { throw TooLow() }
                number = order()
                return sum
            }
            return number
        } catch {
            return nil
        }
    }

    func count() -> Int { Int(lock.count(as: process)) }
}

/// The ledgers of a service in one of its lives. A life has locks of its own, because those of the life before ended with it.
final class Ledgers: Sendable {
    private let ledgers: [String: any Ledger]
    /// Numbers the changes of all ledgers.
    private let changes = Atomic<UInt64>(0)

    /// - Parameters:
    ///   - numbers: the ledgers' names and what they read at first.
    ///   - life: how often the service was started in this run.
    ///   - recorder: what sections are recorded with.
    init(_ numbers: [String: Int], life: Int, process: UInt32, recorder: TraceRecorder, isGuarded: Bool = true) {
        var ledgers: [String: any Ledger] = [:]
        for (name, initial) in numbers {
            let traced = "\(name)@\(life)"
            ledgers[name] =
                isGuarded
                ? GuardedLedger(name: traced, initial: initial, process: process, recorder: recorder)
                : UnguardedLedger(name: traced, initial: initial, process: process, recorder: recorder)
        }
        self.ledgers = ledgers
    }

    /// Changes a number; `floor` as in ``Ledger/add(_:notBelow:order:)``.
    /// - Returns: a number that tells changes of one ledger apart, the later the greater; `nil` where nothing was changed.
    @discardableResult
    func add(_ delta: Int, to name: String, notBelow floor: Int = .min) -> UInt64? {
        ledgers[name]?.add(delta, notBelow: floor) { changes.add(1, ordering: .relaxed).newValue }
    }

    /// Records what all of them read. Only while no worker is at work.
    func count() {
        for name in ledgers.keys.sorted() { _ = ledgers[name]?.count() }
    }
}
