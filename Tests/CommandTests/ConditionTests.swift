import Foundation
import Testing

/// Thresholds on parts of a run, and conditions that end one.
@Suite struct ConditionTests {
    private func result(_ yaml: String, code: Int32) async throws -> (json: [String: Any], text: String) {
        try await withTemporaryDirectory { directory in
            try yaml.write(toFile: directory + "/p.yaml", atomically: true, encoding: .utf8)
            let run = try await Tool.run(["run", "p.yaml", "--out", "out", "--quiet"], directory: directory)
            #expect(run.code == code, "\(run)")
            let data = try Data(contentsOf: URL(filePath: directory + "/out/latest/result.json"))
            return (try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any]), run.output)
        }
    }

    private func values(_ result: [String: Any]) throws -> [String: Double?] {
        let thresholds = try #require(result["thresholds"] as? [[String: Any]])
        return try Dictionary(uniqueKeysWithValues: thresholds.map { (try #require($0["text"] as? String), $0["value"] as? Double) })
    }

    @Test func aThresholdIsOfItsPart() async throws {
        let (result, text) = try await result(
            """
            name: parts
            groups:
              - { name: readers, count: 2, subscribe: { filters: ["p/#"], qos: 1 } }
              - { name: alarms, count: 2, publish: { topic: p/a/%i, qos: [0, 1], rate: 40/s } }
              - { name: readings, count: 1, publish: { topic: p/r, qos: 2, rate: 60/s } }
            phases: { warm_up: 500ms, hold: 1s, drain: { quiet: 300ms } }
            thresholds:
              latency{group=alarms,qos=1}: [max<9s]
              latency{topic=p/a/+,qos=1}: [max<9s]
              latency{topic=p/r}: [max<9s]
              latency{topic=q}: [max<9s]
              latency{phase=warm-up}: [max<9s]
              acknowledge{qos=2}: [max<9s]
              published{group=alarms}: [">=1"]
              loss{qos=1}: [==0]
              connack{group=readers}: [max<9s]
              tls: [max<9s]
            """, code: 99)
        let values = try values(result)
        let groups = try #require(result["groups"] as? [[String: Any]])
        func greatest(_ group: String, _ qos: Int, _ figure: String) -> Double? {
            let part = groups.first { $0["name"] as? String == group && $0["qos"] as? Int == qos }
            return (part?[figure] as? [String: Any])?["max"] as? Double
        }
        // The same messages, told by their group or by their topic.
        let alarms = try #require(greatest("alarms", 1, "latency_seconds"))
        #expect(values["latency{group=alarms,qos=1} max<9s"] == alarms && values["latency{qos=1,topic=p/a/+} max<9s"] == alarms)
        #expect(values["latency{topic=p/r} max<9s"] == greatest("readings", 2, "latency_seconds"))
        #expect(values["acknowledge{qos=2} max<9s"] == greatest("readings", 2, "acknowledge_seconds"))
        #expect((values["latency{phase=warm-up} max<9s"] ?? nil) ?? 0 > 0)
        let published = groups.filter { $0["name"] as? String == "alarms" }.compactMap { ($0["totals"] as? [String: Int])?["published"] }
        #expect(values["published{group=alarms} >=1"] == Double(published.reduce(0, +)) && published.count == 2)
        #expect(values["loss{qos=1} ==0"] == 0 && (values["connack{group=readers} max<9s"] ?? nil) ?? 0 > 0)
        // Where nothing was measured a threshold is missed.
        #expect(values["latency{topic=q} max<9s"] == .some(nil) && values["tls max<9s"] == .some(nil))
        #expect(text.hasPrefix("MISSED") && text.contains("2 of 10 thresholds missed"))
    }

    @Test func theFirstConditionThatDoesNotHoldEndsTheRun() async throws {
        let (result, text) = try await result(
            """
            name: hopeless
            groups:
              - { name: readers, count: 1, subscribe: { filters: [p], qos: 1 } }
              - { name: writers, count: 1, publish: { topic: p, qos: 1, rate: 50/s } }
            phases: { hold: 60s, drain: { quiet: 300ms } }
            abort: { after: 1s, refused: [==0], latency: [max<1us] }
            """, code: 99)
        let aborted = try #require(result["aborted"] as? [String: Any])
        #expect(aborted["condition"] as? String == "latency max<1us" && aborted["unit"] as? String == "seconds")
        #expect(try #require(aborted["value"] as? Double) > 1e-6)
        let at = try #require(aborted["at_seconds"] as? Double)
        let hold = try #require((result["phases"] as? [String: Double])?["hold_seconds"])
        #expect(at >= 1 && hold >= at - 0.1 && hold < 59)
        // It ended in order: what was sent was received, and judged.
        #expect(result["verdict"] as? String == "pass" && result["interrupted"] as? Bool == false)
        #expect(text.hasPrefix("MISSED") && text.contains("aborted after ") && text.contains("latency max<1us was "), "\(text)")
    }
}
