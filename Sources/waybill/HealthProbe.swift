internal import FlyingFox
internal import FlyingSocks
internal import Foundation

/// Asks a service how it is.
enum HealthProbe {
    /// Whether it answers, within five seconds, that it is well.
    static func isHealthy(address: String, port: UInt16) async -> Bool {
        await withTaskGroup(of: Bool.self) { group in
            group.addTask { (try? await ask(address: address, port: port)) ?? false }
            group.addTask {
                try? await Task.sleep(for: .seconds(5))
                return false
            }
            defer { group.cancelAll() }
            return await group.next() ?? false
        }
    }

    private static func ask(address: String, port: UInt16) async throws -> Bool {
        let socket = try await AsyncSocket.connected(to: .inet(ip4: address, port: port), pool: .client)
        defer { try? socket.close() }
        try await socket.write(Data("GET /health HTTP/1.1\r\nHost: \(address)\r\nConnection: close\r\n\r\n".utf8))
        var line = ""
        for try await byte in socket.bytes {
            if byte == UInt8(ascii: "\r") { break }
            line.append(Character(UnicodeScalar(byte)))
        }
        return line.split(separator: " ").dropFirst().first == "200"
    }
}
