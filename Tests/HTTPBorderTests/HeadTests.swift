import Foundation
import NIOCore
import NIOEmbedded
import NIOHTTP1
import Testing

@testable import HTTPBorder

/// Whatever comes, in whatever pieces: at most one question, one answer that is one of HTTP, and then the end.
@Suite struct HeadTests {
    private static let seeds = [
        "GET /health HTTP/1.1\r\nHost: a\r\n\r\n", "GET /events?filter=shop/%2B/#&a=%zz HTTP/1.1\r\nAccept: x\r\nAccept: y\r\n\r\nrest",
        "\r\nPOST /metrics HTTP/1.1\r\nContent-Length: 5\r\n\r\nabcde", "GET http://a/b HTTP/1.0\r\n\r\n", "GET / HTTP/1.1\nA: b\n\n",
        "GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nTrailer: a\r\n\r\n1\r\nx\r\n0\r\na: b\r\n\r\n",
        "OPTIONS * HTTP/1.1\r\nA:\r\n b\r\n\r\n",
    ]

    /// Any change of a request is answered alike, however it is cut; a failure prints the bytes.
    @Test func piecesMakeNoDifference() throws {
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<500 {
            var bytes = Array(Self.seeds.randomElement(using: &generator)!.utf8)
            for _ in 0..<Int.random(in: 0...4, using: &generator) {
                let place = Int.random(in: 0..<bytes.count, using: &generator)
                switch Int.random(in: 0..<4, using: &generator) {
                case 0: bytes[place] = UInt8.random(in: 0...255, using: &generator)
                case 1: bytes.remove(at: place)
                case 2:
                    bytes.insert(
                        contentsOf: [UInt8](repeating: bytes[place], count: Int.random(in: 1...20_000, using: &generator)), at: place)
                default: bytes.insert(contentsOf: "\r\n".utf8, at: place)
                }
                if bytes.isEmpty { bytes = [0] }
            }
            let whole = try Exchange(bytes, pieces: [bytes.count])
            var cuts: [Int] = []
            while cuts.reduce(0, +) < bytes.count { cuts.append(Int.random(in: 1...max(1, bytes.count / 3), using: &generator)) }
            let cut = try Exchange(bytes, pieces: cuts)
            let text = String(decoding: bytes.prefix(200), as: UTF8.self)
            #expect(whole.questions == cut.questions && whole.answer == cut.answer, "\(text.debugDescription) in \(cuts)")
            #expect(whole.questions.count <= 1 && whole.isEnded && cut.isEnded, "\(text.debugDescription)")
            #expect(whole.answer.hasPrefix("HTTP/1.1 "), "\(text.debugDescription): \(whole.answer)")
        }
    }

    /// The work for a head is the same however many pieces it comes in: what has come is looked at once.
    @Test func aHeadByteByByteIsHandedOnOnce() throws {
        let bytes = Array(("GET / HTTP/1.1\r\n" + String(repeating: "a: b\r\n", count: 200) + "\r\n").utf8)
        let heads = Heads()
        let channel = EmbeddedChannel(handlers: [HeadCollector(HTTPLimits()), heads])
        try channel.connect(to: SocketAddress(unixDomainSocketPath: "/x")).wait()
        for byte in bytes { try channel.writeInbound(ByteBuffer(bytes: [byte])) }
        #expect(heads.pieces == [bytes.count])
    }

    /// What comes behind the head is not read for ever, even by somebody whose answer takes its time.
    @Test func whatComesBehindAHeadIsBounded() throws {
        let limits = HTTPLimits()
        let channel = EmbeddedChannel(handlers: [HeadCollector(limits), Heads()])
        try channel.connect(to: SocketAddress(unixDomainSocketPath: "/x")).wait()
        try channel.writeInbound(ByteBuffer(string: "GET / HTTP/1.1\r\n\r\n"))
        // The empty line counts too.
        let rest = limits.requestLine + limits.headers - 2
        for _ in 0..<rest where channel.isActive { try channel.writeInbound(ByteBuffer(string: "x")) }
        #expect(channel.isActive)
        try channel.writeInbound(ByteBuffer(string: "x"))
        #expect(!channel.isActive)
    }

    private final class Heads: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        var pieces: [Int] = []
        func channelRead(context: ChannelHandlerContext, data: NIOAny) { pieces.append(unwrapInboundIn(data).readableBytes) }
    }
}
