/// A descriptor that a reactor watches. It names a slot and the slot's generation, so an event that was already fetched for a
/// descriptor closed in the same turn reaches nobody.
public struct Registration: Equatable, Sendable {
    let slot: UInt32
    let generation: UInt32

    var tag: UInt64 { UInt64(generation) << 32 | UInt64(slot) }
}

/// What to watch a descriptor for, in the bits of CLinux. Errors and hang-ups are always reported.
public struct Interest: OptionSet, Sendable {
    /// The raw bits.
    public let rawValue: UInt8

    /// Makes a set of raw bits.
    public init(rawValue: UInt8) { self.rawValue = rawValue }

    /// There is something to read.
    public static let read = Interest(rawValue: 1)
    /// There is room to write.
    public static let write = Interest(rawValue: 2)
}

/// What a descriptor is ready for, in the bits of CLinux.
public struct Readiness: OptionSet, Sendable {
    /// The raw bits.
    public let rawValue: UInt8

    /// Makes a set of raw bits.
    public init(rawValue: UInt8) { self.rawValue = rawValue }

    /// There is something to read, or the peer closed.
    public static let read = Readiness(rawValue: 1)
    /// There is room to write.
    public static let write = Readiness(rawValue: 2)
    /// The descriptor failed or hung up.
    public static let failed = Readiness(rawValue: 4)

    init(state: UInt32) {
        self.init(rawValue: UInt8(truncatingIfNeeded: state))
    }
}

extension Reactor {
    /// Watches a descriptor. On the loop only.
    /// - Parameter handler: a plain call on the loop for each turn in which the descriptor is ready.
    /// - Throws: ``ReactorError`` where the system refuses to watch it.
    public func watch(
        _ descriptor: CInt, for interest: Interest, handler: @escaping (Readiness) -> Void
    ) throws(ReactorError) -> Registration {
        preconditionOnLoop()
        let registration = loop.descriptors.insert(descriptor: descriptor, interest: interest, handler: handler)
        do {
            try poller.add(descriptor, interest: interest, tag: registration.tag)
        } catch {
            loop.descriptors.remove(registration)
            throw error
        }
        return registration
    }

    /// Changes what a descriptor is watched for; costs a system call only where it differs. On the loop only.
    public func change(_ registration: Registration, to interest: Interest) {
        preconditionOnLoop()
        guard let descriptor = loop.descriptors.change(registration, to: interest) else { return }
        poller.change(descriptor, interest: interest, tag: registration.tag)
    }

    /// Stops watching a descriptor; it may have been closed already. On the loop only.
    public func unwatch(_ registration: Registration) {
        preconditionOnLoop()
        guard let descriptor = loop.descriptors.remove(registration) else { return }
        poller.remove(descriptor)
    }
}
