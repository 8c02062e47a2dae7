/// All topics, filters or client identifiers that a group's template can produce, level by level: what is needed to tell before a
/// run which group feeds which.
struct TopicPattern: Equatable {
    /// A part of a level.
    enum Piece: Hashable {
        case literal(String)
        /// A decimal number of 0 ..< `bound` or, where there is no bound, any.
        case number(below: UInt64?, isClientNumber: Bool)
    }

    /// The levels between the slashes; a level of no pieces is empty.
    let levels: [[Piece]]

    /// Fills in what a group fixes.
    init(_ template: TopicTemplate, group: Profile.Group, user: String) {
        var pieces: [Piece] = []
        func add(_ segments: [TopicTemplate.Segment]) {
            for segment in segments {
                switch segment {
                case .literal(let text): pieces.append(.literal(text))
                case .placeholder(.clientNumber): pieces.append(.number(below: UInt64(group.count), isClientNumber: true))
                case .placeholder(.groupName): pieces.append(.literal(group.name))
                // A client identifier's template holds no %c itself, so this ends.
                case .placeholder(.clientID): add(group.clientID.segments)
                case .placeholder(.user): pieces.append(.literal(user))
                // The same on both sides, and of the same length in every run.
                case .placeholder(.run): pieces.append(.literal(RunToken.example))
                case .placeholder(.sequence): pieces.append(.number(below: nil, isClientNumber: false))
                case .placeholder(.zipf(let table)): pieces.append(.number(below: UInt64(table.count), isClientNumber: false))
                case .placeholder(.random(let bound)): pieces.append(.number(below: bound, isClientNumber: false))
                }
            }
        }
        add(template.segments)
        var levels: [[Piece]] = [[]]
        for piece in pieces {
            guard case .literal(let text) = piece else {
                levels[levels.count - 1].append(piece)
                continue
            }
            for (index, part) in text.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false).enumerated() {
                if index > 0 { levels.append([]) }
                guard !part.isEmpty else { continue }
                // A slash is one byte and part of no other character's bytes.
                let part = String(decoding: part, as: UTF8.self)
                if case .literal(let before)? = levels[levels.count - 1].last {
                    levels[levels.count - 1][levels[levels.count - 1].count - 1] = .literal(before + part)
                } else {
                    levels[levels.count - 1].append(.literal(part))
                }
            }
        }
        self.levels = levels
    }

    /// The filter of a shared subscription alone: what topics are held against. Any other pattern as it is.
    var unshared: TopicPattern {
        guard levels.count > 2, levels[0] == [.literal("$share")] else { return self }
        return TopicPattern(levels: Array(levels.dropFirst(2)))
    }

    private init(levels: [[Piece]]) { self.levels = levels }

    /// The longest text it can produce: every number has its greatest value.
    var longest: String {
        levels.map { level in
            level.map { piece in
                switch piece {
                case .literal(let text): text
                case .number(let bound, _): String(bound.map { $0 - 1 } ?? .max)
                }
            }.joined()
        }.joined(separator: "/")
    }

    /// How topics of one group meet filters of another.
    enum Feed: Int, Comparable {
        /// Never.
        case none
        /// Client `i` feeds client `i` only.
        case sameNumber
        /// Any client may feed any.
        case any

        static func < (left: Feed, right: Feed) -> Bool { left.rawValue < right.rawValue }

        /// One feed after another.
        func then(_ next: Feed) -> Feed {
            self == .none || next == .none ? .none : max(self, next)
        }
    }

    /// Whether this filter can match a topic (MQTT 4.7). Topics and filters that begin with $ are refused before.
    func feed(from topic: TopicPattern) -> Feed {
        var feed = Feed.any
        for (index, level) in levels.enumerated() {
            // # stands for any number of levels, also for none: a/# matches a.
            if level == [.literal("#")] { return feed }
            guard index < topic.levels.count else { return .none }
            if level == [.literal("+")] { continue }
            switch Self.meeting(level, topic.levels[index]) {
            case .none: return .none
            case .sameNumber: feed = .sameNumber
            case .any: break
            }
        }
        return levels.count == topic.levels.count ? feed : .none
    }

    /// Whether two levels can produce the same text.
    private static func meeting(_ filter: [Piece], _ topic: [Piece]) -> Feed {
        guard LevelOverlap(filter, topic).exists else { return .none }
        let shape = { (pieces: [Piece]) in
            pieces.map { piece -> Piece? in
                if case .number(_, isClientNumber: true) = piece { nil } else { piece }
            }
        }
        // The same text around one client number on both sides: the numbers must be equal.
        let numbers = filter.filter { if case .number = $0 { true } else { false } }
        return shape(filter) == shape(topic) && numbers.count == 1 && shape(filter).contains(nil) ? .sameNumber : .any
    }
}

/// Whether two levels can produce the same text. Exact for literals and for a number alone; numbers among other text are taken for
/// any digits, so it may say yes where bounds would say no.
private struct LevelOverlap {
    private enum Token: Equatable {
        case byte(UInt8)
        case digit
        case moreDigits
    }

    let exists: Bool

    init(_ left: [TopicPattern.Piece], _ right: [TopicPattern.Piece]) {
        exists = Self.bounded(left, right) ?? Self.meet(Self.tokens(left), Self.tokens(right))
    }

    /// The answer where at least one side is a number alone and the other is a number or a literal.
    private static func bounded(_ left: [TopicPattern.Piece], _ right: [TopicPattern.Piece]) -> Bool? {
        switch (left.first, right.first, left.count, right.count) {
        // Both ranges begin at 0 or, for sequence numbers, at 1 and have no end.
        case (.number(let a, _)?, .number(let b, _)?, 1, 1): !((a == 1 && b == nil) || (a == nil && b == 1))
        case (.number(let bound, _)?, .literal(let text)?, 1, 1), (.literal(let text)?, .number(let bound, _)?, 1, 1):
            UInt64(text).map { number in String(number) == text && bound.map { number < $0 } ?? true } ?? false
        default: nil
        }
    }

    private static func tokens(_ pieces: [TopicPattern.Piece]) -> [Token] {
        pieces.flatMap { piece -> [Token] in
            switch piece {
            case .literal(let text): text.utf8.map(Token.byte)
            case .number: [.digit, .moreDigits]
            }
        }
    }

    /// Walks both at once; a set of pairs of positions that can be reached with the same text so far.
    private static func meet(_ left: [Token], _ right: [Token]) -> Bool {
        var pending = [[0, 0]]
        var seen: Set<[Int]> = [[0, 0]]
        while let position = pending.popLast() {
            let (i, j) = (position[0], position[1])
            if i == left.count, j == right.count { return true }
            var next: [[Int]] = []
            // More digits may be none at all.
            if i < left.count, left[i] == .moreDigits { next.append([i + 1, j]) }
            if j < right.count, right[j] == .moreDigits { next.append([i, j + 1]) }
            if i < left.count, j < right.count, agree(left[i], right[j]) {
                next.append([left[i] == .moreDigits ? i : i + 1, right[j] == .moreDigits ? j : j + 1])
            }
            pending += next.filter { seen.insert($0).inserted }
        }
        return false
    }

    private static func agree(_ left: Token, _ right: Token) -> Bool {
        switch (left, right) {
        case (.byte(let a), .byte(let b)): a == b
        case (.byte(let a), _), (_, .byte(let a)): (0x30...0x39).contains(a)
        default: true
        }
    }
}
