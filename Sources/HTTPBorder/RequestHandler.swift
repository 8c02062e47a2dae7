internal import NIOCore
internal import NIOHTTP1

/// Answers the one request of a connection, and ends it: whoever wants to know more connects again.
final class RequestHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private enum State {
        case asking, waiting, answering, streaming, leaving
    }

    private let limits: HTTPLimits
    private let seats: ConnectionSeats
    /// Asks whoever knows; the answer comes by ``answer(_:)`` or ``give(_:to:on:)``.
    private let ask: (HTTPQuestion, RequestHandler) -> Void
    private var state = State.asking
    private var context: ChannelHandlerContext?
    private var timer: Scheduled<Void>?
    private var left: [() -> Void] = []
    /// Whether the client will send no more.
    private var isHalfClosed = false

    init(_ limits: HTTPLimits, _ seats: ConnectionSeats, ask: @escaping (HTTPQuestion, RequestHandler) -> Void) {
        self.limits = limits
        self.seats = seats
        self.ask = ask
    }

    // MARK: - What comes

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func channelActive(context: ChannelHandlerContext) {
        if !seats.admit(context.channel) { give(HTTPProblem.full(limits.connections).page, lingers: false) }
    }

    func channelInactive(context: ChannelHandlerContext) { leave() }

    func handlerRemoved(context: ChannelHandlerContext) { leave() }

    private func leave() {
        guard let context else { return }
        timer?.cancel()
        for action in left { action() }
        left = []
        seats.leave(context.channel)
        self.context = nil
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard case .asking = state, case .head(let head) = unwrapInboundIn(data) else { return }
        guard head.method == .GET else { return give(HTTPProblem.otherMethod.page) }
        state = .waiting
        _ = seats.note(context.channel, .waiting)
        setTimer { handler in handler.give(HTTPProblem.unanswered(handler.limits.patience).page) }
        ask(HTTPQuestion(target: head.uri, accept: head.headers["Accept"].first), self)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        switch (state, error) {
        case (.asking, let problem as HTTPProblem): give(problem.page)
        case (.asking, is HTTPParserError), (.asking, is NIOHTTPDecoderError): give(HTTPProblem.malformed.page)
        // What came behind a head that was taken.
        case (_, is HTTPParserError), (_, is ByteToMessageDecoderError), (_, is HTTPProblem): break
        default: context.close(promise: nil)
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        // A head in which the parser sees neither a request nor a mistake.
        if event is HeadCollector.IsHandedOn, case .asking = state { return give(HTTPProblem.malformed.page) }
        guard event as? ChannelEvent == .inputClosed else { return context.fireUserInboundEventTriggered(event) }
        isHalfClosed = true
        // Who still awaits a page may have closed its side alone.
        switch state {
        case .waiting, .answering: break
        default: context.close(promise: nil)
        }
    }

    /// Does something when the connection has ended, or at once where it has.
    func whenLeft(_ action: @escaping () -> Void) {
        if context == nil { action() } else { left.append(action) }
    }

    // MARK: - What is answered

    /// Gives the answer; nothing where the client has gone, or has an answer already.
    func answer(_ page: HTTPPage) {
        if case .waiting = state { give(page) }
    }

    private func give(_ page: HTTPPage, lingers: Bool = true) {
        guard let context else { return }
        switch state {
        case .asking, .waiting: state = .answering
        default: return
        }
        _ = seats.note(context.channel, .waiting)
        send(page.status, [("Content-Type", page.type), ("Content-Length", "\(page.body.count)")])
        context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: page.body)))), promise: nil)
        setTimer { $0.context?.close(promise: nil) }
        let done = context.eventLoop.makePromise(of: Void.self)
        done.futureResult.assumeIsolated().whenComplete { [weak self] _ in self?.end(lingers: lingers) }
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: done)
    }

    private func send(_ status: Int, _ headers: [(String, String)]) {
        let fields = HTTPHeaders(headers + [("Cache-Control", "no-store"), ("Connection", "close")])
        context?.write(
            wrapOutboundOut(.head(HTTPResponseHead(version: .http1_1, status: HTTPResponseStatus(statusCode: status), headers: fields))),
            promise: nil)
    }

    /// Everything was sent. Closing while something that the client sent lies unread would have the system take the answer back, so the
    /// client has a moment to close first.
    private func end(lingers: Bool) {
        guard let context else { return }
        timer?.cancel()
        guard lingers, !isHalfClosed, context.channel.isActive else { return context.close(promise: nil) }
        state = .leaving
        _ = seats.note(context.channel, .leaving)
        timer = context.eventLoop.assumeIsolated().scheduleTask(in: .seconds(1)) { [weak self] in self?.context?.close(promise: nil) }
        context.close(mode: .output, promise: nil)
    }

    private func setTimer(_ action: @escaping (RequestHandler) -> Void) {
        timer?.cancel()
        timer = context?.eventLoop.assumeIsolated().scheduleTask(in: .seconds(Int64(limits.patience))) { [weak self] in
            if let self { action(self) }
        }
    }

    // MARK: - Streams

    /// Gives an answer from a task of its own, to its end or that of the connection.
    static func give(_ answer: HTTPAnswer, to sink: NIOLoopBound<RequestHandler>, on loop: any EventLoop) async {
        switch answer {
        case .page(let page): _ = try? await loop.submit { sink.value.answer(page) }.get()
        case .stream(let type, let parts):
            guard (try? await loop.submit({ sink.value.begin(type) }).get()) == true else { return await abandon(parts) }
            for await part in parts where !Task.isCancelled {
                do {
                    try await loop.flatSubmit { sink.value.pass(part, on: loop) }.get()
                } catch {
                    return await abandon(parts)
                }
            }
            try? await loop.submit { sink.value.endStream() }.get()
        }
    }

    /// Has whoever makes the parts know that nobody takes them any more: a stream hears that when it is waited for.
    private static func abandon(_ parts: any AsyncSequence<[UInt8], Never> & Sendable) async {
        withUnsafeCurrentTask { $0?.cancel() }
        for await _ in parts { break }
    }

    /// - Returns: whether the client gets a stream.
    private func begin(_ type: String) -> Bool {
        guard case .waiting = state, let context else { return false }
        guard !isHalfClosed, seats.note(context.channel, .streaming) else {
            give(HTTPPage(status: 503, "As many follow already as may: \(limits.streams)."))
            return false
        }
        state = .streaming
        timer?.cancel()
        send(200, [("Content-Type", type)])
        context.flush()
        return true
    }

    /// Sends a part of a stream; who does not take it in time is left.
    private func pass(_ part: [UInt8], on loop: any EventLoop) -> EventLoopFuture<Void> {
        guard let context else { return loop.makeFailedFuture(ChannelError.ioOnClosedChannel) }
        setTimer { $0.context?.close(promise: nil) }
        let sent = loop.makePromise(of: Void.self)
        sent.futureResult.assumeIsolated().whenComplete { [weak self] _ in self?.timer?.cancel() }
        context.writeAndFlush(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: part)))), promise: sent)
        return sent.futureResult
    }

    private func endStream() {
        guard let context else { return }
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        end(lingers: true)
    }
}
