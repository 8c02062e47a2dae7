/// The mappings of a profile whose keys are fixed. The JSON Schema holds the same list; a test compares the two.
enum Section: String, CaseIterable {
    case profile, target, embedded, tls, observer, group, publish, subscribe, stall, payload, stage, sizeRange, will, life, join, leave,
        away, churn,
        phases, drain,
        thresholds, abort, require, expectations, limit
    case workflow, machine, transition, quantity
    case shop, quantityRange, shopQoS, kills

    /// The keys, in the order in which they are written.
    var keys: [String] {
        switch self {
        case .profile:
            [
                "name", "description", "seed", "engine", "coalesce", "connect_rate", "target", "groups", "shop", "phases", "thresholds",
                "abort", "require",
                "expectations", "workflow", "include", "matrix", "repeat",
            ]
        case .target: ["embedded", "broker", "tls", "observer"]
        case .embedded: ["settings"]
        case .tls: ["ca_file", "cert_file", "key_file", "key_password_file", "psk_identity", "psk_key_file", "insecure"]
        case .observer: ["client_id", "keepalive"]
        case .group:
            [
                "name", "count", "protocol", "engine", "session", "keepalive", "client_id", "credentials_file", "source_addresses", "will",
                "life", "publish", "subscribe", "idle",
            ]
        case .publish:
            [
                "topic", "qos", "size", "payload", "empty_every", "retain", "content_type", "user_properties", "aliases", "rate", "stages",
                "on",
                "rate_per",
                "arrival", "burst", "window", "messages",
            ]
        case .payload: ["text", "file", "proof"]
        case .stage: ["for", "rate", "from", "to"]
        case .sizeRange: ["min", "max", "mean"]
        case .subscribe: ["filters", "qos", "no_local", "retain_as_published", "retain_handling", "stall", "strangers"]
        case .will: ["topic", "qos", "retain", "delay"]
        case .life: ["join", "leave", "away", "churn"]
        case .join: ["after", "over"]
        case .leave: ["after", "over", "by"]
        case .away: ["after", "for", "over", "every", "times", "share", "chance", "by"]
        case .churn: ["rate", "for", "by"]
        case .stall: ["after", "for"]
        case .phases: ["warm_up", "hold", "drain"]
        case .drain: ["quiet", "limit"]
        case .thresholds: Threshold.Metric.allCases.map(\.rawValue)
        case .abort: ["after"] + Profile.Abort.metrics.map(\.rawValue)
        case .require: Requirement.Event.allCases.map(\.rawValue)
        case .expectations: ["file", "overlapping_subscriptions", "redelivery", "causal_order", "acknowledgement_order", "limits"]
        case .limit: ["name", "class", "up_to", "note"]
        case .workflow: ["machines", "quantities"]
        case .machine: ["name", "states", "initial", "terminal", "repeatable", "transitions"]
        case .transition: ["from", "to", "by"]
        case .quantity: ["name", "terms", "may_be_negative", "conserved"]
        case .shop:
            [
                "customers", "connections", "vendors", "orders", "rate", "arrival", "quantity", "stock", "cancel", "cancel_within",
                "duplicate", "qos", "protocol", "packing_time", "resend_after", "causal_timeout", "workers", "durability", "processes",
                "bridged", "kills",
            ]
        case .quantityRange: ["min", "max"]
        case .shopQoS: ["order", "packaging", "shipping", "notification", "customers"]
        case .kills: ["count", "over"]
        }
    }
}
