/// A text with placeholders, parsed once: a topic, a topic filter or a client identifier.
public struct TopicTemplate: Equatable, Sendable, CustomStringConvertible {
    /// As it was written.
    public let description: String
    /// What it is made of; no two literals are neighbours.
    let segments: [Segment]

    /// A placeholder or the text between two of them.
    enum Segment: Hashable, Sendable {
        case literal(String)
        case placeholder(Placeholder)
    }

    /// What stands for something else.
    enum Placeholder: Hashable, Sendable {
        /// `%i`: the client's number in its group, from 0.
        case clientNumber
        /// `%g`: the group's name.
        case groupName
        /// `%c`: the client identifier.
        case clientID
        /// `%u`: the user name, empty where there is none.
        case user
        /// `%r`: the run's token, the same for all clients of a run and another in each run.
        case run
        /// `%s`: the message's sequence number, from 1.
        case sequence
        /// `%rand_N`: a number that is uniform in 0 ..< N, drawn for each message.
        case random(UInt64)
        /// `%zipf_N`: a number in 0 ..< N, drawn for each message, of which small ones are drawn most often.
        case zipf(ZipfTable)
    }

    /// Where a template stands, which decides what it may contain.
    enum Role: String, Sendable {
        case topic = "a topic"
        case filter = "a topic filter"
        case will = "a topic of a will"
        case payload = "a payload"
        case clientID = "a client identifier"
        case observerID = "the observer's client identifier"

        /// The placeholders as a user writes them.
        var placeholders: [String] {
            switch self {
            case .topic, .payload: ["%i", "%g", "%c", "%u", "%r", "%s", "%rand_N", "%zipf_N"]
            case .filter, .will: ["%i", "%g", "%c", "%u", "%r"]
            case .clientID: ["%i", "%g", "%r"]
            case .observerID: ["%r"]
            }
        }

        func allows(_ placeholder: Placeholder) -> Bool {
            switch placeholder {
            case .run: true
            case .clientNumber, .groupName: self != .observerID
            case .clientID, .user: self == .topic || self == .filter || self == .will || self == .payload
            case .sequence, .random, .zipf: self == .topic || self == .payload
            }
        }
    }

    /// A template that cannot be parsed, in one sentence.
    struct ParseError: Error, Equatable {
        var description: String
    }

    init(description: String, segments: [Segment]) {
        self.description = description
        self.segments = segments
    }

    /// A template of this very text, in which a percent sign is one.
    init(literal text: String) {
        self.init(description: text.replacing("%", with: "%%"), segments: text.isEmpty ? [] : [.literal(text)])
    }

    /// Whether it is the filter of a shared subscription.
    var isShared: Bool { description.utf8.starts(with: "$share/".utf8) }

    /// Whether every run has other texts of it.
    public var variesPerRun: Bool { segments.contains(.placeholder(.run)) }

    /// Parses a template.
    init(_ text: String, role: Role) throws(ParseError) {
        var segments: [Segment] = []
        var literal = ""
        // By code points: a sign on top of a percent sign or of a letter is no part of it.
        var rest = Substring(text).unicodeScalars
        while let scalar = rest.popFirst() {
            guard scalar == "%" else {
                literal.unicodeScalars.append(scalar)
                continue
            }
            if rest.first == "%" {
                rest.removeFirst()
                literal.append("%")
                continue
            }
            let placeholder = try Self.placeholder(&rest, role: role)
            if !literal.isEmpty { segments.append(.literal(literal)) }
            literal = ""
            segments.append(.placeholder(placeholder))
        }
        if !literal.isEmpty { segments.append(.literal(literal)) }
        description = text
        self.segments = segments
    }

