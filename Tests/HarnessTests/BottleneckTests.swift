import Testing

@testable import Harness

@Suite struct BottleneckTests {
    private let calm = BottleneckCheck(sent: 1_000, lateByGenerator: 9, reactorSeconds: [4.4, 1], brokerSeconds: 1, hold: 5)

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
        #expect(check.reasons == ["A reactor was busy 92.0 % of the hold, the broker 20.0 %."])
        check.brokerSeconds = 4.9
        #expect(check.reasons.isEmpty)
        check.brokerSeconds = nil
        #expect(check.reasons == ["A reactor was busy 92.0 % of the hold."])
    }

    @Test func aRunWithoutHoldSaysNothing() {
        var check = calm
        check.hold = 0
        check.lateByGenerator = 1_000
        #expect(check.reasons.isEmpty)
    }
}
