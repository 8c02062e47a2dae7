import MQTT
import Testing

/// What a broker gives as its reason, in words.
@Suite struct ReasonCodeTests {
    @Test(arguments: [
        (0x05, "not authorized (5)"), (0x80, "no reason given (0x80)"), (0x87, "not authorized (0x87)"),
        (0x95, "packet too large (0x95)"), (0x9B, "QoS not supported (0x9B)"), (0xFE, "a reason that MQTT does not know (0xFE)"),
    ])
    func aCodeIsToldInWords(_ code: UInt8, _ text: String) {
        #expect("\(ReasonCode(rawValue: code))" == text)
    }

    /// MQTT 3.1.1, 3.2.2.3, and MQTT 5.0, 2.4.
    @Test func everyFailureOfBothVersionsHasWords() {
        for code in [1...5, 0x80...0xA2].joined() where code != 0 {
            let reason = ReasonCode(rawValue: UInt8(code))
            #expect(reason.isFailure && !reason.words.contains("does not know"), "\(code)")
        }
        #expect(!ReasonCode(rawValue: 0).isFailure && !ReasonCode(rawValue: 0x10).isFailure)
    }
}
