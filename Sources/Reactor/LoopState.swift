internal import CLinux
internal import DequeModule

/// What only the loop's thread touches.
final class LoopState {
    var work = Deque<Reactor.Work>()
    var descriptors = DescriptorTable()
    var timers = TimerHeap()
    var endOfTurn: [() -> Void] = []
    var isStopping = false
    /// 64 KiB: as much as a socket's buffer is likely to hold, and no more than the processor's cache does.
    let receiveBuffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 65_536, alignment: 64)
    var ready = [clinux_ready](repeating: clinux_ready(), count: Int(CLINUX_READY_CAPACITY))

    deinit { receiveBuffer.deallocate() }
}
