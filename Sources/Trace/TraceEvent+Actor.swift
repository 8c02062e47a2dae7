extension TraceEvent {
    /// At whom it happened, and when; `nil` for what concerns the run as a whole.
    package var actor: (process: UInt32, at: UInt64)? {
        switch self {
        case .connected(let event): (event.process, event.at)
        case .connectionRefused(let event): (event.process, event.at)
        case .disconnected(let event): (event.process, event.at)
        case .subscribed(let event): (event.process, event.at)
        case .unsubscribed(let event): (event.process, event.at)
        case .published(let event): (event.process, event.at)
        case .resent(let event): (event.process, event.at)
        case .completed(let event): (event.process, event.at)
        case .delivered(let event): (event.process, event.at)
        case .deliveredUnreadable(let event): (event.process, event.at)
        case .lockCreated(let event): (event.process, event.at)
        case .acquired(let event): (event.process, event.at)
        case .released(let event): (event.process, event.at)
        case .counted(let event): (event.process, event.at)
        case .acknowledged(let event): (event.process, event.at)
        case .processed(let event): (event.process, event.at)
        case .will(let event): (event.process, event.at)
        case .entered(let event): (event.process, event.at)
        case .moved(let event): (event.process, event.at)
        case .mark: nil
        }
    }
}

extension TraceEvent {
    /// When it happened.
    package var at: UInt64 {
        if case .mark(let mark) = self { return mark.at }
        return actor?.at ?? 0
    }

    /// Which message it brings into the world, or hands over to its process; `nil` for all other events.
    package var message: (publisher: UInt32, sequence: UInt64, attempt: UInt32, isPublish: Bool)? {
        switch self {
        case .published(let event): (event.process, event.sequence, event.attempt, true)
        case .will(let event): (event.process, event.sequence, event.attempt, true)
        case .delivered(let event): (event.publisher, event.sequence, event.attempt, false)
        case .processed(let event): (event.publisher, event.sequence, event.attempt, false)
        default: nil
        }
    }
}
