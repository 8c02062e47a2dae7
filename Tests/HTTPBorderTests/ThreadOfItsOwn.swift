import Dispatch

/// Runs the tasks that prefer it one after the other, on none of the threads that all other tasks share: what runs here may block.
final class ThreadOfItsOwn: TaskExecutor {
    private let queue = DispatchQueue(label: "blocking clients")

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.async { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}
