/// The topics of one client's messages.
///
/// The topic of a message depends on the seed, the group, the client and the sequence number alone: publishing the same message
/// again gives the same topic. A fixed topic is rendered once, and so are all topics of a small `%rand_N`.
public struct TopicSource: Sendable {
    private enum Form: Sendable {
        case fixed(String)
        case table([String])
        case composed([TopicTemplate.Segment])
        case turn([TopicSource])
    }

    private let form: Form
    private let random: RandomStream

    /// The most topics of a `%rand_N` that are rendered up front for one client.
    static let greatestTable: UInt64 = 256

    /// Binds templates to a client, whose messages use them in turn.
    /// - Parameters:
    ///   - templates: The templates of the group's topics, at least one.
    ///   - client: The client.
    ///   - random: The client's stream for ``RandomStream/Purpose/topics``.
    public init(_ templates: [TopicTemplate], client: ClientIdentity, random: RandomStream) {
        if templates.count == 1 {
            self.init(templates[0], client: client, random: random)
        } else {
            self.init(form: .turn(templates.map { TopicSource($0, client: client, random: random) }), random: random)
        }
    }

    private init(form: Form, random: RandomStream) {
        self.form = form
        self.random = random
    }

    /// Binds a template to a client.
    /// - Parameters:
    ///   - template: The template of the group's topic.
    ///   - client: The client.
    ///   - random: The client's stream for ``RandomStream/Purpose/topics``.
    public init(_ template: TopicTemplate, client: ClientIdentity, random: RandomStream) {
        let segments = template.bound(to: client)
        self.random = random
        let varying = segments.filter { if case .literal = $0 { false } else { true } }
        if varying.isEmpty {
            form = .fixed(Self.compose(segments) { _ in 0 })
        } else if varying.count == 1, case .placeholder(.random(let bound)) = varying[0], bound <= Self.greatestTable {
            form = .table((0..<bound).map { number in Self.compose(segments) { _ in number } })
        } else {
            form = .composed(segments)
        }
    }

    /// The topic of the message with this sequence number, which counts from 1.
    public func topic(sequence: UInt64) -> String {
        switch form {
        case .fixed(let topic):
            return topic
        case .table(let topics):
            var random = random.substream(sequence)
            return topics[Int(random.number(below: UInt64(topics.count)))]
        case .composed(let segments):
            var random = random.substream(sequence)
            return Self.compose(segments) { placeholder in
                switch placeholder {
                case .random(let bound): random.number(below: bound)
                case .zipf(let table): table.number(&random)
                default: sequence
                }
            }
        case .turn(let sources):
            return sources[Int((sequence &- 1) % UInt64(sources.count))].topic(sequence: sequence)
        }
    }

    /// The only topic, where it is the same for every message.
    public var fixedTopic: String? {
        if case .fixed(let topic) = form { topic } else { nil }
    }

    private static func compose(
        _ segments: [TopicTemplate.Segment], number: (TopicTemplate.Placeholder) -> UInt64
    ) -> String {
        var topic = ""
        for segment in segments {
            switch segment {
            case .literal(let text): topic += text
            case .placeholder(let placeholder): topic += String(number(placeholder))
            }
        }
        return topic
    }
}
