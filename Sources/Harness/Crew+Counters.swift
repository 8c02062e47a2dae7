internal import Trace
internal import Workload

extension Crew {
    /// Notes in the first trace what the broker counts of itself, where the profile names a limit that rests on it. What it does not say is not
    /// noted, and then nothing is admitted.
    /// - Parameter isEnd: whether all is over, so that the figure must be newer than the call.
    func noteBrokerCounters(_ profile: Profile, _ target: BrokerTarget, isEnd: Bool) async throws {
        guard profile.expectations.limits.contains(where: { $0.upTo == .dropped }) else { return }
        let value: Int64?
        switch (isEnd, target.isEmbedded) {
        // A broker of the run's own has counted nothing before it.
        case (false, true): value = 0
        case (false, false): value = try await BrokerCounters.read(BrokerCounters.droppedTopic, isFresh: false, target.observer)
        // The run stands, whether or not the broker is still there to say something.
        case (true, _): value = try? await BrokerCounters.read(BrokerCounters.droppedTopic, isFresh: true, target.observer)
        }
        guard let value else { return }
        await workers[0].count(process: freeProcess, counter: BrokerCounters.dropped, value: value)
    }
}
