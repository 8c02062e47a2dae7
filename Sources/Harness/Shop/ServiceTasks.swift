internal import Logging
internal import MQTT
internal import Shop
internal import Workload

/// Services as tasks of this process.
struct ServiceTasks: ShopServices {
    let settings: ServiceSettings
    let own = ServiceName.allCases
    let ownsTraces = true
    var traces: String { settings.traces }

    func run(_ service: ServiceName) async throws {
        let endpoint = settings.endpoints[service] ?? BrokerEndpoint(host: "127.0.0.1", port: 1883)
        var configuration = ServiceConfiguration(
            service: service, host: endpoint.host, port: endpoint.port, store: settings.store(service), traces: traces)
        configuration.addresses = endpoint.addresses
        configuration.instance = service.rawValue
        configuration.credentials = settings.credentials
        configuration.tls = settings.tls
        configuration.durability = settings.shop.durability == .full ? .full : .process
        configuration.qos = QoS(rawValue: settings.shop.qos[service]) ?? .atLeastOnce
        configuration.protocolVersion = settings.shop.protocolVersion == .v5 ? .v5 : .v311
        configuration.workers = settings.shop.workers
        configuration.defects = settings.defects
        let log = try FileLog(path: settings.log(service))
        do {
            try await ShopService(configuration, logger: Logger(label: service.rawValue) { _ in log }).run()
        } catch {
            if Task.isCancelled { return }
            throw HarnessError(
                .failure, "The \(service.rawValue) service ended in the middle of the run: \(error) Its log is \(settings.log(service)).")
        }
        if !Task.isCancelled {
            throw HarnessError(
                .failure, "The \(service.rawValue) service ended in the middle of the run; its log is \(settings.log(service)).")
        }
    }

    func kill(_ service: ServiceName) async throws {
        throw HarnessError(
            .badInput, "The \(service.rawValue) service is a part of this process and cannot be killed alone: set shop.processes.")
    }
}
