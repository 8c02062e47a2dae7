internal import ArgumentParser
internal import Foundation
internal import Harness
internal import MQTT
internal import Workload

/// Where the broker is and as whom to connect: the same for every command that connects. What the command line does not say, the environment may;
/// a password stands in no command line, as everybody on the machine could read it there.
struct ConnectionOptions: ParsableArguments {
    @Option(
        help:
            "The broker: mqtt://[user:password@]host[:port], or mqtts:// for TLS. Default: the variable WAYBILL_BROKER.")
    var broker: String?

    @Option(help: "The user name at the broker. Default: that of the URL, or WAYBILL_USER.")
    var user: String?

    @Option(
        help:
            "The file whose first line is the password. Default: the password of the URL, WAYBILL_PASSWORD, or the file WAYBILL_PASSWORD_FILE."
    )
    var passwordFile: String?

    @Option(help: "The certificate authorities to trust with mqtts://, a PEM file. Default: WAYBILL_CA_FILE, or those of the system.")
    var caFile: String?

    @Option(help: "The client's certificate, a PEM file, with --key-file. Default: WAYBILL_CERT_FILE.")
    var certFile: String?

    @Option(
        help:
            "The client's key, a PEM file; its password, where it has one, is the variable WAYBILL_KEY_PASSWORD. Default: WAYBILL_KEY_FILE."
    )
    var keyFile: String?

    /// The broker that was named, as whom to connect there, and how it is encrypted.
    struct Target {
        var url: BrokerURL
        /// `nil` where no option says anything of it.
        var tls: Profile.TLS?
    }

    /// What the options and the environment say together.
    /// - Parameters:
    ///   - fallback: the URL where neither names a broker.
    ///   - isFallbackOurs: whether the environment may say as whom to connect there. A URL of a profile can be anybody's, and is told no password that the
    ///     environment has for another broker.
    /// - Returns: `nil` where there is no URL at all.
    /// - Throws: `HarnessError` for what cannot be used.
    func target(_ settings: ServiceSettings, fallback: BrokerURL? = nil, isFallbackOurs: Bool = true) throws -> Target? {
        let named = try settings.text("broker", broker).map { try Self.url($0, isOption: broker != nil) }
        guard var url = named ?? fallback else { return nil }
        try fill(&url, named != nil || isFallbackOurs ? settings : ServiceSettings([:]))
        let tls = Profile.TLS(
            caFile: settings.text("ca-file", caFile), certFile: settings.text("cert-file", certFile),
            keyFile: settings.text("key-file", keyFile))
        guard (tls.certFile == nil) == (tls.keyFile == nil) else {
            throw HarnessError(.badInput, "--cert-file and --key-file go together: give both, or neither.")
        }
        guard tls != Profile.TLS() else { return Target(url: url, tls: nil) }
        guard url.usesTLS else {
            // A variable may be meant for another command.
            guard caFile == nil, certFile == nil, keyFile == nil else {
                throw HarnessError(.badInput, "--ca-file, --cert-file and --key-file are for mqtts://, and the broker is \(url).")
            }
            return Target(url: url, tls: nil)
        }
        return Target(url: url, tls: tls)
    }

    /// The same for a command that has to have a broker: one on this machine where none is named.
    func targetOrLoopback(_ settings: ServiceSettings) throws -> (url: BrokerURL, tls: SessionConfiguration.TLS?) {
        let target = try target(settings, fallback: BrokerURL(parsing: "mqtt://127.0.0.1:1883"))
        guard let target else { preconditionFailure("There is a fallback.") }
        return (target.url, target.url.usesTLS ? try SessionConfiguration.TLS(target.tls) : nil)
    }

    /// Whether an option, and not the environment, says something of user or password.
    var namesUser: Bool { user != nil || passwordFile != nil }

    private func fill(_ url: inout BrokerURL, _ settings: ServiceSettings) throws {
        if url.user != nil {
            guard user == nil else {
                throw HarnessError(.badInput, "--user and the broker's URL both name a user: leave one out.")
            }
            guard url.password == nil || passwordFile == nil else {
                throw HarnessError(.badInput, "--password-file and the broker's URL both have a password: leave one out.")
            }
        } else {
            url.user = settings.text("user", user)
        }
        if let passwordFile {
            url.password = try SecretFile.read(passwordFile, "the password at the broker")
        } else if url.password == nil, url.user != nil {
            url.password = settings.text("password", nil)
            if url.password == nil, let path = settings.text("password-file", nil) {
                url.password = try SecretFile.read(path, "the password at the broker")
            }
        }
        guard url.password == nil || url.user != nil else {
            throw HarnessError(.badInput, "--password-file needs a user: name it with --user or WAYBILL_USER.")
        }
    }

    private static func url(_ text: String, isOption: Bool) throws -> BrokerURL {
        do {
            return try BrokerURL(parsing: text)
        } catch {
            throw HarnessError(.badInput, "\(isOption ? "--broker" : "WAYBILL_BROKER") \(BrokerURL.masked(text)): \(error).")
        }
    }
}
