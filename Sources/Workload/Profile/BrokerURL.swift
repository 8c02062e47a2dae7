internal import Foundation

/// Where a broker listens and as whom to connect: `mqtt://[user:password@]host[:port]`, `mqtts://` for TLS, `ws://` and `wss://` for a WebSocket, with
/// the path behind the port.
public struct BrokerURL: Equatable, Sendable, CustomStringConvertible {
    /// Whether the connection is encrypted (`mqtts://`, `wss://`).
    public var usesTLS: Bool
    /// The path of a WebSocket (`ws://`, `wss://`); `nil` where MQTT goes through TCP or TLS.
    public var webSocketPath: String?
    /// A host name or an address; an IPv6 address without its brackets.
    public var host: String
    /// 1 to 65,535; where the URL names none, 1883, with TLS 8883, and 80 and 443 for WebSockets.
    public var port: UInt16
    /// The user name, or `nil` to connect without one.
    public var user: String?
    /// The password; only with a user name.
    public var password: String?

    /// A URL that cannot be used, in one sentence.
    public struct ParseError: Error, Equatable, Sendable, CustomStringConvertible {
        /// What is wrong and what was expected; never contains the password.
        public var description: String
    }

    /// What a URL looks like, for messages.
    static let form = "mqtt://[user:password@]host[:port], mqtts:// for TLS, or ws:// or wss:// for a WebSocket, with /PATH behind"

    /// Parses a URL. Characters that mean something in URLs are written as `%` and two hexadecimal digits in user and password.
    /// - Throws: ``ParseError`` for another scheme, a missing host, a port out of range, or anything behind the port.
    public init(parsing text: String) throws(ParseError) {
        let form = "expected \(Self.form)"
        guard let separator = text.range(of: "://") else {
            throw ParseError(description: "the broker has no scheme; \(form)")
        }
        let scheme = text[..<separator.lowerBound].lowercased()
        switch scheme {
        case "mqtt", "ws": usesTLS = false
        case "mqtts", "wss": usesTLS = true
        default:
            throw ParseError(description: "the scheme '\(scheme)' is not known; \(form)")
        }
        guard !text.contains(where: \.isWhitespace), let parts = try Self.components(text) else {
            throw ParseError(
                description: "the broker's URL is malformed; \(form), with special characters of user and password as %XX")
        }
        guard let host = parts.host?.trimmingCharacters(in: ["[", "]"]), !host.isEmpty else {
            throw ParseError(description: "the broker's URL names no host; \(form)")
        }
        let isWebSocket = scheme.hasPrefix("ws")
        guard isWebSocket || parts.path.isEmpty || parts.path == "/", parts.query == nil, parts.fragment == nil else {
            throw ParseError(description: "the broker's URL has something behind host and port; \(form)")
        }
        guard (1...65_535).contains(parts.port ?? 1) else {
            throw ParseError(description: "the broker's port is \(parts.port ?? 0), expected 1 to 65535")
        }
        guard !(parts.user ?? "").unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7F }) else {
            throw ParseError(description: "the broker's URL has a control character in the user name; expected a name without")
        }
        guard parts.password == nil || !(parts.user ?? "").isEmpty else {
            throw ParseError(description: "the broker's URL has a password but no user name; \(form)")
        }
        self.host = host
        // Most brokers have this path, and a URL that names none means it.
        webSocketPath = isWebSocket ? (parts.path.isEmpty ? "/mqtt" : parts.percentEncodedPath) : nil
        port = UInt16(parts.port ?? (isWebSocket ? (usesTLS ? 443 : 80) : usesTLS ? 8883 : 1883))
        user = parts.user.flatMap { $0.isEmpty ? nil : $0 }
        password = parts.password
    }

    /// The parts of a URL that is escaped throughout, or not at all. Of one that is escaped in part nobody knows whether a percent sign is meant as such.
    private static func components(_ text: String) throws(ParseError) -> URLComponents? {
        if let strict = URLComponents(string: text, encodingInvalidCharacters: false) { return strict }
        guard text.utf8.contains(UInt8(ascii: "%")) else { return URLComponents(string: text) }
        throw ParseError(
            description:
                "the broker's URL has a percent sign, and characters that are not escaped with one; write each special character of user and "
                + "password as %XX (a percent sign as %25), or give them with --user and --password-file")
    }

    /// A text that was meant as a URL, for messages: without what may be a password in it.
    public static func masked(_ text: String) -> String {
        let start = text.range(of: "://")?.upperBound ?? text.startIndex
        guard let at = text[start...].lastIndex(of: "@"), let colon = text[start..<at].firstIndex(of: ":") else { return text }
        return text[...colon] + "***" + text[at...]
    }

    /// The URL without the password, with the port.
    public var description: String {
        let name = user.map { ($0.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? "") + "@" } ?? ""
        let place = host.contains(":") ? "[\(host)]" : host
        let scheme = webSocketPath == nil ? "mqtt" : "ws"
        return "\(scheme)\(usesTLS ? "s" : "")://\(name)\(place):\(port)\(webSocketPath ?? "")"
    }
}
