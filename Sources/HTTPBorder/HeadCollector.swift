internal import NIOCore

/// Gathers the head of a request, its line and its headers, and hands it on as one piece: whoever sends it byte by byte costs no more than who sends
/// it at once. Too long or too slow, it is no request. What comes behind the head is thrown away, as a GET needs none of it.
final class HeadCollector: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    /// The head was handed on, and whoever reads it had its turn.
    struct IsHandedOn {}

    private enum Part {
        case line, headers, over
    }

    private let limits: HTTPLimits
    private var part = Part.line
    /// How much of the part has come.
    private var count = 0
    /// Whether the present line holds nothing yet but a carriage return.
    private var isBlank = true
    private var head = ByteBuffer()
    private var timer: Scheduled<Void>?

    init(_ limits: HTTPLimits) {
        self.limits = limits
    }

    func channelActive(context: ChannelHandlerContext) {
        setTimer(.lineTooSlow(limits.patience), context)
        context.fireChannelActive()
    }

    func handlerRemoved(context: ChannelHandlerContext) { timer?.cancel() }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let bytes = unwrapInboundIn(data)
        guard part != .over else { return passOver(bytes.readableBytes, context) }
        var taken = 0
        for byte in bytes.readableBytesView {
            taken += 1
            take(byte, context)
            if part == .over { break }
        }
        // A head that is no use was told of already.
        guard timer != nil else { return }
        head.writeImmutableBuffer(bytes.getSlice(at: bytes.readerIndex, length: taken) ?? ByteBuffer())
        guard part == .over else { return }
        timer?.cancel()
        timer = nil
        context.fireChannelRead(wrapInboundOut(head))
        context.fireUserInboundEventTriggered(IsHandedOn())
        head = ByteBuffer()
        passOver(bytes.readableBytes - taken, context)
    }

    private func take(_ byte: UInt8, _ context: ChannelHandlerContext) {
        count += 1
        let isLine = part == .line
        if count > (isLine ? limits.requestLine : limits.headers) {
            return refuse(isLine ? .lineTooLong(limits.requestLine) : .headersTooLarge(limits.headers), context)
        }
        switch byte {
        case UInt8(ascii: "\r"): break
        case UInt8(ascii: "\n"):
            // Empty lines before the request are passed over (RFC 9112, 2.2), but count.
            switch part {
            case .line where !isBlank:
                (part, count) = (.headers, 0)
                setTimer(.headersTooSlow(limits.patience), context)
            case .headers where isBlank: part = .over
            default: break
            }
            isBlank = true
        default: isBlank = false
        }
    }

    /// What comes behind the head; one who goes on and on has to leave.
    private func passOver(_ bytes: Int, _ context: ChannelHandlerContext) {
        count += bytes
        if count > limits.requestLine + limits.headers { context.close(promise: nil) }
    }

    private func refuse(_ problem: HTTPProblem, _ context: ChannelHandlerContext) {
        part = .over
        timer?.cancel()
        timer = nil
        head = ByteBuffer()
        context.fireErrorCaught(problem)
    }

    private func setTimer(_ problem: HTTPProblem, _ context: ChannelHandlerContext) {
        timer?.cancel()
        timer = context.eventLoop.assumeIsolated().scheduleTask(in: .seconds(Int64(limits.patience))) { [weak self] in
            self?.refuse(problem, context)
        }
    }
}
