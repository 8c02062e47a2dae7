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
    ///   - width: the most columns of a line, 60 or more.
    /// - Returns: lines, with a line break after the last.
    package static func render(_ result: RunResult, directory: String, colour: Bool, width: Int = 100) -> String {
        TextLayout.$width.withValue(width) { text(result, directory: directory, colour: colour) }
    }

    private static func text(_ result: RunResult, directory: String, colour: Bool) -> String {
        let sections = SummarySections(style: TextStyle(colour: colour))
        var lines = headline(result, sections)
        lines.append("")
        lines += facts(result)
        lines += latencies(result, sections)
        lines += sections.steps(result.stepsSeconds)
        if let shop = result.shop { lines += sections.shop(shop) }
        lines += sections.counts(result.totals, parts: result.groups.map { .init(group: $0.name, qos: $0.qos, totals: $0.totals) })
        lines += refusals(result)
        lines += connections(result)
        lines += groups(result, sections)
        lines += sections.fairness(result.fairness)
        lines += thresholds(result, sections)
        lines += sections.choices(result.exercised, result.overlap, result.receivers, result.strangers)
        lines += sections.causality(result.causality)
        lines += sections.services(locks: result.locks, workflow: result.workflow)
        lines += sections.anomalies(result.anomalies, paths: [directory])
        lines += sections.limits(result.limits)
        if result.verdict != .inconclusive { lines += sections.doubts(result.doubts) }
        lines.append("")
        lines += TextLayout.wrap(
            "Files in \(directory), exit code \(result.exitCode.rawValue): \(result.exitCode.meaning)", first: "", rest: "  ")
        return TextStyle.print(lines)
    }

    private static func headline(_ result: RunResult, _ sections: SummarySections) -> [String] {
        let style = sections.style
        // Who set the pace comes first, so that it stays on the first line whatever follows.
        var parts = [result.generator.limited ? style.warning("generator-limited") : "generator kept up"]
        if result.interrupted { parts.append(style.warning("interrupted")) }
        if let aborted = result.aborted { parts.append(style.warning(aborted.text)) }
        parts.append(sections.ground(result.verdict, anomalies: result.anomalies, doubts: result.doubts, limits: result.limits))
        if result.verdict == .pass, result.receivers.isEmpty { parts.append("nobody subscribed, so no delivery was checked") }
        parts += misses(result).map(style.warning)
        return TextLayout.wrap(parts.joined(separator: " · "), first: word(result, sections) + "  ", rest: "  ")
            + (result.generator.reasons + (result.verdict == .inconclusive ? result.doubts : []) + result.notVerified)
            .flatMap { TextLayout.wrap($0, first: "  - ", rest: "    ") }
    }

    /// The first word. Where every rule held and the run fell short all the same, it is not the word of a pass.
    private static func word(_ result: RunResult, _ sections: SummarySections) -> String {
        let missed = result.aborted != nil || !(result.thresholds.allSatisfy(\.met) && result.requirements.allSatisfy(\.met))
        return result.verdict == .pass && missed ? sections.style.warning("MISSED") : sections.verdict(result.verdict)
    }

    /// What the run missed, in a few words each.
    private static func misses(_ result: RunResult) -> [String] {
        let own = result.thresholds.filter { !$0.implied }
        let missed = own.count { !$0.met }
        var parts = missed > 0 ? ["\(missed) of \(Units.count(own.count, "threshold")) missed"] : []
        parts += result.requirements.filter { !$0.met }.map { "required \($0.text), found \(Units.count($0.value))" }
        if result.thresholds.contains(where: { $0.implied && !$0.met && $0.text.hasPrefix("standstill") }) {
            parts.append("stood still for \(Units.duration(result.longestStandstillSeconds))")
        }
        return parts + trouble(result).map { "\($0.name) \(Units.count($0.count))" }
    }

    /// What a run should be free of and this one is not.
    private static func trouble(_ result: RunResult) -> [(name: String, count: Int)] {
        let totals = result.totals
        return [
            ("refused", totals.refused), ("unknown", totals.unknown), ("unsent", totals.unsent ?? 0),
            ("connections lost", totals.connectionsLost ?? 0),
        ].filter { $0.1 > 0 }
    }

    /// The longest standstill, where it was not short.
    private static func standstill(_ result: RunResult) -> [(String, String)] {
        guard result.longestStandstillSeconds >= 2 else { return [] }
        let waiting = result.standstill.map { ": \($0)" } ?? ""
        return [("Standstill", "no progress for \(Units.duration(result.longestStandstillSeconds))\(waiting)")]
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
        if generator.coalescingSeconds > 0 {
            cpu += "; sockets were looked at once in \(Units.duration(generator.coalescingSeconds)), so latencies are longer by up to that"
        }
        let memory = generator.peakMemoryBytes.map { "at most \(Units.bytes($0)), " } ?? ""
        let notes: [(String, String)] = (broker.encryption.map { [("Encryption", $0)] } ?? []) + broker.limits.map { ("Broker limit", $0) }
        let facts: [(String, String)] =
            [
                ("Profile", "\(result.profile), seed \(result.seed)"),
                (
                    "Broker",
                    "\(broker.name) \(broker.version ?? "of unknown version") at \(broker.url)\(broker.embedded ? ", started for this run" : "")"
                ),
            ] + notes + [
                ("Started", result.startedAt.formatted(.iso8601.dateTimeSeparator(.space))),
                (
                    "Phases",
                    "warm-up \(Units.duration(phases.warmUpSeconds)), hold \(Units.duration(phases.holdSeconds)), drain \(Units.duration(phases.drainSeconds))"
                ),
                (
                    "Throughput",
                    "\(Units.rate(result.throughputPerSecond.published)) msg/s published, \(Units.rate(result.throughputPerSecond.acked)) acked, \(Units.rate(result.throughputPerSecond.delivered)) delivered"
                ),
                (
                    "Late",
                    "\(Units.count(generator.late)) sent more than 10 ms after their time (\(Units.share(generator.lateShare)))"
                        + ((result.totals.unsent ?? 0) > 0 ? ", \(Units.count(result.totals.unsent ?? 0)) due and never sent" : "")
                ),
            ] + standstill(result) + [
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
            ("max", \.max), ("mean", \.mean),
        ]
        var lines = sections.table(
            [result.shop == nil ? "Latency" : "Latency of orders", "from intended time", "from actual send"],
            figures.map { name, figure in
                [
                    name, duration(result.latencySeconds, figure),
                    Units.duration(result.latencyFromSendSeconds[keyPath: figure]),
                ]
            })
        if result.latencySeconds.bounds > 0 {
            lines += TextLayout.wrap(
                "≥: messages that never left stand here with the time that they had waited, so the figure is at least that.", first: "  ",
                rest: "  ")
        }
        let skewed = max(result.latencySeconds.skewed, result.latencyFromSendSeconds.skewed)
        if skewed > 0 {
            lines.append(
                "  "
                    + sections.style.warning(
                        "\(Units.count(skewed)) more \(skewed == 1 ? "was" : "were") 0 or less: clock skew, in no figure"))
        }
        return lines
    }

    /// A figure of a latency, marked where it is only a lower bound.
    private static func duration(_ latency: LatencySummary, _ figure: KeyPath<LatencySummary, Double?>) -> String {
        guard let value = latency[keyPath: figure] else { return Units.duration(nil) }
        // A mean rests on every value.
        let isBound = figure == \.mean ? latency.bounds > 0 : latency.isBound(value)
        return (isBound ? "≥ " : "") + Units.duration(value)
    }

    /// Why messages were refused, in words.
    private static func refusals(_ result: RunResult) -> [String] {
        let refused = result.groups.filter { $0.totals.refused > 0 && $0.refusal != nil }
        let lines = refused.flatMap { group in
            TextLayout.wrap(
                "\(group.name) at QoS \(group.qos): \(Units.count(group.totals.refused)) refused, the last: \(group.refusal ?? "")",
                first: "  ", rest: "    ")
        }
        return lines.isEmpty ? [] : [""] + lines
    }

    /// What became of connections, group by group, as far as it is listed.
    private static func connections(_ result: RunResult) -> [String] {
        let connections = result.connections
        guard connections.lost + connections.refused + connections.resumed + connections.forgotten > 0 else { return [] }
        var lines = TextLayout.wrap(
            "Connections: \(Units.count(connections.lost)) lost, \(Units.count(connections.refused)) refused, "
                + "\(Units.count(connections.resumed)) resumed, \(Units.count(connections.forgotten)) forgotten",
            first: "", rest: "  ")
        for (group, events) in Dictionary(grouping: connections.events.filter { $0.kind == "lost" }, by: \.group).sorted(by: {
            $0.key < $1.key
        }) {
            let times = events.prefix(3).map { String(format: "%.1f s", $0.atSeconds) }.joined(separator: ", ")
            let asked = events.allSatisfy(\.askedFor) ? "; the profile asked for it" : ""
            lines += TextLayout.wrap(
                "\(group) lost some at \(times)\(events.count > 3 ? ", …" : "") of the hold; the last: \(events[events.count - 1].reason)\(asked)",
                first: "  ", rest: "    ")
        }
        return [""] + lines
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
                    duration(latency, \.p50), duration(latency, \.p95), duration(latency, \.p99), duration(latency, \.p999),
                    duration(latency, \.max),
                ]
            }, keys: 2)
    }

    /// The profile's own thresholds, those that it implies where one is missed, and what it requires.
    private static func thresholds(_ result: RunResult, _ sections: SummarySections) -> [String] {
        let style = sections.style
        let shown = result.thresholds.filter { !$0.implied || !$0.met }
        let width = min((shown.map(\.text.count) + result.requirements.map(\.text.count)).max() ?? 0, TextLayout.width - 40)
        func row(_ met: Bool, _ text: String, _ measured: String) -> String {
            "  \(met ? style.good("✓") : style.bad("✗")) \(TextLayout.pad(text, to: width))  \(measured)"
        }
        return sections.titled(
            "Thresholds",
            shown.map { row($0.met, $0.text, measured($0) + ($0.implied ? "; the profile does not allow for any" : "")) })
            + sections.titled("Required", result.requirements.map { row($0.met, $0.text, Units.count($0.value)) })
    }

    private static func measured(_ threshold: RunResult.Threshold) -> String {
        guard let value = threshold.value else { return "nothing measured" }
        return switch threshold.unit {
        case .seconds: (threshold.bound ? "≥ " : "") + Units.duration(value)
        case .perSecond: Units.rate(value) + (threshold.text.hasPrefix("orders ") ? " orders/s" : " msg/s")
        case .count: Units.count(Int(max(-1e15, min(value.rounded(), 1e15))))
        case .share: Units.share(value)
        }
    }
}
