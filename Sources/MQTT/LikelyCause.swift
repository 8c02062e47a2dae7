internal import Glibc

/// What probably is the matter where a connection is not made or does not last, and what to do: brokers mostly just close.
public enum LikelyCause {
    /// The TCP connection failed with this error of the system.
    public static func ofUnreachable(_ code: CInt, address: String) -> String? {
        guard code == ECONNREFUSED, !HostAddresses.isLoopback(address) else { return nil }
        return "nobody listens at that address; a mosquitto without a configuration listens on localhost only, so give it 'listener 1883'"
    }

    /// The broker refused CONNECT.
    static func ofRefusal(_ reason: ReasonCode, _ configuration: SessionConfiguration) -> String? {
        switch reason.rawValue {
        case 0x01, 0x84:
            let other = configuration.version == .v5 ? "3.1.1" : "5.0"
            return "It does not speak MQTT \(configuration.version.rawValue): use protocol \"\(other)\"."
        case 0x02, 0x85:
            let keepAlive =
                configuration.version == .v311
                ? " Or it allows no keep-alive of \(configuration.keepAlive) s, which mosquitto tells in the same way: shorten it." : ""
            return "It may admit only identifiers of a certain form: set the client identifier.\(keepAlive)"
        case 0x04, 0x05, 0x86, 0x87:
            return configuration.credentials == nil
                ? "It wants a user and a password: give --user and --password-file."
                : "Check the user and the password, and what its access rules allow this client identifier."
        case 0x03, 0x88, 0x89, 0x97, 0x9F:
            return "It may have as many connections as it takes: use fewer clients, or raise its limit."
        case 0x8A: return "It has banned this client, user or address."
        case 0x95: return "CONNECT, with its will, is larger than it takes."
        case 0x9A: return "It keeps no retained messages, and the will is to be retained."
        case 0x9B: return "It takes no messages of the QoS of the will."
        default: return nil
        }
    }

    /// The broker closed the connection instead of answering CONNECT.
    /// - Parameter firstByte: what it said before that, if anything.
    static func ofClose(_ configuration: SessionConfiguration, firstByte: UInt8?) -> String {
        let full = "it has as many connections as it takes"
        if let tls = configuration.tls {
            // The records of TLS (RFC 8446, 5.1).
            guard let firstByte, (0x14...0x17).contains(firstByte) else {
                return "Probably that port is for MQTT without TLS: use mqtt://."
            }
            guard let certificate = tls.certificate else {
                return "Probably the broker wants a client certificate (cert_file, key_file), or \(full)."
            }
            return "Probably the broker does not trust the client certificate \(certificate), or \(full)."
        }
        switch firstByte {
        // A TLS alert or handshake record.
        case 0x15, 0x16: return "It speaks TLS on that port: use mqtts://."
        case UInt8(ascii: "H"): return "It speaks HTTP on that port, not MQTT: check the port."
        default: break
        }
        let version = configuration.version == .v5 ? "it does not speak MQTT 5.0 (use protocol \"3.1.1\"), " : ""
        return "Probably \(version)\(full), or that port is for TLS (use mqtts://) or for something else than MQTT."
    }

    /// An established connection ended and nobody said why.
    static func ofLoss(_ sent: LastPublish?) -> String {
        let takeOver =
            "another client may have the same identifier, as all clients of one user have where the broker takes it from the user name (use_username_as_clientid)"
        guard let sent else { return takeOver }
        let levels = sent.topic.utf8.count { $0 == UInt8(ascii: "/") } + 1
        let topic = sent.topic.utf8.count > 60 ? String(sent.topic.prefix(60)) + "…" : sent.topic
        return
            "the last message before was \(sent.size) bytes on '\(topic)' with \(levels) level\(levels == 1 ? "" : "s"); brokers close over messages that are too large, "
            + "topics of too many levels, or what their access rules forbid, or \(takeOver)"
    }
}

extension LikelyCause {
    /// The certificate is not for the host that was connected to.
    static func otherHostName(_ host: String) -> String {
        "the broker's certificate is for another host name than '\(host)': connect to the name that it is for"
    }

    /// What went wrong with TLS, from what libmosquitto and OpenSSL have logged; `nil` where they logged nothing.
    static func ofEncryption(_ complaints: [String], _ configuration: SessionConfiguration) -> String? {
        guard let last = complaints.last else { return nil }
        let certificate = configuration.tls?.certificate
        func said(_ text: String) -> Bool { complaints.contains { $0.lowercased().contains(text) } }
        if said("host name verification failed") { return otherHostName(configuration.host) }
        if said("certificate required") || (certificate == nil && (said("handshake failure") || said("bad certificate"))) {
            return certificate == nil
                ? "the broker wants a client certificate: set cert_file and key_file"
                : "the broker does not accept the client certificate \(certificate ?? "")"
        }
        if said("certificate verify failed") {
            return "the broker's certificate is not signed by an authority that is trusted here, or it is not valid now"
        }
        if said("unknown ca") || said("certificate unknown") || said("bad certificate") {
            return "the broker does not trust the client certificate\(certificate.map { " \($0)" } ?? "")"
        }
        if said("wrong version number") || said("packet length too long") || said("http request") {
            return "that port is not for TLS: use mqtt://"
        }
        if said("unexpected eof") {
            return "the broker closed the connection in the TLS handshake; if that port is for MQTT without TLS, use mqtt://"
        }
        // "OpenSSL Error[0]: error:0A00010B:SSL routines::wrong version number"
        let reason = last.split(separator: ":").last.map { $0.drop { $0 == " " } } ?? "for a reason unknown"
        return "TLS failed, \(reason)"
    }
}
