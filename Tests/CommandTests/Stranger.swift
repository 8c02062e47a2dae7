import Foundation
import Glibc

/// A client that is none of Waybill's: a socket on the loopback interface that speaks as much of MQTT 3.1.1 as a case needs.
final class Stranger {
    private let descriptor: Int32

    struct Failure: Error, CustomStringConvertible { var description: String }

    /// Connects, a clean session, and waits for CONNACK. Whoever used the identifier is thrown out by that.
    init(port: UInt16, clientID: String) throws {
        descriptor = try Self.connect(port)
        let id = Array(clientID.utf8)
        let body: [UInt8] = [0, 4] + Array("MQTT".utf8) + [4, 2, 0, 60, UInt8(id.count >> 8), UInt8(id.count & 255)] + id
        try send([0x10, UInt8(body.count)] + body)
        var answer = [UInt8](repeating: 0, count: 4)
        var count = 0
        while count < 4 {
            let more = answer.withUnsafeMutableBytes { Glibc.recv(descriptor, $0.baseAddress! + count, 4 - count, 0) }
            guard more > 0 else { throw Failure(description: "no CONNACK came: \(String(cString: strerror(errno)))") }
            count += more
        }
        guard answer[0] == 0x20, answer[3] == 0 else { throw Failure(description: "CONNACK is \(answer)") }
    }

    deinit { close(descriptor) }

    /// Publishes at QoS 0.
    func publish(_ text: String, to topic: String) throws {
        let name = Array(topic.utf8)
        let body = [UInt8(name.count >> 8), UInt8(name.count & 255)] + name + Array(text.utf8)
        try send([0x30, UInt8(body.count)] + body)
    }

    /// Packets here are shorter than 128 bytes, so a length takes one.
    private func send(_ packet: [UInt8]) throws {
        let sent = packet.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
        guard sent == packet.count else { throw Failure(description: "cannot send: \(String(cString: strerror(errno)))") }
    }

    private static func connect(_ port: UInt16) throws -> Int32 {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = loopback(port)
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 else {
            close(descriptor)
            throw Failure(description: "nobody listens on port \(port)")
        }
        // An answer that does not come fails the test; it does not hang it.
        var limit = timeval(tv_sec: 60, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        return descriptor
    }
}

/// 127.0.0.1 and a port.
func loopback(_ port: UInt16) -> sockaddr_in {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    return address
}
