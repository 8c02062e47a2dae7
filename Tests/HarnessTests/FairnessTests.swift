import Foundation
import Harness
import Testing
import Trace
import Verification

/// A publisher without a rate leaves the reactor to others.
@Suite struct FairnessTests {
    /// One reactor writes its trace in the order in which it works. All of these messages fit into the socket's buffer, so nothing but the publisher's own
    /// fairness makes it pause.
    @Test func anUnlimitedPublisherGivesWayAfterABurst() async throws {
        try await Scenario(
            """
            name: flood
            groups:
              - { name: pub, count: 1, publish: { topic: b, qos: 0, size: 125, rate: unlimited, messages: 4000 } }
              - { name: sub, count: 1, subscribe: { filters: [b], qos: 0 } }
            """
        ).run { outcome in
            var published = 0
            var consecutive = 0
            var longest = 0
            for path in try RunDirectory(existing: outcome.directory).traces {
                try TraceFile(path: path).forEach { event, _ in
                    switch event {
                    case .published:
                        published += 1
                        consecutive += 1
                        longest = max(longest, consecutive)
                    case .completed, .delivered: consecutive = 0
                    default: break
                    }
                }
            }
            // What waited meanwhile for its turn is in the result.
            #expect(outcome.generator.longestDelaySeconds.map { $0 > 0 } == true, "\(outcome.generator)")
            #expect(published == 4_000)
            #expect(longest <= 64, "\(longest) messages were appended before anything was written or read")
        }
    }
}
