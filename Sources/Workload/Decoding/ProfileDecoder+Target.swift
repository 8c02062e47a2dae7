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
        guard let text = reader.text("broker", expected: BrokerURL.form) else { return nil }
        do {
            let url = try BrokerURL(parsing: text)
            if reader.has("tls"), !url.usesTLS {
                reader.report("tls", "has no effect with an unencrypted broker; expected mqtts:// or wss://")
            }
            return .broker(url, tls: tls)
        } catch {
            reader.report("broker", error.description)
            return nil
        }
    }

    private func tls(_ reader: MappingReader) -> Profile.TLS {
        let path = { (key: String, other: String) -> String? in
            // The files were the run's, and nobody opens them any more.
            if problems.isStored { return reader.value(key, expected: "the path of a file") { $0.isEmpty ? nil : $0 } }
            return file(reader, key, "a file", instead: "leave it out and \(other)")
        }
        if reader.has("cert_file") != reader.has("key_file") {
            let present = reader.has("cert_file") ? "cert_file" : "key_file"
            reader.report(present, "needs \(present == "cert_file" ? "key_file" : "cert_file") beside it")
        }
        if reader.has("key_password_file"), !reader.has("key_file") { reader.report("key_password_file", "needs key_file beside it") }
        if reader.has("psk_identity") != reader.has("psk_key_file") {
            let present = reader.has("psk_identity") ? "psk_identity" : "psk_key_file"
            reader.report(present, "needs \(present == "psk_identity" ? "psk_key_file" : "psk_identity") beside it")
        }
        let replaced = ["ca_file", "cert_file", "key_file"].filter(reader.has) + (reader.bool("insecure") == true ? ["insecure"] : [])
        for key in replaced where reader.has("psk_key_file") {
            reader.report(key, "has no effect beside psk_key_file: a key that both know replaces certificates; leave it out")
        }
        return Profile.TLS(
            caFile: path("ca_file", "name it with --ca-file"), certFile: path("cert_file", "name it with --cert-file and --key-file"),
            keyFile: path("key_file", "name it with --cert-file and --key-file"),
            keyPasswordFile: path("key_password_file", "set WAYBILL_KEY_PASSWORD"), pskIdentity: reader.text("psk_identity"),
            pskKeyFile: path("psk_key_file", "copy it beside the profile"), insecure: reader.bool("insecure") ?? false)
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
        // The broker of a run of the past has ended.
        if problems.isStored { return options.text(key).map { Profile.Setting(key: key, value: $0) } }
        guard let option = BrokerOption.all[key] else {
            options.report(key, BrokerOption.refusal(of: key))
            return nil
        }
        return options.value(key, expected: option.expected) { option.takes($0) ? Profile.Setting(key: key, value: $0) : nil }
    }
}
