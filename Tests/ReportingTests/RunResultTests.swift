import Foundation
import Testing

@testable import Reporting

@Suite("Run result")
struct RunResultTests {
    @Test("What is read back equals what was written, byte for byte", arguments: Examples.all.map(\.result))
    func roundTrip(result: RunResult) throws {
        let json = try result.json()
        let back = try RunResult(json: json)
        #expect(back == result)
        #expect(try back.json() == json)
    }

    @Test("The JSON is the one that is documented")
    func golden() throws {
        for (name, result) in Examples.all {
            try expectSnapshot(String(decoding: result.json(), as: UTF8.self), "\(name).result.json")
        }
    }

    @Test("Every result has the same keys, whatever is missing in it")
    func keys() throws {
        // Witnesses, anomalies, limits, steps, locks, workflows and shops exist or do not; everything else is always there.
        func keys(_ result: RunResult) throws -> Set<String> {
            var result = result
            result.anomalies = []
            result.limits = []
            result.receivers = []
            result.aborted = nil
            result.stepsSeconds = .init()
            result.fairness = []
            result.locks = nil
            result.workflow = nil
            result.shop = nil
            let object = try #require(try JSONSerialization.jsonObject(with: result.json()) as? [String: Any])
            var found: Set<String> = []
            func walk(_ value: Any, _ path: String) {
                if let object = value as? [String: Any] {
                    for (key, value) in object {
                        found.insert("\(path)\(key)")
                        walk(value, "\(path)\(key).")
                    }
                } else if let list = value as? [Any] {
                    for value in list { walk(value, path) }
                }
            }
            walk(object, "")
            return found
        }
        // Lists that are empty in one of them have no keys there.
        let lists = ["thresholds.", "connections.events.", "strangers.examples."]
        func common(_ result: RunResult) throws -> Set<String> { try keys(result).filter { key in !lists.contains { key.hasPrefix($0) } } }
        #expect(try common(Examples.good) == common(Examples.bad))
        #expect(try common(Examples.stopped) == common(Examples.good))
    }

    @Test("docs/results.md names every key")
    func documented() throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        let text = try String(contentsOf: root.appending(path: "docs/results.md"), encoding: .utf8)
        let objects = try [Examples.bad, Examples.shop].map { try JSONSerialization.jsonObject(with: $0.json()) }
        func walk(_ value: Any) {
            if let object = value as? [String: Any] {
                for (key, value) in object {
                    #expect(text.contains("`\(key)`"), "docs/results.md does not explain `\(key)`")
                    walk(value)
                }
            } else if let list = value as? [Any] {
                for value in list { walk(value) }
            }
        }
        for object in objects { walk(object) }
        for code in ExitCode.allCases {
            #expect(text.contains("| \(code.rawValue) |"), "docs/results.md does not explain exit code \(code.rawValue)")
        }
    }
}
