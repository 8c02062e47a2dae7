internal import COpenSSL
internal import Foundation

/// How a client asks for a WebSocket, and whether what it is answered opens one (RFC 6455, 4.1).
struct WebSocketHandshake {
    let path: String
    private let host: String
    private let key: String

    init(host: String, path: String) {
        self.host = host
        self.path = path
        key = Data((0..<16).map { _ in UInt8.random(in: 0 ... .max) }).base64EncodedString()
    }

    /// The request. The name of the protocol is "mqtt" (MQTT-6.0.0-3).
    var request: [UInt8] {
        let lines = [
            "GET \(path) HTTP/1.1", "Host: \(host)", "Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Key: \(key)",
            "Sec-WebSocket-Protocol: mqtt", "Sec-WebSocket-Version: 13",
        ]
        return Array((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8)
    }

    /// Where the answer's headers end, and what follows begins; `nil` where they have not come whole.
    static func end(of answer: [UInt8]) -> Int? {
        let mark = Array("\r\n\r\n".utf8)
        guard answer.count >= mark.count else { return nil }
        return (0...answer.count - mark.count).first { answer[$0..<$0 + mark.count].elementsEqual(mark) }.map { $0 + mark.count }
    }

    /// What is wrong with the answer, in words; `nil` where the WebSocket is open.
    func problem(with answer: ArraySlice<UInt8>) -> String? {
        let lines = String(decoding: answer, as: UTF8.self).components(separatedBy: "\r\n")
        let status = lines[0].split(separator: " ", maxSplits: 2)
        guard status.count >= 2, status[0].hasPrefix("HTTP/1.") else { return "what it answered is not HTTP" }
        guard status[1] == "101" else { return "it answered \(status.dropFirst().joined(separator: " "))" }
        var headers: [String: String] = [:]
        for line in lines.dropFirst() {
            guard let colon = line.firstIndex(of: ":") else { continue }
            headers[line[..<colon].lowercased()] = line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces)
        }
        guard headers["sec-websocket-accept"] == accept else { return "it did not answer this client's key" }
        guard headers["sec-websocket-protocol"]?.lowercased() == "mqtt" else { return "it did not agree to the protocol \"mqtt\"" }
        return nil
    }

    /// What a server has to make of the key.
    private var accept: String {
        let bytes = Array((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").utf8)
        var digest = [UInt8](repeating: 0, count: 20)
        _ = SHA1(bytes, bytes.count, &digest)
        return Data(digest).base64EncodedString()
    }
}
