internal import COpenSSL

/// MQTT in the binary frames of a WebSocket (MQTT 6; RFC 6455), over TCP or TLS.
final class WebSocketConnection: WireTransport {
    private let carrier: any WireTransport
    private let configuration: SessionConfiguration
    private let handshake: WebSocketHandshake
    private var reader = WebSocketReader()

    private enum State {
        case carrierIsMade
        case asks
        case waits
        case open
    }
    private var state = State.carrierIsMade

    /// Bytes that are to leave before anything else.
    private var pending: [UInt8] = []
    private var pendingStart = 0
    /// How many bytes of what the session sends are in ``pending``.
    private var framed = 0
    /// What came behind the answer to the handshake.
    private var early: [UInt8] = []
    private var answer: [UInt8] = []

    /// The most bytes of one frame.
    private static let frame = 65_535
    /// The most bytes of the answer to the handshake.
    private static let longestAnswer = 16_384

    init(over carrier: any WireTransport, _ webSocket: SessionConfiguration.WebSocket, _ configuration: SessionConfiguration) {
        self.carrier = carrier
        self.configuration = configuration
        handshake = WebSocketHandshake(host: configuration.place, path: webSocket.path)
    }

    var descriptor: CInt { carrier.descriptor }
    var step: ConnectStep { state == .carrierIsMade ? carrier.step : state == .open ? .mqtt : .webSocket }
    var holdsBytes: Bool { carrier.holdsBytes || !early.isEmpty }
    var encryption: String? { carrier.encryption }
    func close() { carrier.close() }

    func proceed() -> HandshakeStep {
        if state == .carrierIsMade {
            let step = carrier.proceed()
            guard case .done = step else { return step }
            pending = handshake.request
            state = .asks
        }
        if state == .asks {
            switch writePending() {
            case .moved: state = .waits
            case .blocked: return .waitsToWrite
            case .ended: return .ended("connection closed")
            case .failed(let reason): return .ended(reason)
            }
        }
        return readAnswer()
    }

    private func readAnswer() -> HandshakeStep {
        while true {
            var block = [UInt8](repeating: 0, count: 1_024)
            let transfer = block.withUnsafeMutableBytes { carrier.read(into: $0) }
            switch transfer {
            case .moved(let count): answer += block[..<count]
            case .blocked: return .waitsToRead
            case .ended: return .ended("connection closed")
            case .failed(let reason): return .ended(reason)
            }
            if let end = WebSocketHandshake.end(of: answer) {
                if let problem = handshake.problem(with: answer[..<end]) { return refuse(problem) }
                early = Array(answer[end...])
                answer = []
                state = .open
                return .done
            }
            guard answer.count < Self.longestAnswer else { return refuse("its answer has more than \(Self.longestAnswer) bytes") }
        }
    }

    private func refuse(_ problem: String) -> HandshakeStep {
        .failed(
            MQTTError(
                .connectionLost,
                "\(configuration.place) did not open a WebSocket for client '\(configuration.clientID)': \(problem). Check the port and the path '\(handshake.path)'."
            ))
    }

    // MARK: - Frames

    func read(into buffer: UnsafeMutableRawBufferPointer) -> Transfer {
        var count = min(early.count, buffer.count)
        if count > 0 {
            early.withUnsafeBytes { buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[..<count])) }
            early.removeFirst(count)
        } else {
            switch carrier.read(into: buffer) {
            case .moved(let moved): count = moved
            case let other: return other
            }
        }
        do {
            let length = try reader.unpack(UnsafeMutableRawBufferPointer(rebasing: buffer[..<count]))
            if !reader.replies.isEmpty {
                pending += reader.replies
                reader.replies = []
                if framed == 0 { _ = writePending() }
            }
            if length == 0 { return reader.isClosed ? .ended : .blocked }
            return .moved(length)
        } catch {
            return .failed("the frames of the WebSocket are not right: \(error.what)")
        }
    }

    func write(_ bytes: UnsafeRawBufferPointer) -> Transfer {
        if framed == 0 {
            framed = min(bytes.count, Self.frame)
            WebSocketFrame.append(UnsafeRawBufferPointer(rebasing: bytes[..<framed]), opcode: .binary, to: &pending)
        }
        switch writePending() {
        case .moved:
            defer { framed = 0 }
            return .moved(framed)
        case let other: return other
        }
    }

    /// - Returns: `moved` where nothing is left.
    private func writePending() -> Transfer {
        while pendingStart < pending.count {
            let transfer = pending.withUnsafeBytes { carrier.write(UnsafeRawBufferPointer(rebasing: $0[pendingStart...])) }
            guard case .moved(let count) = transfer else { return transfer }
            pendingStart += count
        }
        pending.removeAll(keepingCapacity: pending.count <= Self.frame + 14)
        pendingStart = 0
        return .moved(1)
    }
}
