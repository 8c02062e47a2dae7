internal import CLinux
internal import Glibc

/// The epoll descriptor and the eventfd that ends its waiting.
struct Poller {
    /// The tag of the eventfd; no registration has it, because generations start at 1.
    static let wakeTag: UInt64 = 0

    private let epoll: CInt
    private let event: CInt

    init() throws(ReactorError) {
        epoll = clinux_epoll_create()
        guard epoll >= 0 else { throw ReactorError("Opening an epoll descriptor") }
        event = clinux_eventfd()
        guard event >= 0, clinux_epoll_add(epoll, event, UInt32(CLINUX_READ), Self.wakeTag) == 0 else {
            let error = ReactorError("Opening an event descriptor")
            Glibc.close(epoll)
            if event >= 0 { Glibc.close(event) }
            throw error
        }
    }

    func close() {
        Glibc.close(event)
        Glibc.close(epoll)
    }

    /// Ends the present or the next wait. From any thread.
    func wake() {
        var one: UInt64 = 1
        // It can fail only where the counter is full, and then the descriptor is readable anyway.
        _ = write(event, &one, MemoryLayout<UInt64>.size)
    }

    func clearWake() {
        var count: UInt64 = 0
        _ = read(event, &count, MemoryLayout<UInt64>.size)
    }

    func add(_ descriptor: CInt, interest: Interest, tag: UInt64) throws(ReactorError) {
        guard clinux_epoll_add(epoll, descriptor, UInt32(interest.rawValue), tag) == 0 else {
            throw ReactorError("Watching descriptor \(descriptor)")
        }
    }

    func change(_ descriptor: CInt, interest: Interest, tag: UInt64) {
        // It fails only for a descriptor that is closed already, of which nothing more is reported.
        _ = clinux_epoll_change(epoll, descriptor, UInt32(interest.rawValue), tag)
    }

    func remove(_ descriptor: CInt) {
        _ = clinux_epoll_remove(epoll, descriptor)
    }

    /// Waits until a time, whatever comes.
    @inline(never)
    func pause(until deadline: UInt64) {
        var time = timespec(tv_sec: Int(deadline / 1_000_000_000), tv_nsec: Int(deadline % 1_000_000_000))
        // An interruption ends it early, which harms nothing.
        clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, nil)
    }

    /// Waits for descriptors, at most `timeout` nanoseconds (`nil`: until woken), and gives what is ready. A named function of its own, so that a
    /// profile can tell waiting from work.
    @inline(never)
    func waitForDescriptors(timeout: UInt64?, into ready: inout [clinux_ready]) -> Int {
        let limit = timeout.map { Int64(min($0, UInt64(Int64.max))) } ?? -1
        let count = ready.withUnsafeMutableBufferPointer { clinux_epoll_wait(epoll, $0.baseAddress, limit) }
        // Interrupted by a signal: the loop comes round again.
        return max(0, Int(count))
    }
}
