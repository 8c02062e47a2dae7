internal import Foundation
internal import Glibc
internal import Synchronization

/// Connections that take a server's time and give nothing: most say nothing at all, some send one byte now and then. One that the server ends is made
/// again within a second.
final class IdleCrowd: Sendable {
    private let port: UInt16
    private let idle: Int
    private let dripping: Int
    private let isOver = Atomic<Bool>(false)
    private let made = Atomic<Int>(0)

    /// How many connections were made up to now.
    var connections: Int { made.load(ordering: .relaxed) }

    /// Connects from a thread of its own until it is told to leave.
    init(port: UInt16, idle: Int, dripping: Int) {
        self.port = port
        self.idle = idle
        self.dripping = dripping
        var descriptors = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &descriptors)
        descriptors.rlim_cur = descriptors.rlim_max
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &descriptors)
        Thread { [self] in run() }.start()
    }

    func leave() { isOver.store(true, ordering: .relaxed) }

    private func run() {
        var sockets = [CInt](repeating: -1, count: idle + dripping)
        while !isOver.load(ordering: .relaxed) {
            for tick in 0..<10 where !isOver.load(ordering: .relaxed) {
                // A tenth of all at a time, so that they do not come in one flood.
                for index in stride(from: tick, to: sockets.count, by: 10) where isEnded(sockets[index]) {
                    if sockets[index] >= 0 { close(sockets[index]) }
                    sockets[index] = connect()
                }
                for index in idle..<sockets.count where sockets[index] >= 0 {
                    var byte = UInt8(ascii: "G")
                    send(sockets[index], &byte, 1, CInt(MSG_NOSIGNAL | MSG_DONTWAIT))
                }
                // The pace of the crowd: a thread of its own sleeps, and no task waits for it.
                usleep(100_000)
            }
        }
        for socket in sockets where socket >= 0 { close(socket) }
    }

    private func isEnded(_ socket: CInt) -> Bool {
        guard socket >= 0 else { return true }
        var byte: UInt8 = 0
        let count = recv(socket, &byte, 1, CInt(MSG_DONTWAIT))
        return count >= 0 || errno != EAGAIN
    }

    private func connect() -> CInt {
        let descriptor = socket(AF_INET, CInt(SOCK_STREAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
        _ = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        made.add(1, ordering: .relaxed)
        return descriptor
    }
}
