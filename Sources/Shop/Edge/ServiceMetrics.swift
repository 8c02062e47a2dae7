/// The figures of a service as OpenMetrics 1.0.
enum ServiceMetrics {
    static func text(_ state: ServiceState) -> String {
        let service = "service=\"\(state.service.rawValue)\""
        var lines: [String] = []
        func family(_ name: String, _ type: String, _ help: String, _ samples: [(labels: String, value: Int)]) {
            lines.append("# TYPE \(name) \(type)")
            lines.append("# HELP \(name) \(help)")
            let suffix = type == "counter" ? "_total" : ""
            for sample in samples { lines.append("\(name)\(suffix){\(sample.labels)} \(sample.value)") }
        }
        family("shop_events_processed", "counter", "Events stored since the run began, copies left out.", [(service, state.processed)])
        family("shop_events_repeated", "counter", "Events that came again and had no effect.", [(service, state.repeated)])
        family("shop_events_published", "counter", "Events published, those sent again included.", [(service, state.published)])
        family("shop_events_concurrent", "counter", "Concurrent pairs between which the shop had to choose.", [(service, state.concurrent)])
        family("shop_events_unanswered", "gauge", "Events stored and not answered yet.", [(service, state.unanswered)])
        family("shop_events_held", "gauge", "Messages that wait in the causal inbox.", [(service, state.held)])
        family("shop_life", "gauge", "How often the service was started in this run.", [(service, state.life)])
        family(
            "shop_orders", "gauge", "Orders by state, as the service knows them.",
            state.orders.sorted { $0.key < $1.key }.map { ("\(service),state=\"\($0.key)\"", $0.value) })
        family(
            "shop_stock", "gauge", "What is on hand of each item.",
            state.stock.sorted { $0.key < $1.key }.map { ("\(service),item=\"\($0.key)\"", $0.value) })
        return lines.joined(separator: "\n") + "\n# EOF\n"
    }
}
