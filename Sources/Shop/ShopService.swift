public import Logging
internal import Reactor

/// One of the four services, as a long-running part of whatever program.
public struct ShopService: Sendable {
    /// What it was made with.
    public let configuration: ServiceConfiguration
    /// Where its local clients follow what happens.
    public let edge = EdgeHub()
    private let logger: Logger

    /// Makes a service that does nothing yet.
    /// - Parameter logger: gets a line for what happens to the service, and at level debug one for each event.
    public init(_ configuration: ServiceConfiguration, logger: Logger) {
        self.configuration = configuration
        var logger = logger
        logger[metadataKey: "service"] = "\(configuration.service.rawValue)"
        logger[metadataKey: "instance"] = "\(configuration.instance)"
        self.logger = logger
    }

    /// Serves until the task is cancelled. Then what was received is stored, what is stored is handed to the broker as far as it takes it, and the
    /// trace is closed; a service that is started again with the same store goes on from there.
    /// - Throws: ``ShopError``, `MQTTError`, `TraceError`, `ReactorError`, each one sentence, where the service cannot begin or go on.
    public func run() async throws {
        let reactor = try Reactor(name: configuration.service.rawValue)
        let store = try ShopStore(path: configuration.store, of: configuration.service, durability: configuration.durability)
        let host = ServiceHost(configuration, store: store, reactor: reactor, edge: edge, logger: logger)
        do {
            try await serve(host)
        } catch is CancellationError {
        } catch {
            logger.critical("the service ends", metadata: ["reason": "\(error)"])
            await reactor.stop()
            throw error
        }
        // Not in the task that was cancelled: what is under way has to come to its end.
        let stopping = Task(executorPreference: reactor) { try await host.stop() }
        let stopped = await stopping.result
        await reactor.stop()
        logger.info("stopped")
        try stopped.get()
    }

    private func serve(_ host: ServiceHost) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask(executorPreference: host.reactor) { try await host.run() }
            if let port = configuration.httpPort {
                let pages = ServicePages(host: host, edge: edge)
                let address = configuration.httpAddress
                group.addTask { try await pages.serve(address: address, port: port) }
            }
            defer { group.cancelAll() }
            try await group.next()
        }
        try Task.checkCancellation()
    }
}
