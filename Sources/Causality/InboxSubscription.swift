/// A subscription as an inbox has to know it.
public struct InboxSubscription: Sendable {
    /// What the subscription finds when it begins.
    public enum Start: Equatable, Sendable {
        /// It is older than every publish that matches it, or the session was kept since it was: the first message of each publisher and
        /// topic is owed to this subscriber, and so is every one after it.
        case beginning
        /// Others were publishing before. What they had sent is not owed, and the first message that arrives of a publisher and topic shows
        /// where that one begins. It takes for granted that what is sent to one topic arrives in order from there on, as MQTT
        /// promises for messages of one QoS.
        ///
        /// Before this first message nobody can tell whether an earlier one that some other message depends on is still to come.
        /// With `waiting` the inbox waits, until the timeout at the longest: right where order counts more than the delay at the start.
        /// Without, it does not wait, and flags as late what then comes.
        case midstream(waiting: Bool)
    }

    /// The filter.
    public var filter: TopicFilter
    /// What it finds when it begins.
    public var start: Start
    /// The process whose own messages the broker leaves out: the subscriber itself, where the subscription has the No Local option of
    /// MQTT 5.0. Otherwise `nil`.
    public var noLocal: UInt32?

    /// Makes a subscription.
    public init(_ filter: TopicFilter, start: Start = .beginning, noLocal: UInt32? = nil) {
        self.filter = filter
        self.start = start
        self.noLocal = noLocal
    }

    func brings(_ key: PublisherTopic) -> Bool {
        key.publisher.process != noLocal && filter.matches(key.topic)
    }
}
