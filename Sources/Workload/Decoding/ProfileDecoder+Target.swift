internal import Yams

extension ProfileDecoder {
    /// The broker under load; an embedded one where the profile names none.
    func target(_ profile: MappingReader) -> Profile.Target? {
        guard profile.has("target") else { return .embedded(settings: []) }
        guard let reader = profile.mapping("target", .target) else { return nil }
        switch (reader.has("embedded"), reader.has("broker")) {
        case (true, true):
            reader.report("broker", "stands beside embedded; expected one of the two")
            return nil
        case (false, false):
            profile.report("target", "names no broker; expected embedded or broker")
            return nil
        case (true, false):
            if reader.has("tls") {
                reader.report("tls", "the embedded broker listens on loopback without TLS; expected tls only beside broker")
            }
            return embedded(reader)
        case (false, true):
            return broker(reader)
        }
    }

    /// How the client connects that asks the broker about itself.
    func observer(_ profile: MappingReader) -> Profile.Observer {
        var observer = Profile.Observer()
        // What is wrong with the target itself is said elsewhere.
        guard case .mapping? = profile["target"], let target = profile.mapping("target", .target),
            let reader = target.mapping("observer", .observer)
        else { return observer }
        if let clientID = template(reader, "client_id", .observerID) {
            let longest = clientID.text(for: ClientIdentity(group: "", number: 0, id: ""))
            if longest.isEmpty || longest.utf8.contains(0) || longest.utf8.count > TopicSyntax.greatestLength {
                reader.report("client_id", "is empty, contains the null character or can grow beyond \(TopicSyntax.greatestLength) bytes")
            }
            observer.clientID = clientID
        }
        observer.keepAliveSeconds = keepAlive(reader) ?? observer.keepAliveSeconds
        return observer
    }

    private func broker(_ reader: MappingReader) -> Profile.Target? {
        let tls = reader.mapping("tls", .tls).map(tls)
        guard let text = reader.text("broker", expected: "mqtt://[user:password@]host[:port]") else { return nil }
        do {
            let url = try BrokerURL(parsing: text)
            if reader.has("tls"), !url.usesTLS { reader.report("tls", "has no effect with an mqtt:// broker; expected mqtts://") }
            return .broker(url, tls: tls)
        } catch {
            reader.report("broker", error.description)
            return nil
        }
    }

    private func tls(_ reader: MappingReader) -> Profile.TLS {
        let path = { (key: String) -> String? in reader.value(key, expected: "the path of a file") { $0.isEmpty ? nil : $0 } }
        if reader.has("cert_file") != reader.has("key_file") {
            let present = reader.has("cert_file") ? "cert_file" : "key_file"
            reader.report(present, "needs \(present == "cert_file" ? "key_file" : "cert_file") beside it")
        }
        if reader.has("key_password_file"), !reader.has("key_file") { reader.report("key_password_file", "needs key_file beside it") }
        return Profile.TLS(
            caFile: path("ca_file"), certFile: path("cert_file"), keyFile: path("key_file"), keyPasswordFile: path("key_password_file"),
            insecure: reader.bool("insecure") ?? false)
    }

    private func embedded(_ target: MappingReader) -> Profile.Target? {
        // `embedded:` with nothing behind it asks for a broker without further settings.
        if target["embedded"]?.isNothing == true { return .embedded(settings: []) }
        guard let reader = target.mapping("embedded", .embedded) else { return nil }
        guard let node = reader["settings"], !node.isNothing else { return .embedded(settings: []) }
        guard let options = MappingReader(node, path: reader.child("settings"), known: nil, problems: problems) else { return nil }
        return .embedded(settings: options.keys.compactMap { setting(options, $0) })
    }

    private func setting(_ options: MappingReader, _ key: String) -> Profile.Setting? {
        guard key.utf8.allSatisfy({ (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x5F }), !key.isEmpty else {
            options.report(key, "is no option of mosquitto.conf; expected a name of lower-case letters, digits and underscores")
            return nil
        }
        if let reason = Self.reservedSettings[key] {
            options.report(key, "is set by Waybill itself: \(reason); leave it out")
            return nil
        }
        guard let value = options.text(key, expected: "one value, as it would stand in mosquitto.conf") else { return nil }
        guard !value.isEmpty, !value.contains(where: { $0.isNewline || $0 == "\0" }) else {
            options.report(key, "expected one value on one line, as it would stand in mosquitto.conf")
            return nil
        }
        return Profile.Setting(key: key, value: value)
    }

    /// Options of mosquitto.conf that a profile cannot set, and why.
    static let reservedSettings: [String: String] = {
        let listening = "it listens on a free port of the loopback interface"
        let logging = "the log goes to the run directory"
        let running = "it starts and stops the broker with the run"
        let storing = "what the broker stores goes to the run directory"
        let plain = "clients of an embedded broker connect without TLS and without passwords"
        let whole = "the configuration is one file in the run directory"
        var reasons: [String: String] = [:]
        for (keys, reason) in [
            ("listener port bind_address bind_interface socket_domain protocol http_dir mount_point use_username_as_clientid", listening),
            ("websockets_headers_size websockets_log_level per_listener_settings", listening),
            ("log_dest log_type log_timestamp log_timestamp_format log_facility connection_messages", logging),
            ("pid_file user", running),
            ("persistence_location persistence_file", storing),
            ("cafile capath certfile keyfile ciphers ciphers_tls1.3 crlfile dhparamfile tls_version tls_engine tls_keyform", plain),
            ("require_certificate use_identity_as_username use_subject_as_username psk_file psk_hint password_file", plain),
            ("include_dir config_file", whole),
        ] {
            for key in keys.split(separator: " ") { reasons[String(key)] = reason }
        }
        return reasons
    }()
}
