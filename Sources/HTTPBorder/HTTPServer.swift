internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix

/// A server of HTTP/1.1 for GET, one request a connection, that nobody who connects can hold up: heads are bounded in bytes and time, connections in
/// number, and the slow lose theirs first. It has a thread of its own.
public struct HTTPServer: Sendable {
    private let limits: HTTPLimits
    private let answer: @Sendable (HTTPQuestion) async -> HTTPAnswer

    /// Makes a server.
    /// - Parameter answer: answers a question; it is cancelled where it takes too long.
    public init(limits: HTTPLimits = .ofThisProcess(), answer: @escaping @Sendable (HTTPQuestion) async -> HTTPAnswer) {
        self.limits = limits
        self.answer = answer
    }

    /// Serves until the task is cancelled.
    /// - Parameters:
    ///   - address: an address of this machine, as 127.0.0.1.
    ///   - port: 0 for a free one.
    ///   - ready: is told the port once it is open.
    /// - Throws: ``HTTPServerError`` where that is no address, or the port cannot be opened.
    public func serve(address: String, port: UInt16, ready: @escaping @Sendable (UInt16) -> Void = { _ in }) async throws {
        let place: SocketAddress
        do {
            place = try SocketAddress(ipAddress: address, port: Int(port))
        } catch {
            throw HTTPServerError.address
        }
        let loops = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let result: Result<Void, any Error>
        do {
            try await serve(at: place, on: loops.next(), loops, ready)
            result = .success(())
        } catch {
            result = .failure(error)
        }
        // Closes whatever is still open.
        try? await loops.shutdownGracefully()
        try result.get()
        try Task.checkCancellation()
    }

    private func serve(
        at place: SocketAddress, on loop: any EventLoop, _ loops: MultiThreadedEventLoopGroup, _ ready: @Sendable (UInt16) -> Void
    ) async throws {
        let (limits, answer, answers) = (limits, answer, RunningAnswers())
        let seats = try await loop.submit { NIOLoopBound(ConnectionSeats(limits), eventLoop: loop) }.get()
        let bootstrap = ServerBootstrap(group: loops)
            .serverChannelOption(.backlog, value: 256)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.socketOption(.so_keepalive), value: 1)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelOption(.recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: 4096))
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try Self.equip(channel, limits, seats.value) { question, handler in
                        let sink = NIOLoopBound(handler, eventLoop: channel.eventLoop)
                        handler.whenLeft(
                            answers.start { await RequestHandler.give(await answer(question), to: sink, on: channel.eventLoop) })
                    }
                }
            }
        let listener: any Channel
        do {
            listener = try await bootstrap.bind(to: place).get()
        } catch {
            throw HTTPServerError.port((error as? IOError)?.description ?? "\(error)")
        }
        ready(UInt16(listener.localAddress?.port ?? 0))
        try await withTaskCancellationHandler {
            try await listener.closeFuture.get()
        } onCancel: {
            listener.close(promise: nil)
        }
        // They speak to the loop, which is stopped next.
        await answers.end()
    }

    /// Puts together what stands between a connection and whoever answers.
    static func equip(
        _ channel: any Channel, _ limits: HTTPLimits, _ seats: ConnectionSeats, ask: @escaping (HTTPQuestion, RequestHandler) -> Void
    ) throws {
        var parsing = NIOHTTPDecoderLimitConfiguration()
        parsing.maxHeaderFieldSize = limits.headers
        parsing.maxHeaderListSize = limits.headers
        try channel.pipeline.syncOperations.addHandlers([
            HeadCollector(limits), HTTPResponseEncoder(), ByteToMessageHandler(HTTPRequestDecoder(limitConfiguration: parsing)),
            RequestHandler(limits, seats, ask: ask),
        ])
    }
}

/// Why there is no server.
public enum HTTPServerError: Error, Equatable, Sendable {
    /// The address is no IP address.
    case address
    /// The port cannot be opened, and why.
    case port(String)
}
