import Testing

@testable import Harness

@Suite struct BottleneckTests {
    private let calm = BottleneckCheck(
        sent: 1_000, lateByGenerator: 9, reactorSeconds: [4.4, 1], busySeconds: [4.4, 1], lateSeconds: [0.4, 0], brokerSeconds: 1, hold: 5,
        pausedSeconds: 0)

    @Test func aCalmGeneratorIsNoBottleneck() {
        #expect(calm.reasons.isEmpty)
    }

    @Test func onePercentOfLateSendsIs() {
        var check = calm
        check.lateByGenerator = 10
        #expect(check.reasons == ["1.0 % of the sends were late although there was send credit: this machine had no time for them."])
    }

    @Test func aBusyReactorIsUnlessTheBrokerIsBusier() {
        var check = calm
        check.reactorSeconds = [1, 4.6]
        check.busySeconds = [1, 4.6]
        #expect(check.reasons == ["A reactor was busy 92.0 % of the hold, the broker 20.0 %."])
        check.brokerSeconds = 4.9
        #expect(check.reasons.isEmpty)
        check.brokerSeconds = nil
        #expect(check.reasons == ["A reactor was busy 92.0 % of the hold."])
    }

    /// A reactor that shares its core uses little of it and has no time left all the same.
    @Test func aReactorThatNeverWaitsIsBusyWhateverItsCPU() {
        var check = calm
        check.reactorSeconds = [2.5]
        check.busySeconds = [4.9]
        check.brokerSeconds = nil
        #expect(check.reasons == ["A reactor was busy 98.0 % of the hold."])
    }

    @Test func aLateReactorIsUnlessTheBrokerIsBusier() {
        var check = calm
        check.lateSeconds = [0, 0.6]
        #expect(check.reasons == ["A reactor came 10 ms or more too late to what was ready in 12.0 % of the hold."])
        check.brokerSeconds = 4.5
        #expect(check.reasons.isEmpty)
    }

    @Test func aProcessThatWasStoppedSaysSo() {
        var check = calm
        check.pausedSeconds = 3.24
        #expect(check.reasons.count == 1)
        #expect(check.reasons.first?.hasPrefix("For 3.2 s this process did not run: it was stopped, or the machine slept") == true)
    }

    @Test func aRunWithoutHoldSaysNothing() {
        var check = calm
        check.hold = 0
        check.lateByGenerator = 1_000
        #expect(check.reasons.isEmpty)
    }
}
