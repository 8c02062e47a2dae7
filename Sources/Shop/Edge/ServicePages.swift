internal import Foundation
internal import HTTPBorder

/// What a service answers over HTTP: how it is, its figures, and the events that its local clients follow.
struct ServicePages: Sendable {
    let host: ServiceHost
    let edge: EdgeHub

    /// Serves until the task is cancelled.
    /// - Throws: ``ShopError`` where the port cannot be opened.
    func serve(address: String, port: UInt16) async throws {
        do {
            try await HTTPServer(answer: answer).serve(address: address, port: port)
        } catch HTTPServerError.address {
            throw ShopError("'\(address)' is no IP address to serve /health at: use for example 127.0.0.1 or 0.0.0.0.")
        } catch HTTPServerError.port(let reason) {
            throw ShopError("/health cannot be served at \(address):\(port): \(reason). Is the port in use? Give --http another.")
        }
    }

    private func answer(_ question: HTTPQuestion) async -> HTTPAnswer {
        switch question.path {
        case "/health": .page(await health())
        case "/metrics": .page(await metrics(ServiceMetrics.Format(accept: question.accept)))
        case "/events": follow(question["filter"] ?? "shop/#")
        default: .page(HTTPPage(status: 404, "There is nothing here; /health, /metrics and /events are answered."))
        }
    }

    private func metrics(_ format: ServiceMetrics.Format) async -> HTTPPage {
        HTTPPage(type: format.contentType, body: Array(ServiceMetrics.text(await host.state(), format).utf8))
    }

    private func health() async -> HTTPPage {
        var state = await host.state()
        state.reason = await host.complaint()
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        do {
            return HTTPPage(status: state.reason == nil ? 200 : 503, type: "application/json", body: Array(try encoder.encode(state)))
        } catch {
            return HTTPPage(status: 500, "The state cannot be told: \(error)")
        }
    }

    private func follow(_ filter: String) -> HTTPAnswer {
        guard let events = edge.subscribe(filter) else {
            return .page(HTTPPage(status: 400, "'\(filter)' is no topic filter; expected one such as shop/+/+/car/bmw/#."))
        }
        return .stream(type: "text/event-stream", parts: events.map { EventStream.text($0) })
    }
}
