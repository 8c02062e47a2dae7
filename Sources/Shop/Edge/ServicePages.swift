internal import FlyingFox
internal import FlyingSocks
internal import Foundation

/// What a service answers over HTTP: how it is, its figures, and the events that its local clients follow.
struct ServicePages: Sendable {
    let host: ServiceHost
    let edge: EdgeHub

    /// Serves until the task is cancelled.
    /// - Throws: ``ShopError`` where the port cannot be opened.
    func serve(address: String, port: UInt16) async throws {
        let server: HTTPServer
        do {
            server = HTTPServer(address: try .inet(ip4: address, port: port), logger: .disabled)
        } catch {
            throw ShopError("'\(address)' is no IPv4 address to serve /health at: use for example 127.0.0.1 or 0.0.0.0.")
        }
        await server.appendRoute("GET /health") { _ in await health() }
        await server.appendRoute("GET /metrics") { request in
            let format = ServiceMetrics.Format(accept: request.headers[HTTPHeader("Accept")])
            return HTTPResponse(
                statusCode: .ok, headers: [.contentType: format.contentType],
                body: Data(ServiceMetrics.text(await host.state(), format).utf8))
        }
        await server.appendRoute("GET /events") { request in follow(request) }
        do {
            try await server.run()
        } catch is CancellationError {
            throw CancellationError()
        } catch {
            try Task.checkCancellation()
            throw ShopError("/health cannot be served at \(address):\(port): \(error). Is the port in use? Give --http another.")
        }
    }

    private func health() async -> HTTPResponse {
        var state = await host.state()
        state.reason = await host.complaint()
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        do {
            return HTTPResponse(
                statusCode: state.reason == nil ? .ok : .serviceUnavailable, headers: [.contentType: "application/json"],
                body: try encoder.encode(state))
        } catch {
            return HTTPResponse(statusCode: .internalServerError, body: Data("The state cannot be told: \(error)\n".utf8))
        }
    }

    private func follow(_ request: HTTPRequest) -> HTTPResponse {
        let filter = request.query.first { $0.name == "filter" }?.value ?? "shop/#"
        guard let events = edge.subscribe(filter) else {
            return HTTPResponse(
                statusCode: .badRequest, body: Data("'\(filter)' is no topic filter; expected one such as shop/+/+/car/bmw/#.\n".utf8))
        }
        return HTTPResponse(
            statusCode: .ok, headers: [.contentType: "text/event-stream", HTTPHeader("Cache-Control"): "no-store"],
            body: HTTPBodySequence(from: EventStream(events: events)))
    }
}
