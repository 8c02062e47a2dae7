/// What a process knows of the past: it stamps what the process publishes, and learns from what the process has processed.
///
/// ``processed(_:)`` belongs where the application gets a message, not where the message arrives: what still waits in an inbox has not
/// influenced anything, and a stamp that names it would make others wait for what does not matter.
public struct CausalPublisher: Equatable, Sendable {
    /// Who it is.
    public let id: PublisherID
    /// Everything that this process has published, and all that happened before what it has processed. A process that means to come
    /// back as the same publisher saves it together with what it publishes.
    public private(set) var past: DependencyStamp

    /// Makes a publisher with the past it had, empty for a new one.
    public init(_ id: PublisherID, past: DependencyStamp = DependencyStamp()) {
        self.id = id
        self.past = past
    }

    /// Counts one more publish and returns the stamp that the message carries. A message that could not be sent must be sent again
    /// with this stamp, or subscribers wait for it in vain until their timeout.
    public mutating func publish(to topic: String) -> DependencyStamp {
        past[id, topic] += 1
        return past
    }

    /// Takes the past of a message that the application got from an inbox.
    public mutating func processed<Message>(_ release: InboxRelease<Message>) {
        processed(release.stamp)
    }

    /// Takes the past of a message that the application got without an inbox. Of its own publishes a process knows more than anyone, so
    /// what the stamp says of them is passed over.
    public mutating func processed(_ stamp: DependencyStamp) {
        past.merge(stamp, except: id)
    }
}
