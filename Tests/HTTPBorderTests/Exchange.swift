import NIOCore
import NIOEmbedded

@testable import HTTPBorder

/// One connection without a socket, whose time passes when it is told to.
struct Exchange {
    /// What was asked for.
    private(set) var questions: [HTTPQuestion] = []
    /// All that was sent.
    private(set) var answer = ""
    /// Whether the server has ended the connection, at the latest when its patience was over.
    private(set) var isEnded = false

    /// Sends bytes in pieces, and waits until nothing can happen any more.
    init(_ bytes: [UInt8], pieces: [Int]) throws {
        let channel = EmbeddedChannel()
        let limits = HTTPLimits()
        let asked = Asked()
        try HTTPServer.equip(channel, limits, ConnectionSeats(limits)) { question, handler in
            asked.questions.append(question)
            handler.answer(HTTPPage(status: 200, question.path))
        }
        try channel.connect(to: SocketAddress(unixDomainSocketPath: "/x")).wait()
        var rest = bytes[...]
        for piece in pieces where channel.isActive {
            // What a handler cannot use it answers; nothing comes out at the end of the pipeline.
            _ = try channel.writeInbound(ByteBuffer(bytes: rest.prefix(piece)))
            rest = rest.dropFirst(piece)
        }
        channel.embeddedEventLoop.advanceTime(by: .seconds(Int64(3 * limits.patience + 1)))
        while let part = try channel.readOutbound(as: ByteBuffer.self) { answer += String(buffer: part) }
        questions = asked.questions
        isEnded = !channel.isActive
    }

    private final class Asked {
        var questions: [HTTPQuestion] = []
    }
}
