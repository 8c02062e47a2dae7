import Foundation
import Synchronization
import Testing

@testable import Shop

@Suite struct ClockTests {
    /// What the machine's clock does after the start does not matter.
    @Test func timeGoesOnWhateverTheMachinesClockDoes() {
        let monotonic = Mutex<UInt64>(5_000_000_000)
        let clock = ServiceClock(wall: 1_795_640_823_040) { monotonic.withLock { $0 } }
        #expect(clock.now == 1_795_640_823_040)
        monotonic.withLock { $0 += 20_000_000 }
        #expect(clock.now == 1_795_640_823_060)
    }

    /// An order that was to be packed tomorrow, because the clock was a day ahead when it came, waits for as long as packing takes.
    @Test func anOrderStoredByAnotherClockIsDueInTime() {
        let record = OrderRecord(order: DomainTests.order, state: .reserved, due: 86_400_020)
        #expect(record.due(atLatest: 20).due == 20)
        #expect(record.due(atLatest: 86_500_000).due == 86_400_020)
    }
}
