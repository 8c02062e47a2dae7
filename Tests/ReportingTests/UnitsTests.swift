import Testing

@testable import Reporting

@Suite("Units")
struct UnitsTests {
    @Test(
        "Counts",
        arguments: [
            (0, "0"), (999, "999"), (1_000, "1,000"), (12_345, "12,345"), (123_456, "123,456"), (1_234_567, "1,234,567"),
            (-1_234, "-1,234"),
            (-123, "-123"), (.min, "-9,223,372,036,854,775,808"),
        ])
    func counts(value: Int, text: String) {
        #expect(Units.count(value) == text)
    }

    @Test(
        "Durations keep three significant digits and change the unit where rounding carries over",
        arguments: [
            (0, "0 s"), (1e-9, "1.00 ns"), (45.6e-6, "45.6 µs"), (0.00123, "1.23 ms"), (0.0099949, "9.99 ms"), (0.0099951, "10.0 ms"),
            (0.099951, "100 ms"), (0.9994e-3, "999 µs"), (0.9996e-3, "1.00 ms"), (0.9996, "1.00 s"), (59.94, "59.9 s"),
            (59.96, "1 min 0 s"),
            (125, "2 min 5 s"), (3_599.4, "59 min 59 s"), (3_599.6, "1 h 0 min"), (7_500, "2 h 5 min"), (-0.001, "-1.00 ms"),
        ])
    func durations(seconds: Double, text: String) {
        #expect(Units.duration(seconds) == text)
    }

    @Test(
        "Milliseconds",
        arguments: [(0.0000456, "0.046"), (0.0009994, "0.999"), (0.0009996, "1.00"), (0.00123, "1.23"), (0.0123, "12.3"), (1.5, "1,500")])
    func milliseconds(seconds: Double, text: String) {
        #expect(Units.milliseconds(seconds) == text)
    }

    @Test("Rates", arguments: [(0, "0"), (0.04, "0.0"), (1.5, "1.5"), (9.94, "9.9"), (9.96, "10"), (12_345.4, "12,345")])
    func rates(value: Double, text: String) {
        #expect(Units.rate(value) == text)
    }

    @Test(
        "A share is nothing or all only when it is",
        arguments: [
            (0, "0 %"), (0.00001, "under 0.01 %"), (0.00025, "0.03 %"), (0.0875, "8.8 %"), (0.9994, "99.9 %"), (0.99999, "over 99.9 %"),
            (1, "100 %"),
        ])
    func shares(value: Double, text: String) {
        #expect(Units.share(value) == text)
    }

    @Test(
        "Sizes",
        arguments: [
            (0, "0 B"), (1_023, "1023 B"), (1_024, "1.00 KiB"), (1_048_575, "1.00 MiB"), (88_290_099, "84.2 MiB"),
            (18_700_000_000, "17.4 GiB"),
        ])
    func sizes(value: Int, text: String) {
        #expect(Units.bytes(value) == text)
    }

    @Test("Nothing measured is a dash")
    func nothing() {
        #expect(Units.duration(nil) == "–")
        #expect(Units.milliseconds(nil) == "–")
        #expect(Units.duration(.nan) == "–")
        #expect(Units.rate(.infinity) == "–")
    }
}
