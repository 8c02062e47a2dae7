internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix

/// Asks a server for the status of a page.
public enum HTTPProbe {
    /// The status that a page has; `nil` where nobody answers in time.
    public static func status(address: String, port: UInt16, path: String, within seconds: Int = 5) async -> Int? {
        let loops = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let status = try? await ask(address, port, path, .seconds(Int64(seconds)), loops)
        try? await loops.shutdownGracefully()
        return status
    }

    private static func ask(
        _ address: String, _ port: UInt16, _ path: String, _ limit: TimeAmount, _ loops: MultiThreadedEventLoopGroup
    ) async throws -> Int {
        let loop = loops.next()
        let status = loop.makePromise(of: Int.self)
        loop.scheduleTask(in: limit) { status.fail(ChannelError.connectTimeout(limit)) }
        let connecting = ClientBootstrap(group: loop).connectTimeout(limit).channelInitializer { channel in
            channel.eventLoop.makeCompletedFuture {
                try channel.pipeline.syncOperations.addHTTPClientHandlers()
                try channel.pipeline.syncOperations.addHandler(Asking(address, path, status))
            }
        }.connect(host: address, port: Int(port))
        connecting.cascadeFailure(to: status)
        return try await status.futureResult.get()
    }

    private final class Asking: ChannelInboundHandler {
        typealias InboundIn = HTTPClientResponsePart
        typealias OutboundOut = HTTPClientRequestPart

        private let head: HTTPRequestHead
        private let status: EventLoopPromise<Int>

        init(_ address: String, _ path: String, _ status: EventLoopPromise<Int>) {
            head = HTTPRequestHead(version: .http1_1, method: .GET, uri: path, headers: ["Host": address, "Connection": "close"])
            self.status = status
        }

        func channelActive(context: ChannelHandlerContext) {
            context.write(wrapOutboundOut(.head(head)), promise: nil)
            context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            if case .head(let head) = unwrapInboundIn(data) { status.succeed(Int(head.status.code)) }
        }

        func channelInactive(context: ChannelHandlerContext) { status.fail(ChannelError.eof) }
        func errorCaught(context: ChannelHandlerContext, error: any Error) { status.fail(error) }
    }
}
