import Testing

@testable import Harness

/// What counts as a standstill, by a clock of the test's own.
@Suite struct StandstillTests {
    private var watch = StandstillWatch()
    private var now: UInt64 = 1_000_000_000
    private var cpu = 0.0

    /// Looks every 200 ms for so long.
    private mutating func look(_ steps: Int, owed: String?, for seconds: Double, isBusy: Bool = false) {
        for _ in 0..<Int((seconds * 5).rounded()) {
            now += 200_000_000
            cpu += isBusy ? 0.2 : 0
            watch.look([Strand(name: "pub", steps: steps, owed: owed)], at: now, cpuSeconds: cpu)
        }
    }

    @Test mutating func whatIsOwedWithoutAStepStandsStill() {
        look(1, owed: "pub-0 has 3 messages unacknowledged", for: 2)
        #expect(watch.present == nil)
        look(1, owed: "pub-0 has 3 messages unacknowledged", for: 1.2)
        #expect(watch.present == "no progress for 3 s: pub-0 has 3 messages unacknowledged")
        look(2, owed: "pub-0 has 2 messages unacknowledged", for: 1)
        #expect(watch.present == nil)
        #expect(abs(watch.longest.seconds - 3) < 0.001)
        #expect(watch.longest.waiting == "pub-0 has 3 messages unacknowledged")
    }

    @Test mutating func stepsAndNothingOwedAreNoStandstill() {
        look(1, owed: nil, for: 10)
        for step in 2..<30 { look(step, owed: "something", for: 0.4) }
        #expect(watch.present == nil && watch.longest.seconds < 0.5)
    }

    /// A fault that the profile asks for: while it goes on nothing is owed, and the clock begins anew behind it.
    @Test mutating func whatIsExcusedDoesNotCount() {
        look(1, owed: "something", for: 1)
        look(1, owed: nil, for: 20)
        look(1, owed: "something", for: 1)
        #expect(watch.longest.seconds < 1)
    }

    @Test mutating func oneStrandThatStandsIsSeenBesideOthersThatMove() {
        for step in 0..<20 {
            now += 200_000_000
            watch.look(
                [Strand(name: "a", steps: step, owed: "a waits"), Strand(name: "b", steps: 7, owed: "b waits")], at: now, cpuSeconds: 0)
        }
        #expect(watch.present == "no progress for 3 s: b waits")
    }

    /// Before the first message, too: whoever is to connect is owed.
    @Test(.timeLimit(.minutes(1))) func clientsThatDoNotConnectStandStill() async throws {
        let standstill = StandstillMonitor()
        let connected = ConnectedCount(of: 3)
        connected.add()
        try await connected.telling({ _, _ in }, standstill) {
            while standstill.watch.longest.seconds < 0.5 { try await Task.sleep(for: .milliseconds(10)) }
        }
        #expect(standstill.watch.longest.waiting == "1 of 3 clients are connected and have subscribed")
    }

    @Test mutating func aProcessThatWasStoppedIsNoStandstill() {
        look(1, owed: "something", for: 1)
        now += 30_000_000_000
        look(1, owed: "something", for: 0.4)
        #expect(watch.longest.seconds < 2)
        #expect(abs(watch.pausedSeconds - 30) < 0.1)
    }

    @Test mutating func aProcessThatWorkedMeanwhileWasNotStopped() {
        look(1, owed: nil, for: 1)
        now += 3_000_000_000
        cpu += 2.9
        look(1, owed: nil, for: 0.4)
        #expect(watch.pausedSeconds == 0)
    }
}
