import Foundation
import Glibc
import NIOCore
import Testing

/// A client that is a bare socket on loopback, and sends what no proper client would.
final class RawClient {
    private let descriptor: CInt

    struct Failure: Error, CustomStringConvertible { var description: String }

    init(_ port: UInt16) throws {
        descriptor = socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0)
        // NIO's address, as which C module has sockaddr_in beside NIO depends on the build.
        let descriptor = descriptor
        let result = try SocketAddress(ipAddress: "127.0.0.1", port: Int(port)).withSockAddr { connect(descriptor, $0, socklen_t($1)) }
        guard result == 0 else { throw Failure(description: "cannot connect: \(String(cString: strerror(errno)))") }
        // An answer that does not come fails the test; it does not hang it.
        var limit = timeval(tv_sec: 60, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    }

    deinit { close(descriptor) }

    /// - Returns: whether the other side still takes anything.
    @discardableResult
    func send(_ bytes: [UInt8]) -> Bool {
        var sent = 0
        while sent < bytes.count {
            let more = bytes.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress! + sent, bytes.count - sent, CInt(MSG_NOSIGNAL)) }
            guard more > 0 else { return false }
            sent += more
        }
        return true
    }

    @discardableResult
    func send(_ text: String) -> Bool { send(Array(text.utf8)) }

    func sendNoMore() { shutdown(descriptor, CInt(SHUT_WR)) }

    /// Reads until the end, or until `isEnough` says so.
    func read(until isEnough: (String) -> Bool = { _ in false }) throws -> String {
        var all: [UInt8] = []
        var block = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = recv(descriptor, &block, block.count, 0)
            guard count >= 0 else { throw Failure(description: "cannot read: \(String(cString: strerror(errno)))") }
            if count == 0 { return String(decoding: all, as: UTF8.self) }
            all += block[..<count]
            if isEnough(String(decoding: all, as: UTF8.self)) { return String(decoding: all, as: UTF8.self) }
        }
    }

    /// Whether the other side has ended the connection; it does not wait for that.
    var isEnded: Bool {
        var byte: UInt8 = 0
        let count = recv(descriptor, &byte, 1, CInt(MSG_DONTWAIT | MSG_PEEK))
        return count == 0 || count < 0 && errno != EAGAIN
    }

    /// Whether something waits to be read.
    var isReadable: Bool {
        var byte: UInt8 = 0
        return recv(descriptor, &byte, 1, CInt(MSG_DONTWAIT | MSG_PEEK)) > 0
    }

    /// Asks for a page in one go.
    static func ask(_ port: UInt16, _ request: String) throws -> (status: Int, text: String, body: String) {
        let client = try RawClient(port)
        client.send(request)
        return try client.answer()
    }

    func answer() throws -> (status: Int, text: String, body: String) {
        let text = try read()
        guard let end = text.range(of: "\r\n\r\n"), let status = Int(text.split(separator: " ").dropFirst().first ?? "") else {
            throw Failure(description: "that is no answer: '\(text)'")
        }
        return (status, text, String(text[end.upperBound...]))
    }
}

/// Waits for a condition.
func until(_ what: String, _ holds: () throws -> Bool) async throws {
    let limit = ContinuousClock.now + .seconds(60)
    while try !holds() {
        try #require(ContinuousClock.now < limit, "There was never \(what).")
        try await Task.sleep(for: .milliseconds(5))
    }
}
