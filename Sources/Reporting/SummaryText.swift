import Foundation
import Measurement
import Verification

/// The summary of a run for a person: what was found, what it costs, what to do next.
package enum SummaryText {
    /// Writes the summary.
    ///
    /// - Parameters:
    ///   - result: the run's result.
    ///   - directory: where its files are, as the user may type it.
    ///   - colour: whether to emphasise with escape sequences; the caller knows whether it writes to a terminal.
    /// - Returns: lines of at most 100 columns, with a line break after the last.
    package static func render(_ result: RunResult, directory: String, colour: Bool) -> String {
        let sections = SummarySections(style: TextStyle(colour: colour))
        var lines = headline(result, sections)
        lines.append("")
        lines += facts(result)
        lines += latencies(result, sections)
        if let shop = result.shop { lines += sections.shop(shop) }
        lines += sections.counts(result.totals, parts: result.groups.map { .init(group: $0.name, qos: $0.qos, totals: $0.totals) })
        lines += groups(result, sections)
        lines += thresholds(result, sections)
        lines += sections.choices(result.exercised, result.overlap, result.receivers)
        lines += sections.causality(result.causality)
        lines += sections.services(locks: result.locks, workflow: result.workflow)
        lines += sections.anomalies(result.anomalies, paths: [directory])
        lines += sections.limits(result.limits)
        lines += sections.doubts(result.doubts)
        lines += ["", "Files in \(directory), exit code \(result.exitCode.rawValue): \(result.exitCode.meaning)"]
        return lines.joined(separator: "\n") + "\n"
    }

    private static func headline(_ result: RunResult, _ sections: SummarySections) -> [String] {
        let style = sections.style
        // Who set the pace comes first, so that it stays on the first line whatever follows.
        var parts = [result.generator.limited ? style.warning("generator-limited") : "generator kept up"]
        if result.interrupted { parts.append(style.warning("interrupted")) }
        parts.append(sections.ground(result.verdict, anomalies: result.anomalies, doubts: result.doubts, limits: result.limits))
        let missed = result.thresholds.count { !$0.met }
        if missed > 0 { parts.append(style.warning("\(missed) of \(Units.count(result.thresholds.count, "threshold")) missed")) }
        return TextLayout.wrap(parts.joined(separator: " · "), first: sections.verdict(result.verdict) + "  ", rest: "  ")
            + result.generator.reasons.flatMap { TextLayout.wrap($0, first: "  - ", rest: "    ") }
    }

    private static func facts(_ result: RunResult) -> [String] {
        let broker = result.broker
        let generator = result.generator
        let phases = result.phases
        var cpu = "generator \(Units.duration(generator.cpuSeconds))"
        if let brokerSeconds = broker.cpuSeconds {
            cpu += " ÷ broker \(Units.duration(brokerSeconds))"
            if brokerSeconds > 0 { cpu += String(format: " = %.2f", generator.cpuSeconds / brokerSeconds) }
        } else {
            cpu += ", broker not measured"
        }
        let memory = generator.peakMemoryBytes.map { "at most \(Units.bytes($0)), " } ?? ""
        let facts: [(String, String)] =
            [
                ("Profile", "\(result.profile), seed \(result.seed)"),
                (
                    "Broker",
                    "\(broker.name) \(broker.version ?? "of unknown version") at \(broker.url)\(broker.embedded ? ", started for this run" : "")"
                ),
            ] + broker.limits.map { ("Broker limit", $0) } + [
                ("Started", result.startedAt.formatted(.iso8601.dateTimeSeparator(.space))),
                (
                    "Phases",
                    "warm-up \(Units.duration(phases.warmUpSeconds)), hold \(Units.duration(phases.holdSeconds)), drain \(Units.duration(phases.drainSeconds))"
                ),
                (
                    "Throughput",
                    "\(Units.rate(result.throughputPerSecond.published)) msg/s published, \(Units.rate(result.throughputPerSecond.delivered)) msg/s delivered"
                ),
                ("Late", "\(Units.count(generator.late)) sent more than 10 ms after their time (\(Units.share(generator.lateShare)))"),
                ("CPU time", cpu),
                ("Memory", "\(memory)\(Units.count(generator.reactors, "reactor"))"),
                (
                    "Trace",
                    "\(Units.count(result.trace.events, "event")) in \(Units.count(result.trace.files, "file")), \(Units.bytes(result.trace.bytes))"
                ),
            ]
        let width = facts.map(\.0.count).max() ?? 0
        return facts.flatMap { name, text in
            TextLayout.wrap(text, first: TextLayout.pad(name, to: width + 2), rest: String(repeating: " ", count: width + 2))
        }
    }

    private static func latencies(_ result: RunResult, _ sections: SummarySections) -> [String] {
        let figures: [(String, KeyPath<LatencySummary, Double?>)] = [
            ("50 %", \.p50), ("75 %", \.p75), ("90 %", \.p90), ("95 %", \.p95), ("99 %", \.p99), ("99.9 %", \.p999), ("99.99 %", \.p9999),
            ("100 %", \.max), ("mean", \.mean),
        ]
        var lines = sections.table(
            [result.shop == nil ? "Latency" : "Latency of orders", "from intended time", "from actual send"],
            figures.map { name, figure in
                [
                    name, Units.duration(result.latencySeconds[keyPath: figure]),
                    Units.duration(result.latencyFromSendSeconds[keyPath: figure]),
                ]
            })
        let skewed = max(result.latencySeconds.skewed, result.latencyFromSendSeconds.skewed)
        if skewed > 0 {
            lines.append(
                "  "
                    + sections.style.warning(
                        "\(Units.count(skewed)) more \(skewed == 1 ? "was" : "were") 0 or less: clock skew, in no figure"))
        }
        return lines
    }

    private static func groups(_ result: RunResult, _ sections: SummarySections) -> [String] {
        // Of a shop's messages no latency is taken, so their table would say nothing that the one of the publishes does not.
        guard result.groups.count > 1, result.shop == nil else { return [] }
        return sections.table(
            ["Per group", "QoS", "published/s", "delivered/s", "p50", "p95", "p99", "p99.9", "max"],
            result.groups.map { group in
                let latency = group.latencySeconds
                return [
                    group.name, "\(group.qos)", Units.rate(group.throughputPerSecond.published),
                    Units.rate(group.throughputPerSecond.delivered),
                    Units.duration(latency.p50), Units.duration(latency.p95), Units.duration(latency.p99), Units.duration(latency.p999),
                    Units.duration(latency.max),
                ]
            })
    }

    private static func thresholds(_ result: RunResult, _ sections: SummarySections) -> [String] {
        let style = sections.style
        let width = min(result.thresholds.map(\.text.count).max() ?? 0, 60)
        return sections.titled(
            "Thresholds",
            result.thresholds.map { threshold in
                let mark = threshold.met ? style.good("✓") : style.bad("✗")
                return "  \(mark) \(TextLayout.pad(threshold.text, to: width))  \(measured(threshold))"
            })
    }

    private static func measured(_ threshold: RunResult.Threshold) -> String {
        guard let value = threshold.value else { return "nothing measured" }
        return switch threshold.unit {
        case .seconds: Units.duration(value)
        case .perSecond: Units.rate(value) + (threshold.text.hasPrefix("orders ") ? " orders/s" : " msg/s")
        case .count: Units.count(Int(max(-1e15, min(value.rounded(), 1e15))))
        case .share: Units.share(value)
        }
    }
}
