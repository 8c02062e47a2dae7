internal import HTTPBorder

/// Asks a service how it is.
enum HealthProbe {
    /// Whether it answers, within five seconds, that it is well.
    static func isHealthy(address: String, port: UInt16) async -> Bool {
        await HTTPProbe.status(address: address, port: port, path: "/health") == 200
    }
}
