import Foundation
import Testing

@testable import Shop

/// What the harness and the services tell each other, by whoever may have sent it.
@Suite struct ControlTests {
    private static let run: UInt64 = 0x5eed

    private func read(_ change: (inout [String: Any]) -> Void, run: String = "5eed") throws -> RunControl.Received {
        let plan = RunControl.RunPlan(run: Self.run, stock: ["car/bmw": 3], qos: ["order": 2], protocolVersion: "5.0")
        var json = try JSONSerialization.jsonObject(with: JSONEncoder().encode(plan)) as? [String: Any] ?? [:]
        change(&json)
        let payload = [UInt8](try JSONSerialization.data(withJSONObject: json))
        return RunControl.read(topic: "shop/harness/order/run/\(run)/begin", payload: payload, to: .order)
    }

    @Test func aPlanThatCanBeIsObeyed() throws {
        guard case .request(.begin(let plan)) = try read({ _ in }) else {
            Issue.record("a good plan was refused")
            return
        }
        #expect(plan.flaw == nil && plan.runNumber == Self.run)
        #expect(RunControl.read(topic: "shop/harness/order/run/5eed/end", payload: [1, 2], to: .order) == .request(.end(run: Self.run)))
    }

    @Test(arguments: [
        ("resendMilliseconds", "-1"), ("resendMilliseconds", "0"), ("packingMilliseconds", "9223372036854775807"),
        ("packingMilliseconds", "-1"), ("causalTimeoutMilliseconds", "9223372036854775807"), ("stock", "{\"car/bmw\": -5}"),
        ("stock", "{\"car/bmw\": 9223372036854775807}"), ("stock", "{\"car/\\u0001\": 5}"), ("qos", "{\"order\": 3}"),
        ("qos", "{\"x\": 1}"),
        ("protocolVersion", "\"4\""), ("run", "\"5eee\""), ("run", "\"+5eed\""), ("resendMilliseconds", "1e400"), ("stock", "7"),
    ]) func aPlanThatCannotBeIsRefusedWithASentence(key: String, value: String) throws {
        let json = try? JSONSerialization.jsonObject(with: Data(value.utf8), options: .fragmentsAllowed)
        guard case .refused(Self.run, let reason) = try read({ $0[key] = json ?? value }) else {
            Issue.record("\(key) = \(value) was obeyed")
            return
        }
        #expect(reason.hasPrefix("The plan "), "\(reason)")
    }

    @Test(arguments: [
        "shop/harness/order/run/5eed/begin/", "shop/harness/packaging/run/5eed/begin", "shop/harness/order/run/../begin",
        "shop/harness/order/run/5eed/stop",
    ])
    func whatIsNoRequestIsNone(topic: String) {
        #expect(RunControl.read(topic: topic, payload: [], to: .order) == .unreadable)
    }

    @Test func traceFilesAreCalledAsTheyAreCalled() {
        func names(_ names: [String]) -> [String]? {
            RunControl.traceNames((try? [UInt8](JSONEncoder().encode(names))) ?? [], run: Self.run, of: .order)
        }
        let good = ["5eed/order-1.trace", "5eed/order-1-locks.trace", "5eed/order-12.trace"]
        #expect(names(good) == good)
        for bad in [
            "../../../home/user/.ssh/id_rsa", "5eed/../../x/order-1.trace", "/etc/passwd", "5eef/order-1.trace", "5eed/packaging-1.trace",
            "5eed/order-0.trace", "5eed/order-1.trace/", "5eed/order-1.trace\u{0}", "5eed/order-.trace", "5eed/order-1-lock.trace",
            "order-1.trace",
            "5eed/order-99999999999.trace", "5eed/order-１.trace",
        ] { #expect(names(["5eed/order-1.trace", bad]) == nil, "\(bad)") }
        #expect(names([]) == nil && names([good[0], good[0]]) == nil)
        #expect(RunControl.traceNames(Array("{}".utf8), run: Self.run, of: .order) == nil)
    }

    @Test func aReasonIsShownOnlyIfItCanBe() {
        #expect(RunControl.reason(Array("No disk space.".utf8)) == "No disk space.")
        for bad in [
            Array("\u{1B}[2J".utf8), [0xFF, 0xFE], Array("a\nb".utf8), Array("\u{202E}x".utf8), [UInt8](repeating: 65, count: 70_000),
        ] {
            #expect(RunControl.reason(bad) == "it says why in \(bad.count) bytes that cannot be shown.")
        }
    }

    @Test func aStateIsOneOfCounts() throws {
        func read(_ change: (inout [String: Any]) -> Void, topic: String = "shop/packaging/monitor/all/all/state") throws -> ServiceState? {
            var state = ServiceState(service: .packaging, instance: "packaging")
            state.orders = ["packed": 1]
            state.stock = ["car/bmw": 2]
            state.run = "5eed"
            var json = try JSONSerialization.jsonObject(with: JSONEncoder().encode(state)) as? [String: Any] ?? [:]
            change(&json)
            return ServiceState.read(topic: topic, payload: [UInt8](try JSONSerialization.data(withJSONObject: json)))
        }
        #expect(try read { _ in }?.orders == ["packed": 1])
        #expect(try read({ _ in }, topic: "shop/order/monitor/all/all/state") == nil)
        for key in [
            "life", "processed", "repeated", "published", "unanswered", "held", "concurrent", "corrupt", "foreign", "passedOver",
            "setAside",
        ] {
            for value in [Int.max, -1, 1 << 53 + 1] { #expect(try read { $0[key] = value } == nil, "\(key) \(value)") }
        }
        #expect(try read { $0["orders"] = ["packed": Int.max] } == nil && read { $0["orders"] = ["\u{1B}": 1] } == nil)
        #expect(
            try read { $0["stock"] = ["car/\n": 1] } == nil && read { $0["owes"] = "\u{1B}[31m" } == nil && read { $0["run"] = "x" } == nil)
    }
}
