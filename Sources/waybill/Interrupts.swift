internal import Foundation
internal import Reporting
internal import Synchronization

/// What INT, TERM, HUP and QUIT do, from the first moment of the process to its last: the first says at once on the standard error what happens, and the
/// second ends the process at once.
///
/// The signals are blocked in every thread, and the main thread does nothing but wait for them. So it may do whatever a thread may do, and it answers however busy the others
/// are. Programs that Waybill starts do not inherit the block.
///
/// A library may unblock them all the same while one of its threads waits (Subprocess does, for the ends of programs). What comes to such a thread is passed on to the main thread; without
/// a handler it would end the process then and there.
enum Interrupts {
    /// What the first signal does.
    private struct Plan {
        /// What happens, as the user is told.
        var sentence = "nothing was begun."
        /// Begins an orderly end; without it the process ends at once.
        var end: (@Sendable () -> Void)?
        /// Whether an orderly end has a limit.
        var isLimited = true
        /// Whether the process ends by itself now, with its exit code.
        var isOver = false
    }

    private static let plan = Mutex(Plan())
    private static let signals = Atomic<Int>(0)
    private static let mainThread = pthread_self()
    /// How long an orderly end may take.
    private static let limit = 5.0
    /// The standard error's reader gets so long, in milliseconds, to take a sentence.
    private static let patience: Int32 = 200

    /// Whether a signal came.
    static var isInterrupted: Bool { signals.load(ordering: .relaxed) > 0 }

    /// Takes the signals over. To be called before the process has a second thread.
    /// - Returns: what to ``attend(_:)`` to.
    static func begin() -> sigset_t {
        // A write to a reader who has gone fails, and who writes knows what to do then.
        signal(SIGPIPE, SIG_IGN)
        var handled = sigset_t()
        sigemptyset(&handled)
        for number in [SIGINT, SIGTERM, SIGQUIT] {
            // A shell has programs in the background ignore INT and QUIT; who names the process in a kill means it all the same.
            sigaddset(&handled, number)
        }
        // What nohup started stays when the terminal goes.
        if !isIgnored(SIGHUP) { sigaddset(&handled, SIGHUP) }
        // Set before any handler asks for it.
        _ = mainThread
        for number in [SIGINT, SIGTERM, SIGQUIT, SIGHUP] where sigismember(&handled, number) == 1 {
            signal(number) { number in
                let before = errno
                pthread_kill(Interrupts.mainThread, number)
                errno = before
            }
        }
        pthread_sigmask(SIG_BLOCK, &handled, nil)
        return handled
    }

    /// From now on the first signal ends the process at once.
    /// - Parameter sentence: what that means for what the command does.
    static func endAtOnce(_ sentence: String) {
        plan.withLock { $0 = Plan(sentence: sentence) }
    }

    /// From now on the first signal is an element of the stream, and whoever reads it has to come to an end within 5 s.
    /// - Parameter sentence: what happens, as the user is told.
    static func orderly(_ sentence: String) -> AsyncStream<Void> {
        let (stream, continuation) = AsyncStream<Void>.makeStream()
        plan.withLock { $0 = Plan(sentence: sentence, end: { continuation.yield() }) }
        if isInterrupted { continuation.yield() }
        return stream
    }

    /// Tells what the first signal does from here on.
    /// - Parameter isLimited: whether what has to be done until the end still has a limit.
    static func go(on sentence: String, isLimited: Bool) {
        plan.withLock { plan in
            plan.sentence = sentence
            plan.isLimited = isLimited
        }
    }

    /// From here on the process ends by itself, and signals change nothing.
    static func finish() { plan.withLock { $0.isOver = true } }

    /// Runs `body`, and cancels it at the first signal.
    /// - Throws: `CancellationError` where that happened; otherwise what `body` throws.
    static func cancelling<Value: Sendable>(_ sentence: String, _ body: @escaping @Sendable () async throws -> Value) async throws -> Value
    {
        let signals = orderly(sentence)
        return try await withThrowingTaskGroup(of: Value?.self) { group in
            group.addTask { try await body() }
            group.addTask {
                for await _ in signals { break }
                return nil
            }
            defer { group.cancelAll() }
            guard let value = try await group.next() ?? nil else {
                group.cancelAll()
                // What body throws now is how it took the cancellation.
                while (try? await group.next()) != nil {}
                throw CancellationError()
            }
            return value
        }
    }

    // MARK: - The main thread

    /// Waits for signals until the process ends.
    static func attend(_ handled: sigset_t) -> Never {
        var handled = handled
        var deadline: Date?
        while true {
            var number: CInt = 0
            if let end = deadline {
                let left = max(0, end.timeIntervalSinceNow)
                var time = timespec(tv_sec: Int(left), tv_nsec: Int(left.truncatingRemainder(dividingBy: 1) * 1e9))
                number = sigtimedwait(&handled, nil, &time)
            } else if sigwait(&handled, &number) != 0 {
                continue
            }
            if number > 0 {
                if take(number) { deadline = Date(timeIntervalSinceNow: limit) }
            } else if deadline.map({ $0.timeIntervalSinceNow <= 0 }) ?? false {
                deadline = nil
                if plan.withLock({ $0.isLimited && !$0.isOver }) {
                    say("not everything came to its end within \(Int(limit)) s, so the rest ends at once. What was recorded stays.")
                    _exit(Reporting.ExitCode.interrupted.rawValue)
                }
            }
        }
    }

    /// Does what a signal asks for.
    /// - Returns: whether an orderly end has begun.
    private static func take(_ number: CInt) -> Bool {
        let earlier = signals.add(1, ordering: .relaxed).oldValue
        let plan = plan.withLock { $0 }
        if plan.isOver { return false }
        guard earlier == 0, let end = plan.end else {
            say(earlier == 0 ? "\(name(number)): \(plan.sentence)" : "\(name(number)) once more: ended at once. What was recorded stays.")
            _exit(Reporting.ExitCode.interrupted.rawValue)
        }
        say("\(name(number)): \(plan.sentence)")
        end()
        return true
    }

    private static func say(_ text: String) { StandardStream.error.offer("waybill: \(text)\n", patience: patience) }

    private static func name(_ number: CInt) -> String {
        switch number {
        case SIGINT: "interrupted"
        case SIGTERM: "SIGTERM"
        case SIGHUP: "SIGHUP"
        default: "SIGQUIT"
        }
    }

    private static func isIgnored(_ number: CInt) -> Bool {
        var action = sigaction()
        sigaction(number, nil, &action)
        // Functions cannot be compared; SIG_IGN is the address 1.
        return unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self) == 1
    }
}
