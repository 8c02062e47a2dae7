extension Profile {
    /// A part of the load in which the rate is the same or changes evenly.
    public struct Stage: Equatable, Sendable {
        /// How long it lasts.
        public let length: Duration
        /// The rate at its beginning.
        public let from: StageRate
        /// The rate at its end.
        public let to: StageRate
    }

    /// A rate of a stage, which may be none at all.
    public struct StageRate: Equatable, Sendable, CustomStringConvertible {
        /// The rate; `nil` for none.
        public let rate: Rate?

        /// No messages.
        public static let none = StageRate(nil)

        init(_ rate: Rate?) { self.rate = rate }

        /// Messages in a nanosecond.
        var perNanosecond: Double { rate.map { Double($0.messages) / Double($0.nanoseconds) } ?? 0 }

        /// As a profile writes it.
        public var description: String { rate?.description ?? "0/s" }

        /// Reads a rate; `nil` where `text` is none.
        init?(text: String) {
            if let rate = Rate(text) {
                self.init(rate)
            } else if let slash = text.firstIndex(of: "/"), ["/s", "/min", "/h"].contains(text[slash...]), Int(text[..<slash]) == 0 {
                self = .none
            } else {
                return nil
            }
        }
    }

    /// How large the payloads of a group are.
    public enum Sizes: Equatable, Sendable {
        /// All the same. 0 stands for the least that fits, until ``Profile/resolvingSizes()`` knows it.
        case fixed(Int)
        /// In turn.
        case cycle([Int])
        /// Drawn evenly for each message, both ends included.
        case uniform(ClosedRange<Int>)
        /// Drawn from an exponential distribution above the least size, cut off at the greatest: many small ones, few large ones.
        case exponential(ClosedRange<Int>, mean: Int)

        /// The greatest of them.
        public var greatest: Int {
            switch self {
            case .fixed(let size): size
            case .cycle(let sizes): sizes.max() ?? 0
            case .uniform(let range), .exponential(let range, _): range.upperBound
            }
        }

        /// The least of them.
        public var least: Int {
            switch self {
            case .fixed(let size): size
            case .cycle(let sizes): sizes.min() ?? 0
            case .uniform(let range), .exponential(let range, _): range.lowerBound
            }
        }
    }

    /// Payloads of the user's own.
    public struct Payload: Equatable, Sendable {
        /// What is sent.
        public let template: TopicTemplate
        /// Where the proof of the message goes.
        public let proof: ProofPlace
    }

    /// Where the proof of a message with a payload of the user's own goes.
    public enum ProofPlace: String, CaseIterable, Sendable {
        /// Before and behind what is the user's, in the payload.
        case payload
        /// Into a user property, so that the payload is wholly the user's.
        case properties
    }

    /// What MQTT 5.0 lets a message say beside its payload (3.3.2.3), the same for all messages of a group.
    public struct Properties: Equatable, Sendable {
        /// The kind of the payload; `nil` for none.
        public var contentType: String?
        /// Names and values, in the order of the profile.
        public var user: [Pair] = []
        /// How many topics the client gives an alias.
        public var aliases: UInt16 = 0

        /// A user property.
        public struct Pair: Equatable, Sendable {
            /// The name.
            public let name: String
            /// The value.
            public let value: String
        }

        /// Whether nothing is said.
        public var isEmpty: Bool { self == Self() }
    }
}

extension [Profile.Stage] {
    /// How many messages are due in the first so many seconds.
    package func messages(in seconds: Double) -> Double {
        var (left, sum) = (seconds * 1e9, 0.0)
        for stage in self where left > 0 {
            let length = Double(stage.length.wholeNanoseconds)
            let part = Swift.min(left, length)
            let (from, to) = (stage.from.perNanosecond, stage.to.perNanosecond)
            sum += (from + (from + (to - from) * part / length)) / 2 * part
            left -= part
        }
        return sum + Swift.max(0, left) * (last?.to.perNanosecond ?? 0)
    }
}
