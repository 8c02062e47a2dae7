/// The watched descriptors of one loop: slots that are used again, each use with a new generation.
struct DescriptorTable {
    private struct Slot {
        var generation: UInt32 = 0
        var descriptor: CInt = -1
        var interest: Interest = []
        var handler: ((Readiness) -> Void)?
    }

    private var slots: [Slot] = []
    private var free: [UInt32] = []
    /// The latest registration of each descriptor: one closed before it was unwatched may have come back under its number.
    private var latest: [CInt: Registration] = [:]

    /// The number of watched descriptors.
    var count: Int { slots.count - free.count }

    mutating func insert(descriptor: CInt, interest: Interest, handler: @escaping (Readiness) -> Void) -> Registration {
        let slot: UInt32
        if let reused = free.popLast() {
            slot = reused
        } else {
            slot = UInt32(slots.count)
            slots.append(Slot())
        }
        slots[Int(slot)].generation += 1
        slots[Int(slot)].descriptor = descriptor
        slots[Int(slot)].interest = interest
        slots[Int(slot)].handler = handler
        let registration = Registration(slot: slot, generation: slots[Int(slot)].generation)
        latest[descriptor] = registration
        return registration
    }

    /// - Returns: the descriptor where the interest differs from what is set, `nil` otherwise and for a stale registration or descriptor.
    mutating func change(_ registration: Registration, to interest: Interest) -> CInt? {
        let slot = Int(registration.slot)
        guard slots[slot].generation == registration.generation, slots[slot].handler != nil, slots[slot].interest != interest else {
            return nil
        }
        slots[slot].interest = interest
        let descriptor = slots[slot].descriptor
        return latest[descriptor] == registration ? descriptor : nil
    }

    /// - Returns: the descriptor, `nil` for a stale registration or descriptor.
    @discardableResult
    mutating func remove(_ registration: Registration) -> CInt? {
        let slot = Int(registration.slot)
        guard slots[slot].generation == registration.generation, slots[slot].handler != nil else { return nil }
        slots[slot].handler = nil
        free.append(registration.slot)
        let descriptor = slots[slot].descriptor
        guard latest[descriptor] == registration else { return nil }
        latest[descriptor] = nil
        return descriptor
    }

    /// The handler an event is for, `nil` where the descriptor is no longer watched.
    func handler(tag: UInt64) -> ((Readiness) -> Void)? {
        let slot = Int(tag & 0xFFFF_FFFF)
        guard slot < slots.count, slots[slot].generation == UInt32(tag >> 32) else { return nil }
        return slots[slot].handler
    }
}
