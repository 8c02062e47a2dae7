import Testing

@testable import Workload

@Suite struct FormatTests {
    @Test(arguments: [
        ("ws://host", "ws://host:80/mqtt"), ("wss://u:p@host:8080/a/b", "wss://u@host:8080/a/b"),
        ("mqtt://host", "mqtt://host:1883"), ("mqtts://host", "mqtts://host:8883"), ("MQTT://127.0.0.1:1/", "mqtt://127.0.0.1:1"),
        ("mqtt://u:p@h:65535", "mqtt://u@h:65535"), ("mqtt://[::1]", "mqtt://[::1]:1883"), ("mqtt://a%40b:p%2F@h", "mqtt://a%40b@h:1883"),
    ])
    func brokerURLs(text: String, description: String) throws {
        let url = try BrokerURL(parsing: text)
        #expect(url.description == description)
        var withoutPassword = url
        withoutPassword.password = nil
        #expect(try BrokerURL(parsing: description) == withoutPassword)
    }

    @Test(arguments: [
        ("host:1883", "no scheme"), ("http://host", "'http' is not known"), ("wss://host:99999", "port is 99999"),
        ("mqtt://", "names no host"),
        ("mqtt://:1883", "names no host"), ("mqtt://h:0", "port is 0"), ("mqtt://h:65536", "port is 65536"), ("mqtt://h:x", "malformed"),
        ("mqtt://h/topic", "behind host and port"),
        ("mqtt://h?x=1", "behind host and port"), ("mqtt://:secret@h", "no user name"), ("mqtt://u:sec ret@h", "malformed"),
        ("", "no scheme"),
    ])
    func otherURLsAreRefused(text: String, reason: String) {
        let error = #expect(throws: BrokerURL.ParseError.self) { try BrokerURL(parsing: text) }
        #expect(error?.description.contains(reason) == true, "\(String(describing: error))")
        #expect(error?.description.contains("secret") == false && error?.description.contains("sec ret") == false)
    }

    @Test(
        arguments: [
            ("0s", .zero), ("1us", .microseconds(1)), ("1.5ms", .microseconds(1500)), ("2s", .seconds(2)), ("90s", .seconds(90)),
            ("1m", .seconds(60)),
            ("0.5h", .seconds(1800)), ("8760h", .seconds(8760 * 3600)),
        ] as [(String, Duration)])
    func durations(text: String, expected: Duration) {
        let duration = DurationFormat.parse(text)
        #expect(duration == expected)
        #expect(duration.map { DurationFormat.parse(DurationFormat.text($0)) } == expected)
    }

    @Test(arguments: ["5", "s", "-1s", "1 s", "1sec", "0.5us", "8761h", "1e3s", "99999999999999999999s", "", "1s2ms", "1,5s"])
    func otherDurationsAreRefused(text: String) {
        #expect(DurationFormat.parse(text) == nil)
    }

    @Test(arguments: [("256", 256), ("1KiB", 1_024), ("4KB", 4_000), ("2MiB", 2_097_152), ("1MB", 1_000_000), ("7B", 7)])
    func sizes(text: String, expected: Int) {
        #expect(SizeFormat.parse(text) == expected)
    }

    @Test(arguments: ["", "KiB", "-1", "1.5KiB", "1kb", "1 KiB", "99999999999999999999", "9999999999999MiB"])
    func otherSizesAreRefused(text: String) {
        #expect(SizeFormat.parse(text) == nil)
    }

    @Test(
        arguments: [
            (.latency, "p(99)<20ms", .percentile(99), .below, 0.02), (.latency, "p(99.9) <= 1s", .percentile(99.9), .atMost, 1),
            (.latency, "max<1s", .maximum, .below, 1), (.latency, "avg!=5us", .average, .notEqual, 0.000005),
            (.latency, "min>=0s", .minimum, .atLeast, 0), (.acknowledge, "p(99)<5ms", .percentile(99), .below, 0.005),
            (.connect, "max<2s", .maximum, .below, 2), (.tls, "avg<10ms", .average, .below, 0.01), (.resume, "max<3s", .maximum, .below, 3),
            (.throughput, ">8000/s", .value, .above, 8_000), (.published, ">=0.5/s", .value, .atLeast, 0.5),
            (.loss, "==0", .value, .equal, 0),
            (.published, "==1200", .value, .equal, 1_200), (.acked, ">30/s", .value, .above, 30), (.acked, ">=10", .value, .atLeast, 10),
            (.delivered, "!=0", .value, .notEqual, 0), (.refused, "<5", .value, .below, 5), (.unknown, "<=5", .value, .atMost, 5),
            (.unsent, "==0", .value, .equal, 0), (.connectionsLost, "<= 2", .value, .atMost, 2),
            (.late, "<10", .value, .below, 10), (.redelivered, "<= 3", .value, .atMost, 3),
        ] as [(Threshold.Metric, String, Threshold.Statistic, Threshold.Comparison, Double)])
    func thresholds(metric: Threshold.Metric, text: String, statistic: Threshold.Statistic, comparison: Threshold.Comparison, value: Double)
        throws
    {
        let threshold = try #require(Threshold(text, metric: metric))
        #expect(threshold.statistic == statistic)
        #expect(threshold.comparison == comparison)
        #expect(threshold.value == value)
        #expect(threshold.text == text)
    }

