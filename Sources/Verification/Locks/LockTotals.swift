extension CheckReport {
    /// What the traces say of all locks of the run.
    public struct Locks: Codable, Equatable, Sendable {
        /// The number of locks.
        public var count = 0
        /// The sections that they protected.
        public var sections = 0
        /// The sections that were asked for while another held the lock.
        public var contended = 0
        /// The longest time from asking for a lock to holding it, in nanoseconds.
        public var greatestWaitNanoseconds: UInt64 = 0
        /// The longest time that a section held a lock, in nanoseconds; sections that were not released do not count.
        public var greatestHoldNanoseconds: UInt64 = 0

        /// No lock.
        public init() {}
    }
}
