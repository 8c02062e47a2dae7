import Foundation
import Testing

@testable import Shop

/// `/metrics` by the rules of its two formats.
@Suite struct MetricsTests {
    private let state: ServiceState = {
        var state = ServiceState(service: .packaging, instance: "packaging")
        state.processed = 84
        state.orders = ["packed": 40, "rejected": 2]
        // Names that would end a label or a line.
        state.stock = ["car/bmw": 3, "a\"b\\c\nshop_life{} 7": 1]
        return state
    }()

    @Test(arguments: [(ServiceMetrics.Format.prometheus, "_total"), (.openMetrics, "")])
    func everyFamilyHasHelpAndType(format: ServiceMetrics.Format, suffix: String) throws {
        let read = try Exposition(ServiceMetrics.text(state, format), isOpenMetrics: format == .openMetrics)
        #expect(read.families.count == 13)
        #expect(read.families["shop_events_processed\(suffix)"]?.samples == [["service": "packaging"]: 84])
        #expect(read.families["shop_orders"]?.samples[["service": "packaging", "state": "packed"]] == 40)
        #expect(read.families["shop_stock"]?.samples[["service": "packaging", "item": "a\"b\\c\nshop_life{} 7"]] == 1)
        #expect(read.families["shop_life"]?.samples.count == 1)
    }

    @Test func theReaderOfTheseTestsIsStrict() {
        for (text, why) in [
            ("a{} 1\n", "before its HELP and TYPE"), ("# HELP a b\na{} 1\n", "has no TYPE"),
            ("# HELP a b\n# TYPE a gauge\nb{} 1\n", "among the samples of a"), ("# HELP a b\n# TYPE a counter\n", "does not end in _total"),
            ("# HELP a b\n# TYPE a gauge\na{l=\"x\"y\"} 1\n", "is no"), ("# HELP a b\n# TYPE a gauge\na{} 1\na{} 1\n", "is there twice"),
        ] {
            let error = #expect(throws: Exposition.Wrong.self) { try Exposition(text, isOpenMetrics: false) }
            #expect(error?.description.contains(why) == true, "\(text)\(error?.description ?? "")")
        }
    }

    @Test func whoAsksForOpenMetricsGetsThem() {
        #expect(ServiceMetrics.Format(accept: nil) == .prometheus && ServiceMetrics.Format(accept: "*/*") == .prometheus)
        #expect(ServiceMetrics.Format(accept: "application/openmetrics-text;version=1.0.0,text/plain;q=0.5") == .openMetrics)
    }

    /// What Prometheus itself says of it, where its tool is here.
    @Test(.enabled(if: MetricsTests.promtool != nil, "promtool is not installed here")) func promtoolFindsNothing() throws {
        let tool = Process()
        tool.executableURL = URL(filePath: try #require(Self.promtool))
        tool.arguments = ["check", "metrics"]
        let input = Pipe()
        let output = Pipe()
        (tool.standardInput, tool.standardOutput, tool.standardError) = (input, output, output)
        try tool.run()
        input.fileHandleForWriting.write(Data(ServiceMetrics.text(state, .prometheus).utf8))
        try input.fileHandleForWriting.close()
        let said = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        tool.waitUntilExit()
        #expect(tool.terminationStatus == 0 && said.isEmpty, "\(said)")
    }

    static let promtool = ProcessInfo.processInfo.environment["PATH"]?.split(separator: ":").map { "\($0)/promtool" }
        .first { FileManager.default.isExecutableFile(atPath: $0) }
}
