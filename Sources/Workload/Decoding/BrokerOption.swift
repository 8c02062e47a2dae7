/// The options of mosquitto.conf that a profile may set. A profile may come from a stranger, so it is a list of what does no harm, each with the values
/// that it takes: none of them names a file, opens a listener, loads a program or reaches another host.
enum BrokerOption: Equatable {
    /// `true` or `false`.
    case truth
    /// A whole number.
    case number(ClosedRange<Int>)
    /// A time as mosquitto writes it, as `2h` or `1d`.
    case time
    /// Letters, digits, hyphens, underscores and full stops: the beginning of client identifiers.
    case prefix

    /// What a value has to be, for the sentence that refuses another.
    var expected: String {
        switch self {
        case .truth: "true or false"
        case .number(let range): "a whole number from \(range.lowerBound) to \(range.upperBound)"
        case .time: "a whole number with h, d, w, m or y behind it, as 2d"
        case .prefix: "1 to 64 letters, digits, hyphens, underscores and full stops"
        }
    }

    /// Whether it takes a value.
    func takes(_ value: String) -> Bool {
        switch self {
        case .truth: value == "true" || value == "false"
        case .number(let range): Int(value).map { range.contains($0) && "\($0)" == value } ?? false
        case .time:
            value.last.map("hdwmy".contains) == true && value.utf8.count <= 6
                && value.dropLast().utf8.allSatisfy { (0x30...0x39).contains($0) }
                && value.utf8.first.map { (0x31...0x39).contains($0) } == true
        case .prefix:
            (1...64).contains(value.utf8.count)
                && value.utf8.allSatisfy {
                    (0x61...0x7A).contains($0) || (0x41...0x5A).contains($0) || (0x30...0x39).contains($0)
                        || [0x2D, 0x2E, 0x5F].contains($0)
                }
        }
    }

    /// The greatest packet of MQTT (2.2.3): the greatest remaining length.
    static let greatestPacket = 268_435_455

    /// The options, by name.
    static let all: [String: BrokerOption] = {
        let count = BrokerOption.number(0...Int(Int32.max))
        let short = BrokerOption.number(0...65_535)
        return [
            "allow_duplicate_messages": .truth, "allow_zero_length_clientid": .truth, "auto_id_prefix": .prefix, "autosave_interval": count,
            "autosave_on_changes": .truth, "check_retain_source": .truth, "clientid_prefixes": .prefix,
            "max_connections": .number(-1...Int(Int32.max)), "max_inflight_bytes": count, "max_inflight_messages": short,
            "max_keepalive": short, "max_packet_size": .number(20...greatestPacket), "max_qos": .number(0...2), "max_queued_bytes": count,
            "max_queued_messages": count, "max_topic_alias": short, "memory_limit": count,
            "message_size_limit": .number(0...greatestPacket),
            "persistence": .truth, "persistent_client_expiration": .time, "queue_qos0_messages": .truth, "retain_available": .truth,
            "set_tcp_nodelay": .truth, "sys_interval": short, "upgrade_outgoing_qos": .truth,
        ]
    }()

    /// Their names, as messages list them.
    static let names = all.keys.sorted()

    /// Options that Waybill sets itself, and why; of any other it is said that it is not on the list.
    static let reserved: [String: String] = {
        let listening = "it listens on a free port of the loopback interface"
        let logging = "the log goes to the run directory"
        let running = "it starts and stops the broker with the run, and never as root where there is another user for it"
        let storing = "what the broker stores goes to the run directory"
        let own = "only the run's own clients take part, with a password of the run"
        let whole = "the configuration is one file in the run directory"
        var reasons: [String: String] = [:]
        for (keys, reason) in [
            ("listener port bind_address bind_interface socket_domain protocol http_dir mount_point use_username_as_clientid", listening),
            ("websockets_headers_size websockets_log_level per_listener_settings", listening),
            ("log_dest log_type log_timestamp log_timestamp_format log_facility connection_messages", logging),
            ("pid_file user", running),
            ("persistence_location persistence_file", storing),
            ("allow_anonymous password_file acl_file psk_file psk_hint", own),
            ("cafile capath certfile keyfile ciphers ciphers_tls1.3 crlfile dhparamfile tls_version tls_engine tls_keyform", own),
            ("require_certificate use_identity_as_username use_subject_as_username", own),
            ("include_dir config_file", whole),
        ] {
            for key in keys.split(separator: " ") { reasons[String(key)] = reason }
        }
        return reasons
    }()

    /// Why a profile may not set an option, for one that is not in ``all``.
    static func refusal(of key: String) -> String {
        if let reason = reserved[key] { return "is set by Waybill itself: \(reason); leave it out" }
        let hint = Spelling.suggestion(for: key, among: names).map { "did you mean '\($0)'? These" } ?? "these"
        return "is none of the options of mosquitto.conf that a profile may set; \(hint) are \(names.joined(separator: ", "))"
    }
}
