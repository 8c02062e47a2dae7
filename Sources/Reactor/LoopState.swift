internal import CLinux
internal import DequeModule

/// What only the loop's thread touches.
final class LoopState {
    var work = Deque<Reactor.Work>()
    var descriptors = DescriptorTable()
    var timers = TimerHeap()
    var endOfTurn: [() -> Void] = []
    /// Those that run; the two change places, so that neither is allocated anew.
    var endingTurn: [() -> Void] = []
    /// The least time between two polls for descriptors, in nanoseconds; 0 for none.
    var coalescing: UInt64 = 0
    /// When the latest poll for descriptors began.
    var polled: UInt64 = 0
    var isStopping = false
    /// When the clock was looked at last.
    var turnTime: UInt64 = 0
    /// 64 KiB: as much as a socket's buffer is likely to hold, and no more than the processor's cache does.
    let receiveBuffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 65_536, alignment: 64)
    var ready = [clinux_ready](repeating: clinux_ready(), count: Int(CLINUX_READY_CAPACITY))

    deinit { receiveBuffer.deallocate() }
}
