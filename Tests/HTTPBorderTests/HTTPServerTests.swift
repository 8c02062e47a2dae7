import Foundation
import Synchronization
import Testing

@testable import HTTPBorder

/// The server, and clients that are good, wrong, slow, greedy or many.
@Suite(.timeLimit(.minutes(3))) struct HTTPServerTests {
    /// Runs `body` with a server on a port.
    private func serving(
        _ limits: HTTPLimits = HTTPLimits(), _ answer: @escaping @Sendable (HTTPQuestion) async -> HTTPAnswer = Self.echo,
        _ body: (UInt16) async throws -> Void
    ) async throws {
        // The clients block, and the answers need the threads of the pool.
        try await withTaskExecutorPreference(ThreadOfItsOwn()) { try await serve(limits, answer, body) }
    }

    private func serve(
        _ limits: HTTPLimits, _ answer: @escaping @Sendable (HTTPQuestion) async -> HTTPAnswer, _ body: (UInt16) async throws -> Void
    ) async throws {
        let (ports, port) = AsyncStream<UInt16>.makeStream()
        let server = Task { try await HTTPServer(limits: limits, answer: answer).serve(address: "127.0.0.1", port: 0) { port.yield($0) } }
        let opened = try #require(await ports.first { _ in true })
        do {
            try await body(opened)
        } catch {
            server.cancel()
            throw error
        }
        server.cancel()
        await #expect(throws: CancellationError.self) { try await server.value }
    }

    @Sendable private static func echo(_ question: HTTPQuestion) async -> HTTPAnswer {
        .page(HTTPPage(status: 200, "\(question.path) \(question.query.map { "\($0.name)=\($0.value)" }) \(question.accept ?? "-")"))
    }

    private static func limits(patience: Int = 10, connections: Int = 256) -> HTTPLimits {
        var limits = HTTPLimits()
        limits.patience = patience
        limits.connections = connections
        return limits
    }

    // MARK: - Requests

    @Test func aPageIsAnsweredAndTheConnectionEnds() async throws {
        try await serving { port in
            let answer = try RawClient.ask(port, "GET /a?filter=shop/%2B/%23&x HTTP/1.1\r\nHost: here\r\nAccept: text/plain\r\n\r\n")
            #expect(answer.status == 200 && answer.body == "/a [\"filter=shop/+/#\", \"x=\"] text/plain\n", "\(answer)")
            #expect(
                answer.text.contains("\r\nConnection: close\r\n")
                    && answer.text.contains("\r\nContent-Length: \(answer.body.utf8.count)\r\n"))
        }
    }

    @Test(arguments: [
        ("GET / HTTP/1.0\r\n\r\n", 200), ("\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", 200), ("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n", 405),
        ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc", 405), ("GET /\r\n\r\n", 400), ("GET  HTTP/1.1\r\n\r\n", 400),
        ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400), ("\u{16}\u{3}\u{1}\n\n\n", 400), ("GET / HTTP/1.1\r\nno header\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: a\r\n\r\nGET /second HTTP/1.1\r\nHost: a\r\n\r\n", 200),
    ])
    func eachRequestHasOneAnswer(request: String, status: Int) async throws {
        try await serving { port in
            let whole = try RawClient.ask(port, request)
            #expect(whole.status == status, "\(whole)")
            #expect(whole.text.components(separatedBy: "HTTP/1.1 ").count == 2, "\(whole)")
            // Byte by byte it is the same request.
            let client = try RawClient(port)
            for byte in request.utf8 { client.send([byte]) }
            #expect(try client.answer().text == whole.text)
        }
    }

    @Test func whoSendsNoMoreStillGetsItsPage() async throws {
        try await serving { port in
            let client = try RawClient(port)
            client.send("GET /half HTTP/1.1\r\nHost: a\r\n\r\n")
            client.sendNoMore()
            #expect(try client.answer().body.hasPrefix("/half "))
        }
    }

    // MARK: - Sizes

    @Test func aRequestLineHas8KiBAtMost() async throws {
        try await serving { port in
            func ask(_ bytes: Int) throws -> (status: Int, text: String, body: String) {
                let frame = "GET / HTTP/1.1\r\n"
                let line = "GET /" + String(repeating: "x", count: bytes - frame.utf8.count) + " HTTP/1.1\r\n"
                return try RawClient.ask(port, line + "Host: a\r\n\r\n")
            }
            #expect(try ask(8192).status == 200)
            let more = try ask(8193)
            #expect(more.status == 414 && more.body == "The request line is longer than 8192 bytes.\n")
            // One that does not even end.
            let endless = try RawClient(port)
            while endless.send([UInt8](repeating: UInt8(ascii: "x"), count: 4096)) {}
        }
    }

    @Test(arguments: [1, 100]) func headersHave32KiBAtMost(count: Int) async throws {
        try await serving { port in
            func ask(_ bytes: Int) throws -> (status: Int, text: String, body: String) {
                var headers = (0..<count).map { String(format: "h%03d: \r\n", $0) }
                let rest = bytes - headers.joined().utf8.count - 2
                for index in headers.indices {
                    let share = rest / count + (index < rest % count ? 1 : 0)
                    headers[index].insert(
                        contentsOf: String(repeating: "y", count: share), at: headers[index].index(headers[index].startIndex, offsetBy: 6))
                }
                let text = headers.joined() + "\r\n"
                try #require(text.utf8.count == bytes)
                return try RawClient.ask(port, "GET / HTTP/1.1\r\n" + text)
            }
            #expect(try ask(32_768).status == 200)
            let more = try ask(32_769)
            #expect(more.status == 431 && more.body == "The headers are longer than 32768 bytes together.\n", "\(more.text)")
        }
    }

    /// A body is no matter of a GET; one that never ends is not read for ever.
    @Test func whatComesBehindTheHeadIsThrownAway() async throws {
        try await serving { port in
            let client = try RawClient(port)
            client.send("GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
            while client.send("10\r\n0123456789abcdef\r\n") {}
        }
    }

    // MARK: - Time

    @Test func aRequestLineThatDoesNotComeIsNotWaitedFor() async throws {
        try await serving(Self.limits(patience: 1)) { port in
            let silent = try RawClient(port)
            let dripping = try RawClient(port)
            // One byte after the other does not make it longer.
            while dripping.send("x"), !dripping.isReadable { try await Task.sleep(for: .milliseconds(10)) }
            for client in [silent, dripping] {
                let answer = try client.answer()
                #expect(answer.status == 408 && answer.body == "The request line did not come within 1 s.\n")
            }
        }
    }

    @Test func headersThatDoNotEndAreNotWaitedFor() async throws {
        try await serving(Self.limits(patience: 1)) { port in
            let client = try RawClient(port)
            client.send("GET / HTTP/1.1\r\n")
            while client.send("a: b\r\n"), !client.isReadable { try await Task.sleep(for: .milliseconds(10)) }
            let answer = try client.answer()
            #expect(answer.status == 408 && answer.body == "The headers did not come within 1 s.\n")
        }
    }

    @Test func anAnswerThatDoesNotComeIsNotWaitedFor() async throws {
        let (cancelled, cancel) = AsyncStream<Void>.makeStream()
        try await serving(Self.limits(patience: 1)) { _ in
            // Only a cancellation ends this.
            try? await Task.sleep(for: .seconds(600))
            cancel.yield()
            return .page(HTTPPage(status: 200, "late"))
        } _: { port in
            let answer = try RawClient.ask(port, "GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(answer.status == 503 && answer.body == "There was no answer within 1 s.\n")
            for await _ in cancelled { break }
        }
    }

    // MARK: - Numbers

    @Test func theSlowestMakesRoom() async throws {
        try await serving(Self.limits(connections: 8)) { port in
            let idle = try (0..<8).map { _ in try RawClient(port) }
            idle[7].send("GET ")
            for asked in 0..<4 {
                #expect(try RawClient.ask(port, "GET / HTTP/1.1\r\nHost: a\r\n\r\n").status == 200)
                try await until("an end of the one that came first") { idle[0].isEnded }
                // Each page needs one seat, and the one before has left by then, or is slower than those who wait.
                #expect(idle.count { $0.isEnded } <= asked + 1)
            }
            #expect(!idle[7].isEnded)
            idle[7].send("/ HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(try idle[7].answer().status == 200)
        }
    }

    @Test func whenAllAwaitAnAnswerOneMoreIsTurnedAway() async throws {
        let (released, release) = AsyncStream<Void>.makeStream()
        let waiting = Atomic<Int>(0)
        try await serving(Self.limits(connections: 4)) { question in
            waiting.add(1, ordering: .relaxed)
            for await _ in released { break }
            return await Self.echo(question)
        } _: { port in
            let clients = try (0..<4).map { _ in try RawClient(port) }
            for client in clients { client.send("GET /four HTTP/1.1\r\nHost: a\r\n\r\n") }
            try await until("four that wait") { waiting.load(ordering: .relaxed) == 4 }
            let more = try RawClient(port).answer()
            #expect(more.status == 503 && more.body == "All 4 connections are taken.\n")
            release.finish()
            for client in clients { #expect(try client.answer().body.hasPrefix("/four ")) }
        }
    }

    @Test func thousandsThatAreIdleHoldNobodyUp() async throws {
        try await serving(Self.limits(connections: 64)) { port in
            // Each of them takes the seat of one before.
            var idle: [RawClient] = []
            for _ in 0..<3_000 {
                idle.append(try RawClient(port))
                if idle.count == 300 { idle.removeFirst() }
                if idle.count % 100 == 0 { #expect(try RawClient.ask(port, "GET / HTTP/1.1\r\nHost: a\r\n\r\n").status == 200) }
            }
            #expect(try RawClient.ask(port, "GET / HTTP/1.1\r\nHost: a\r\n\r\n").status == 200)
            try await until("as few connections as there may be") { idle.count { !$0.isEnded } <= 64 }
        }
    }

    // MARK: - Streams

    private static let following = "GET /stream HTTP/1.1\r\nHost: a\r\n\r\n"

    @Test func aStreamComesInPartsAndEnds() async throws {
        let (parts, send) = AsyncStream<[UInt8]>.makeStream()
        try await serving { _ in
            .stream(type: "text/event-stream", parts: parts)
        } _: { port in
            let client = try RawClient(port)
            client.send(Self.following)
            send.yield(Array("one\n".utf8))
            let first = try client.read { $0.contains("one\n") }
            #expect(first.hasPrefix("HTTP/1.1 200 OK\r\n") && first.contains("\r\nContent-Type: text/event-stream\r\n"))
            send.yield(Array("two\n".utf8))
            send.finish()
            #expect(try client.read().contains("two\n\r\n0\r\n\r\n"))
        }
    }

    @Test func streamsLeaveRoomForPages() async throws {
        let kept = Mutex<[AsyncStream<[UInt8]>.Continuation]>([])
        try await serving(Self.limits(connections: 8)) { question in
            guard question.path == "/stream" else { return await Self.echo(question) }
            let (parts, send) = AsyncStream<[UInt8]>.makeStream()
            send.yield(Array("here\n".utf8))
            kept.withLock { $0.append(send) }
            return .stream(type: "text/event-stream", parts: parts)
        } _: { port in
            var followers: [RawClient] = []
            for _ in 0..<6 {
                let follower = try RawClient(port)
                follower.send(Self.following)
                _ = try follower.read { $0.contains("here\n") }
                followers.append(follower)
            }
            let more = try RawClient.ask(port, Self.following)
            #expect(more.status == 503 && more.body == "As many follow already as may: 6.\n")
            for _ in 0..<20 { #expect(try RawClient.ask(port, "GET / HTTP/1.1\r\nHost: a\r\n\r\n").status == 200) }
            #expect(followers.allSatisfy { !$0.isEnded })
            // Who leaves makes room.
            followers.removeFirst()
            try await until("a place to follow") {
                let next = try RawClient(port)
                next.send(Self.following)
                return try next.read { $0.contains("here\n") || $0.contains("follow already") }.contains("here\n")
            }
        }
    }

    @Test func aFollowerThatDoesNotReadIsLeft() async throws {
        let (ended, end) = AsyncStream<Void>.makeStream()
        let (parts, send) = AsyncStream<[UInt8]>.makeStream()
        send.onTermination = { _ in end.yield() }
        // More than any socket holds.
        for _ in 0..<64 { send.yield([UInt8](repeating: UInt8(ascii: "z"), count: 1 << 20)) }
        try await serving(Self.limits(patience: 1)) { _ in
            .stream(type: "text/event-stream", parts: parts)
        } _: { port in
            let client = try RawClient(port)
            client.send(Self.following)
            for await _ in ended { break }
        }
    }

    // MARK: - Beginning and end

    @Test func aPortThatIsTakenAndAnAddressThatIsNoneAreTold() async throws {
        try await serving { port in
            let error = await #expect(throws: HTTPServerError.self) {
                try await HTTPServer(answer: Self.echo).serve(address: "127.0.0.1", port: port)
            }
            guard case .port(let reason) = error else { throw RawClient.Failure(description: "\(String(describing: error))") }
            #expect(reason.contains("in use"), "\(reason)")
            #expect(await HTTPProbe.status(address: "127.0.0.1", port: port, path: "/health") == 200)
        }
        await #expect(throws: HTTPServerError.address) { try await HTTPServer(answer: Self.echo).serve(address: "localhost", port: 0) }
    }

    @Test func theEndOfTheServerIsTheEndOfItsConnections() async throws {
        var client: RawClient?
        var idle: RawClient?
        let (parts, send) = AsyncStream<[UInt8]>.makeStream()
        try await serving { _ in
            .stream(type: "text/event-stream", parts: parts)
        } _: { port in
            client = try RawClient(port)
            idle = try RawClient(port)
            client?.send(Self.following)
            send.yield(Array("here\n".utf8))
            _ = try client?.read { $0.contains("here\n") }
        }
        #expect(try client?.read().contains("here") == false)
        // At once, and not because its patience was over.
        #expect(try idle?.read() == "")
    }

    @Test func aProbeOfNobodyIsNoStatus() async throws {
        var port: UInt16 = 0
        try await serving { port = $0 }
        #expect(await HTTPProbe.status(address: "127.0.0.1", port: port, path: "/") == nil)
        // One that takes connections and says nothing.
        try await serving { _ in
            .stream(type: "text/plain", parts: AsyncStream<[UInt8]> { _ in })
        } _: { port in
            #expect(await HTTPProbe.status(address: "127.0.0.1", port: port, path: "/") == 200)
        }
    }
}
