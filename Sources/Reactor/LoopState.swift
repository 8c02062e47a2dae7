internal import CLinux
internal import DequeModule

/// What only the loop's thread touches.
final class LoopState {
    var work = Deque<Reactor.Work>()
    var descriptors = DescriptorTable()
    var timers = TimerHeap()
    var endOfTurn: [() -> Void] = []
    var isStopping = false
    var ready = [clinux_ready](repeating: clinux_ready(), count: Int(CLINUX_READY_CAPACITY))
}
