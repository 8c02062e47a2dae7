internal import Trace
internal import Workload

extension Crew {
    /// Notes in the first trace what the broker counts of itself, where the profile names a limit that rests on it. What it does not say is not
    /// noted, but why, and then what the limit covers is not known.
    /// - Parameter isEnd: whether all is over, so that the figure must be newer than the call.
    func noteBrokerCounters(_ profile: Profile, _ target: BrokerTarget, isEnd: Bool) async throws {
        guard profile.expectations.limits.contains(where: { $0.upTo == .dropped }) else { return }
        // A broker of the run's own has counted nothing before it.
        if !isEnd, target.isEmbedded {
            return await workers[0].count(process: freeProcess, counter: BrokerCounters.dropped, value: 0)
        }
        let when = isEnd ? "at the end" : "at the beginning"
        do {
            // The run stands, whether or not the broker says something.
            if let value = try await BrokerCounters.read(BrokerCounters.droppedTopic, isFresh: isEnd, target.observer) {
                await workers[0].count(process: freeProcess, counter: BrokerCounters.dropped, value: value)
            } else {
                await workers[0].mark(
                    .note, "\(BrokerCounters.dropped): the broker published nothing on \(BrokerCounters.droppedTopic) \(when)")
            }
        } catch {
            await workers[0].mark(.note, "\(BrokerCounters.dropped): it could not be read \(when): \(error)")
        }
    }
}
