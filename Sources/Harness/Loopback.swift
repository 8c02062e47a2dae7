internal import Glibc

/// Ports of 127.0.0.1.
package enum Loopback {
    /// A port that nobody listens on at the moment.
    package static func freePort() -> UInt16? {
        withSocket { descriptor in
            var address = address(port: 0)
            var length = socklen_t(MemoryLayout<sockaddr_in>.size)
            return withUnsafeMutablePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                    guard bind(descriptor, generic, length) == 0, getsockname(descriptor, generic, &length) == 0 else { return false }
                    return true
                }
            } ? UInt16(bigEndian: address.sin_port) : nil
        }
    }

    /// Whether somebody accepts connections there.
    static func accepts(port: UInt16) -> Bool {
        withSocket { descriptor in
            var address = address(port: port)
            return withUnsafePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
                }
            }
        } ?? false
    }

    private static func withSocket<Value>(_ body: (CInt) -> Value?) -> Value? {
        let descriptor = socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        return body(descriptor)
    }

    private static func address(port: UInt16) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
        return address
    }
}
