internal import Foundation
internal import MQTT
internal import Shop
internal import Workload

/// A mosquitto for each service, each bridged to the broker of the customers, as where every service stands at a site of its own.
enum ShopBridges {
    /// Starts them for as long as `body` runs.
    /// - Parameter settings: lines of mosquitto.conf that all brokers of the run have.
    /// - Throws: ``HarnessError`` where one does not start; what `body` throws.
    static func with<Value: Sendable>(
        _ shop: Profile.Shop, to master: BrokerTarget, settings: [String], directory: RunDirectory,
        _ interruption: Interruption, _ body: ([ServiceName: BrokerEndpoint]) async throws -> Value
    ) async throws -> Value {
        try await start(ServiceName.allCases[...], [:], shop, master, settings, directory, interruption, body)
    }

    /// One inside the other, so that each lives as long as those within.
    private static func start<Value: Sendable>(
        _ left: ArraySlice<ServiceName>, _ started: [ServiceName: BrokerEndpoint], _ shop: Profile.Shop, _ master: BrokerTarget,
        _ settings: [String], _ directory: RunDirectory, _ interruption: Interruption,
        _ body: ([ServiceName: BrokerEndpoint]) async throws -> Value
    ) async throws -> Value {
        guard let service = left.first else { return try await body(started) }
        let own = "\(directory.path)/edge-\(service.rawValue)"
        try RunDirectory.makeInside(own)
        let lines = settings + bridge(service, shop, master)
        return try await EmbeddedBroker.with(
            settings: lines, directory: own, credentials: master.credentials.map { [$0] } ?? [], interruption: interruption
        ) { broker in
            var started = started
            started[service] = BrokerEndpoint(host: "127.0.0.1", port: broker.port)
            return try await start(left.dropFirst(), started, shop, master, settings, directory, interruption, body)
        }
    }

    /// What comes from a service crosses outwards, what is for it inwards; what the harness asks and the states of the services are among it.
    private static func bridge(_ service: ServiceName, _ shop: Profile.Shop, _ master: BrokerTarget) -> [String] {
        [
            "connection edge-\(service.rawValue)",
            "address \(master.endpoint.host):\(master.endpoint.port)",
            "topic shop/\(service.rawValue)/# out \(shop.qos.greatest)",
            "topic shop/+/\(service.rawValue)/# in \(shop.qos.greatest)",
            // User properties cross in MQTT 5.0 only.
            "bridge_protocol_version \(shop.protocolVersion == .v5 ? "mqttv50" : "mqttv311")",
            "cleansession false", "notifications false", "try_private true", "restart_timeout 1",
        ] + (master.credentials.map { ["remote_username \($0.user)", "remote_password \($0.password ?? "")"] } ?? [])
    }
}