    @Test(
        arguments: [
            (.latency, "p(0)<1s"), (.latency, "p(100.1)<1s"), (.latency, "p()<1s"), (.latency, "p(99)<20"), (.latency, "<20ms"),
            (.latency, "med<1s"),
            (.latency, "max=<1s"), (.latency, "max<-1s"), (.loss, "0"), (.loss, "==0.5"), (.loss, "=0"), (.loss, "max==0"),
            (.throughput, ">8000"),
            (.throughput, ">x/s"), (.acked, ">0.5"), (.refused, "<5/s"), (.connectionsLost, "p(9)<1"), (.delivered, "10"),
            (.latency, ""), (.loss, "==0==0"),
        ] as [(Threshold.Metric, String)])
    func otherThresholdsAreRefused(metric: Threshold.Metric, text: String) {
        #expect(Threshold(text, metric: metric) == nil)
    }

    @Test func thresholdsCompare() throws {
        for (text, below, equal, above) in [
            ("<5", true, false, false), ("<=5", true, true, false), (">5", false, false, true), (">=5", false, true, true),
            ("==5", false, true, false), ("!=5", true, false, true),
        ] {
            let threshold = try #require(Threshold(text, metric: .loss))
            #expect([4.5, 5, 5.5].map { threshold.isMet(by: $0) } == [below, equal, above], "\(text)")
            #expect(!threshold.isMet(by: .nan), "\(text)")
        }
    }

    @Test func aRateIsToldFromACount() throws {
        #expect(try #require(Threshold(">30/s", metric: .acked)).isRate)
        #expect(!(try #require(Threshold(">30", metric: .acked)).isRate))
    }

    /// Of a figure that is only known to be no less than a bound nothing smaller can be claimed.
    @Test func aLowerBoundMeetsOnlyWhatEveryGreaterFigureMeets() throws {
        for (text, below, equal, above) in [
            ("<5s", false, false, false), ("<=5s", false, false, false), ("==5s", false, false, false), (">5s", false, false, true),
            (">=5s", false, true, true), ("!=5s", false, false, true),
        ] {
            let threshold = try #require(Threshold("max" + text, metric: .latency))
            #expect([4, 5, 6].map { threshold.isMet(byAtLeast: $0) } == [below, equal, above], "\(text)")
        }
    }

    @Test func requirementsAreReadAndCompared() throws {
        let some = try #require(Requirement("> 0", event: .inversions))
        #expect(some.isMet(by: 1) && !some.isMet(by: 0) && some.description == "inversions > 0")
        let exact = try #require(Requirement("==24", event: .killed))
        #expect(exact.isMet(by: 24) && !exact.isMet(by: 23) && !exact.isMet(by: 25))
        for text in ["", "0", ">", ">x", ">0.5", ">-1", "some", ">0/s", "p(9)>1"] {
            #expect(Requirement(text, event: .redelivered) == nil, "\(text)")
        }
    }

    @Test func spellingFindsSlipsOnly() {
        #expect(Spelling.suggestion(for: "publsh", among: ["publish", "subscribe"]) == "publish")
        #expect(Spelling.suggestion(for: "Topics", among: ["topic", "qos"]) == "topic")
        #expect(Spelling.suggestion(for: "banana", among: ["topic", "qos"]) == nil)
        #expect(Spelling.distance("abcd", "abdc") == 1)
        #expect(Spelling.distance("", "abc") == 3)
        #expect(Spelling.distance("kitten", "sitting") == 3)
    }
}
