import Foundation
import Glibc
import Synchronization
import Testing

/// A broker on a free loopback port that acknowledges CONNECT, PINGREQ and publishes at QoS 1, and does not answer all that it should.
/// It lives until it is stopped, each connection on a thread of its own.
final class MuteBroker: Sendable {
    /// What it leaves unanswered.
    enum Silence: String, CaseIterable, CustomTestStringConvertible {
        /// Not even CONNECT.
        case connect
        /// Every SUBSCRIBE.
        case subscribe
        /// Every SUBSCRIBE but those for what the broker says of itself.
        case subscribeExceptSystem

        var testDescription: String { rawValue }
    }

    struct Failure: Error {}

    let port: UInt16
    private let silence: Silence
    private let listener: Int32
    private let connections = Mutex<[Int32]>([])
    private let unanswered = Atomic<Bool>(false)

    init(_ silence: Silence) throws {
        self.silence = silence
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = loopback(0)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let result = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                bind(listener, address, length) == 0 && listen(listener, 64) == 0 && getsockname(listener, address, &length) == 0
            }
        }
        guard result else { throw Failure() }
        self.listener = listener
        port = UInt16(bigEndian: address.sin_port)
        Thread { [self] in
            while true {
                let connection = accept(listener, nil, nil)
                guard connection >= 0 else { return }
                connections.withLock { $0.append(connection) }
                Thread { [self] in serve(connection) }.start()
            }
        }.start()
    }

    /// Whether somebody waits for an answer that does not come.
    var hasKeptSilent: Bool { unanswered.load(ordering: .relaxed) }

    /// Ends all connections and listens no more.
    func stop() {
        shutdown(listener, Int32(SHUT_RDWR))
        connections.withLock { for connection in $0 { shutdown(connection, Int32(SHUT_RDWR)) } }
        close(listener)
    }

    private func serve(_ connection: Int32) {
        func read(_ count: Int) -> [UInt8]? {
            var bytes = [UInt8](repeating: 0, count: count)
            var have = 0
            while have < count {
                let more = bytes.withUnsafeMutableBytes { recv(connection, $0.baseAddress! + have, count - have, 0) }
                guard more > 0 else { return nil }
                have += more
            }
            return bytes
        }
        func answer(_ bytes: [UInt8]) {
            _ = bytes.withUnsafeBytes { send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
        }
        while let first = read(1)?[0] {
            var (length, shift) = (0, 0)
            while let byte = read(1)?[0] {
                length |= Int(byte & 127) << shift
                shift += 7
                if byte < 128 { break }
            }
            guard let body = length == 0 ? [] : read(length) else { break }
            switch first >> 4 {
            case 1 where silence != .connect: answer([0x20, 2, 0, 0])
            case 3 where first >> 1 & 3 == 1:
                let end = 2 + Int(body[0]) << 8 + Int(body[1])
                answer([0x40, 2, body[end], body[end + 1]])
            case 8 where silence == .subscribeExceptSystem && String(decoding: body, as: UTF8.self).contains("$SYS"):
                answer([0x90, 3, body[0], body[1], 0])
            case 1, 8: unanswered.store(true, ordering: .relaxed)
            case 12: answer([0xd0, 0])
            case 14: shutdown(connection, Int32(SHUT_RDWR))
            default: break
            }
        }
        // Its number may be another connection's at once, which ``stop()`` has to leave alone.
        connections.withLock { connections in
            connections.removeAll { $0 == connection }
            close(connection)
        }
    }
}
