internal import Foundation

/// What somebody wants to know: a GET. Its other headers and its body are no matter.
public struct HTTPQuestion: Equatable, Sendable {
    /// The path as it was written, escapes and all.
    public var path: String
    /// The fields of the query in their order, without escapes.
    public var query: [Field]
    /// The media types that would suit, as the header `Accept` has them; `nil` where there is none.
    public var accept: String?

    /// A field of a query.
    public struct Field: Equatable, Sendable {
        /// Its name.
        public var name: String
        /// Its value; empty where it has none.
        public var value: String
    }

    /// Takes the target of a request line apart.
    init(target: String, accept: String? = nil) {
        self.accept = accept
        let parts = target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        path = parts.first.map(String.init) ?? ""
        query = (parts.count > 1 ? parts[1] : "").split(separator: "&").map { field in
            let sides = field.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map {
                $0.removingPercentEncoding ?? String($0)
            }
            return Field(name: sides[0], value: sides.count > 1 ? sides[1] : "")
        }
    }

    /// The value of the first field of that name.
    public subscript(name: String) -> String? { query.first { $0.name == name }?.value }
}

/// What is answered.
public enum HTTPAnswer: Sendable {
    /// A page.
    case page(HTTPPage)
    /// Parts that come one by one, until the stream ends or the client has gone.
    case stream(type: String, parts: any AsyncSequence<[UInt8], Never> & Sendable)
}

/// An answer that is there as a whole.
public struct HTTPPage: Equatable, Sendable {
    /// The status code.
    public var status: Int
    /// The media type.
    public var type: String
    /// The content.
    public var body: [UInt8]

    /// Makes a page.
    public init(status: Int = 200, type: String, body: [UInt8]) {
        self.status = status
        self.type = type
        self.body = body
    }

    /// Makes a page that says one thing.
    public init(status: Int, _ sentence: String) {
        self.init(status: status, type: "text/plain; charset=utf-8", body: Array((sentence + "\n").utf8))
    }
}

/// Why a request is not answered as it wants to be.
enum HTTPProblem: Error, Equatable {
    case lineTooLong(Int), headersTooLarge(Int), lineTooSlow(Int), headersTooSlow(Int), malformed, unanswered(Int), full(Int), otherMethod

    var page: HTTPPage {
        switch self {
        case .lineTooLong(let limit): HTTPPage(status: 414, "The request line is longer than \(limit) bytes.")
        case .headersTooLarge(let limit): HTTPPage(status: 431, "The headers are longer than \(limit) bytes together.")
        case .lineTooSlow(let seconds): HTTPPage(status: 408, "The request line did not come within \(seconds) s.")
        case .headersTooSlow(let seconds): HTTPPage(status: 408, "The headers did not come within \(seconds) s.")
        case .malformed: HTTPPage(status: 400, "That is no request of HTTP/1.1.")
        case .unanswered(let seconds): HTTPPage(status: 503, "There was no answer within \(seconds) s.")
        case .full(let limit): HTTPPage(status: 503, "All \(limit) connections are taken.")
        case .otherMethod: HTTPPage(status: 405, "Only GET is answered here.")
        }
    }
}
