import Glibc

/// What processes and threads of this host have used.
package enum ProcessUsage {
    /// CPU seconds, user and system, of all threads of this process since it started.
    package static func cpuSeconds() -> Double { ownSeconds(CLOCK_PROCESS_CPUTIME_ID) }

    /// CPU seconds, user and system, of the calling thread since it started.
    package static func threadCPUSeconds() -> Double { ownSeconds(CLOCK_THREAD_CPUTIME_ID) }

    /// CPU seconds, user and system, of another process of this host since it started, without its children.
    ///
    /// - Parameter process: its process id.
    /// - Returns: `nil` when there is no such process.
    package static func cpuSeconds(ofProcess process: Int32) -> Double? {
        var clock = clockid_t()
        guard clock_getcpuclockid(process, &clock) == 0 else { return nil }
        return seconds(clock)
    }

    /// The most memory a process has ever had resident, in bytes.
    ///
    /// It is read from `VmHWM` in `/proc/PID/status`; the like figure of `getrusage` is inherited from the process that started this one.
    /// - Parameter process: its process id; `nil` for this one.
    /// - Returns: `nil` where there is no such process or `/proc` is not to be read.
    package static func peakMemoryBytes(ofProcess process: Int32? = nil) -> Int? {
        guard let file = fopen("/proc/\(process.map { "\($0)" } ?? "self")/status", "re") else { return nil }
        defer { fclose(file) }
        var line = [CChar](repeating: 0, count: 256)
        while fgets(&line, Int32(line.count), file) != nil {
            let text = String(decoding: line.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
            if text.hasPrefix("VmHWM:") {
                return text.split(whereSeparator: { !$0.isNumber }).first.flatMap { Int($0) }.map { $0 * 1024 }
            }
        }
        return nil
    }

    /// How much memory a process has resident now, in bytes.
    ///
    /// - Parameter process: its process id; `nil` for this one.
    /// - Returns: `nil` where there is no such process, or `/proc` is not to be read.
    package static func memoryBytes(ofProcess process: Int32? = nil) -> Int? {
        guard let file = fopen("/proc/\(process.map(String.init) ?? "self")/statm", "re") else { return nil }
        defer { fclose(file) }
        var line = [CChar](repeating: 0, count: 256)
        guard fgets(&line, Int32(line.count), file) != nil else { return nil }
        let fields = String(decoding: line.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self).split(separator: " ")
        // The second number is what is resident, in pages.
        guard fields.count > 1, let pages = Int(fields[1]) else { return nil }
        return pages * sysconf(Int32(_SC_PAGESIZE))
    }

    /// The clocks of the caller itself exist in every Linux; reading one fails only for a clock that does not.
    private static func ownSeconds(_ clock: clockid_t) -> Double { seconds(clock) ?? 0 }

    private static func seconds(_ clock: clockid_t) -> Double? {
        var time = timespec()
        guard clock_gettime(clock, &time) == 0 else { return nil }
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}