    /// Reads what follows a `%`.
    private static func placeholder(_ rest: inout Substring.UnicodeScalarView, role: Role) throws(ParseError) -> Placeholder {
        let known = role.placeholders.joined(separator: ", ")
        let name: String
        let placeholder: Placeholder?
        if rest.starts(with: "rand_".unicodeScalars) {
            let (bound, digits) = Self.number(&rest, behind: 5)
            guard let bound, bound > 0 else {
                throw ParseError(description: "%rand_ needs a number of at least 1 behind it, as in %rand_50, but has '\(digits)'")
            }
            name = "%rand_N"
            placeholder = .random(bound)
        } else if rest.starts(with: "zipf_".unicodeScalars) {
            let (bound, digits) = Self.number(&rest, behind: 5)
            guard let bound, (1...UInt64(ZipfTable.greatestCount)).contains(bound) else {
                throw ParseError(
                    description:
                        "%zipf_ needs a number from 1 to \(ZipfTable.greatestCount) behind it, as in %zipf_50, but has '\(digits)'")
            }
            name = "%zipf_N"
            placeholder = .zipf(ZipfTable(count: Int(bound)))
        } else {
            let letter = rest.popFirst().map { String($0) } ?? ""
            name = "%" + letter
            placeholder =
                switch letter {
                case "i": .clientNumber
                case "g": .groupName
                case "c": .clientID
                case "u": .user
                case "r": .run
                case "s": .sequence
                default: nil
                }
        }
        guard let placeholder else {
            throw ParseError(description: "\(name) is no placeholder; known here are \(known), and %% for a percent sign")
        }
        guard role.allows(placeholder) else {
            throw ParseError(description: "\(name) cannot stand in \(role.rawValue); known here are \(known), and %% for a percent sign")
        }
        return placeholder
    }

    /// Reads the digits behind a name of so many letters.
    private static func number(_ rest: inout Substring.UnicodeScalarView, behind name: Int) -> (UInt64?, digits: String) {
        rest.removeFirst(name)
        let digits = String(rest.prefix { ("0"..."9").contains($0) })
        rest.removeFirst(digits.unicodeScalars.count)
        return (UInt64(digits), digits)
    }

    /// Whether two messages of one client can differ in it.
    public var variesPerMessage: Bool {
        segments.contains {
            switch $0 {
            case .placeholder(.sequence), .placeholder(.random), .placeholder(.zipf): true
            default: false
            }
        }
    }

    /// The text for one client, of a template that does not vary per message: a filter, a client identifier, a fixed topic.
    /// A placeholder that does vary is left as it was written.
    public func text(for client: ClientIdentity) -> String {
        bound(to: client).map { segment in
            switch segment {
            case .literal(let text): text
            case .placeholder(.random(let bound)): "%rand_\(bound)"
            case .placeholder(.zipf(let table)): "%zipf_\(table.count)"
            case .placeholder: "%s"
            }
        }.joined()
    }

    /// The segments with all that is fixed for a client filled in; what remains varies per message.
    func bound(to client: ClientIdentity) -> [Segment] {
        var bound: [Segment] = []
        for segment in segments {
            let text: String
            switch segment {
            case .literal(let literal): text = literal
            case .placeholder(.clientNumber): text = String(client.number)
            case .placeholder(.groupName): text = client.group
            case .placeholder(.clientID): text = client.id
            case .placeholder(.user): text = client.user
            case .placeholder(.run): text = client.run
            case .placeholder(.sequence), .placeholder(.random), .placeholder(.zipf):
                bound.append(segment)
                continue
            }
            if case .literal(let before)? = bound.last {
                bound[bound.count - 1] = .literal(before + text)
            } else if !text.isEmpty {
                bound.append(.literal(text))
            }
        }
        return bound
    }
}

/// Who a client is, as far as templates ask.
public struct ClientIdentity: Equatable, Sendable {
    /// The name of its group.
    public var group: String
    /// Its number in the group, from 0.
    public var number: Int
    /// Its client identifier.
    public var id: String
    /// The user name it connects with, empty where there is none.
    public var user: String
    /// The token of the run.
    public var run: String

    /// Makes an identity.
    public init(group: String, number: Int, id: String, user: String = "", run: String = RunToken.example) {
        self.group = group
        self.number = number
        self.id = id
        self.user = user
        self.run = run
    }
}
