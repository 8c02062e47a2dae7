internal import Causality

extension Threshold.Scope {
    /// The part of a key under `thresholds` that stands before the braces.
    static func metric(of key: String) -> String { String(key.prefix { $0 != "{" }) }

    /// Reads the braces behind a metric.
    /// - Parameter text: the key, which has braces.
    /// - Throws: ``Mistake`` with what is wrong.
    init(_ text: String, of metric: Threshold.Metric) throws(Mistake) {
        let name = metric.rawValue
        let example = "as in \(name){\(metric.scopes.contains(.qos) ? "group=alarms,qos=1" : "group=alarms")}"
        guard !metric.scopes.isEmpty else { throw Mistake("counts over the whole run; expected \(name) without braces") }
        guard text.last == "}" else { throw Mistake("has braces that do not end; expected what it is about, \(example)") }
        self.init()
        for part in text.dropFirst(name.count + 1).dropLast().split(separator: ",", omittingEmptySubsequences: false) {
            let pair = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(Self.trimmed)
            guard pair.count == 2, let key = Key(rawValue: pair[0]), metric.scopes.contains(key), !keys.contains(key) else {
                let known = metric.scopes.map(\.rawValue).joined(separator: ", ")
                throw Mistake("expected \(known) in the braces, each at most once and with a value, \(example), found '\(part)'")
            }
            guard set(key, to: pair[1]) else {
                throw Mistake("expected \(Self.expected(key)) as \(key.rawValue), found '\(pair[1])'")
            }
        }
    }

    /// What is wrong with the braces, as it stands behind the key.
    struct Mistake: Error {
        var text: String

        init(_ text: String) { self.text = text }
    }

    private static func trimmed(_ text: Substring) -> String {
        String(text.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
    }

    private static func expected(_ key: Key) -> String {
        switch key {
        case .group: "the name of a group"
        case .qos: "0, 1 or 2"
        case .topic: "a topic filter without commas"
        case .phase: Phase.allCases.map(\.rawValue).joined(separator: " or ")
        }
    }

    /// - Returns: whether the value is one of that key.
    private mutating func set(_ key: Key, to value: String) -> Bool {
        switch key {
        case .group:
            group = value
            return !value.isEmpty
        case .qos:
            qos = UInt8(value).flatMap { $0 <= 2 ? $0 : nil }
            return qos != nil
        case .topic:
            topic = value
            return TopicFilter(value).map { !$0.isShared } ?? false
        case .phase:
            phase = Phase(rawValue: value)
            return phase != nil
        }
    }
}
