/// The figures of a service as text for a Prometheus, or for whoever speaks OpenMetrics.
enum ServiceMetrics {
    /// How the figures are written.
    enum Format: CaseIterable {
        /// The Prometheus text exposition format 0.0.4, which every scraper and `promtool` read.
        case prometheus
        /// OpenMetrics 1.0, for who asks for it.
        case openMetrics

        /// What an HTTP request with such an `Accept` header gets.
        init(accept: String?) { self = accept?.contains("application/openmetrics-text") == true ? .openMetrics : .prometheus }

        /// The type of the answer.
        var contentType: String {
            switch self {
            case .prometheus: "text/plain; version=0.0.4; charset=utf-8"
            case .openMetrics: "application/openmetrics-text; version=1.0.0; charset=utf-8"
            }
        }
    }

    private struct Family {
        var name: String
        var type: String
        var help: String
        var samples: [(labels: [(name: String, value: String)], value: Int)]
    }

    static func text(_ state: ServiceState, _ format: Format) -> String {
        var lines: [String] = []
        for family in families(of: state) {
            // A counter's samples end in _total. To OpenMetrics that is no part of the family's name, to Prometheus it is.
            let sample = family.type == "counter" ? family.name + "_total" : family.name
            let name = format == .openMetrics ? family.name : sample
            lines.append("# HELP \(name) \(escaped(family.help, quote: false))")
            lines.append("# TYPE \(name) \(family.type)")
            for (labels, value) in family.samples {
                lines.append("\(sample){\(labels.map { "\($0.name)=\"\(escaped($0.value))\"" }.joined(separator: ","))} \(value)")
            }
        }
        return lines.joined(separator: "\n") + (format == .openMetrics ? "\n# EOF\n" : "\n")
    }

    private static func families(of state: ServiceState) -> [Family] {
        let service = (name: "service", value: state.service.rawValue)
        func counter(_ name: String, _ help: String, _ value: Int) -> Family {
            Family(name: name, type: "counter", help: help, samples: [([service], value)])
        }
        func gauge(_ name: String, _ help: String, _ value: Int) -> Family {
            Family(name: name, type: "gauge", help: help, samples: [([service], value)])
        }
        func gauges(_ name: String, _ help: String, by label: String, _ values: [String: Int]) -> Family {
            let samples = values.sorted { $0.key < $1.key }.map { (labels: [service, (name: label, value: $0.key)], value: $0.value) }
            return Family(name: name, type: "gauge", help: help, samples: samples)
        }
        return [
            counter("shop_events_processed", "Events stored since the run began, copies left out.", state.processed),
            counter("shop_events_repeated", "Events that came again and had no effect.", state.repeated),
            counter("shop_events_published", "Events published, those sent again included.", state.published),
            counter("shop_events_concurrent", "Concurrent pairs between which the shop had to choose.", state.concurrent),
            counter("shop_events_corrupt", "Messages since the start that began as an event and are none.", state.corrupt),
            counter("shop_events_foreign", "Messages since the start that are none of the shop's.", state.foreign),
            counter(
                "shop_events_passed_over", "Cancellations since the start of orders that nobody placed.", state.passedOver),
            counter("shop_entries_set_aside", "Entries since the start that cannot be used or sent.", state.setAside),
            gauge("shop_events_unanswered", "Events stored and not answered yet.", state.unanswered),
            gauge("shop_events_held", "Messages that wait in the causal inbox.", state.held),
            gauge("shop_life", "How often the service was started in this run.", state.life),
            gauges("shop_orders", "Orders by state, as the service knows them.", by: "state", state.orders),
            gauges("shop_stock", "What is on hand of each item.", by: "item", state.stock),
        ]
    }

    /// As both formats want it: a line stays one line, and a label's value ends at its closing quote.
    private static func escaped(_ text: String, quote: Bool = true) -> String {
        var escaped = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": escaped += "\\\\"
            case "\n": escaped += "\\n"
            case "\"" where quote: escaped += "\\\""
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }
}
