import Glibc

/// Two clocks of one host read at the same moment, in nanoseconds.
public struct ClockAnchor: Equatable, Sendable {
    /// CLOCK_MONOTONIC.
    public var monotonic: UInt64
    /// CLOCK_REALTIME, since 1970.
    public var wall: UInt64

    /// Makes an anchor, for traces of a simulation.
    package init(monotonic: UInt64, wall: UInt64) {
        self.monotonic = monotonic
        self.wall = wall
    }

    static func now() -> ClockAnchor {
        ClockAnchor(monotonic: nanoseconds(CLOCK_MONOTONIC), wall: nanoseconds(CLOCK_REALTIME))
    }

    /// CLOCK_MONOTONIC alone.
    static var monotonicNow: UInt64 { nanoseconds(CLOCK_MONOTONIC) }

    private static func nanoseconds(_ clock: clockid_t) -> UInt64 {
        var time = timespec()
        clock_gettime(clock, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }
}

/// What a trace says about the machine it was written on.
enum Host {
    /// The host's name; `unknown` where it has none.
    static var name: String {
        var bytes = [UInt8](repeating: 0, count: 256)
        let status = bytes.withUnsafeMutableBytes { $0.baseAddress.map { gethostname($0, 255) } ?? -1 }
        let name = bytes.prefix { $0 != 0 }
        return status == 0 && !name.isEmpty ? String(decoding: name, as: UTF8.self) : "unknown"
    }

    /// The 16 bytes of the kernel's boot id, which names the monotonic clock; all 0 where it cannot be read.
    static var clock: [UInt8] {
        let unknown = [UInt8](repeating: 0, count: 16)
        let descriptor = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return unknown }
        defer { close(descriptor) }
        var text = [UInt8](repeating: 0, count: 64)
        let count = text.withUnsafeMutableBytes { read(descriptor, $0.baseAddress, $0.count) }
        let digits = text.prefix(max(0, count)).compactMap { Character(Unicode.Scalar($0)).hexDigitValue }
        guard digits.count == 32 else { return unknown }
        return (0..<16).map { UInt8(digits[2 * $0] << 4 | digits[2 * $0 + 1]) }
    }
}
