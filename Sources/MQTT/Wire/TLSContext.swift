internal import COpenSSL
internal import Glibc
internal import Synchronization

/// What OpenSSL needs to know for all connections of one kind: the authorities that are trusted, the client's certificate and key. Reading them takes
/// longer than connecting, so all connections of the process with the same options share one.
final class TLSContext: @unchecked Sendable {
    // Sound because OpenSSL counts references to a context atomically and lets many threads make connections of one, and because nothing of it is changed
    // once it is made.
    let pointer: OpaquePointer

    private static let shared = Mutex<[SessionConfiguration.TLS: TLSContext]>([:])

    /// The context for some options.
    /// - Throws: ``MQTTError`` `invalid` where a file cannot be used.
    static func of(_ tls: SessionConfiguration.TLS, clientID: String) throws(MQTTError) -> TLSContext {
        let result = shared.withLock { contexts in
            Result<TLSContext, MQTTError> { () throws(MQTTError) in
                if let known = contexts[tls] { return known }
                let made = try TLSContext(tls, clientID: clientID)
                contexts[tls] = made
                return made
            }
        }
        return try result.get()
    }

    private init(_ tls: SessionConfiguration.TLS, clientID: String) throws(MQTTError) {
        for file in [tls.authorities, tls.certificate, tls.key].compactMap(\.self) where access(file, R_OK) != 0 {
            throw MQTTError(
                .invalid, "\(file), a TLS file of client '\(clientID)', cannot be read: \(String(cString: strerror(errno))).")
        }
        guard let made = SSL_CTX_new(TLS_client_method()) else {
            throw MQTTError(.exhausted, "OpenSSL has no room for client '\(clientID)'.")
        }
        pointer = made
        // OpenSSL writes to sockets without MSG_NOSIGNAL.
        signal(SIGPIPE, SIG_IGN)
        _ = waybill_ssl_set_minimum(pointer, TLS1_2_VERSION)
        // What is written may move between two tries, a part of it may leave, and an idle connection keeps no buffers.
        _ = waybill_ssl_set_mode(
            pointer, Int(SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS))
        if tls.preSharedKey != nil {
            SSL_CTX_set_psk_client_callback(pointer) { ssl, _, identity, longestIdentity, key, longestKey in
                TLSConnection.preSharedKey(ssl, identity, longestIdentity, key, longestKey)
            }
            // Only suites with a key, as nobody has a certificate then.
            SSL_CTX_set_cipher_list(pointer, "PSK")
            return
        }
        SSL_CTX_set_verify(pointer, SSL_VERIFY_PEER, nil)
        let trusts = tls.authorities.map { SSL_CTX_load_verify_locations(pointer, $0, nil) } ?? SSL_CTX_set_default_verify_paths(pointer)
        guard trusts == 1 else { throw unusable("The authorities \(tls.authorities ?? "of the system")", clientID) }
        try loadIdentity(tls, clientID)
    }

    deinit { SSL_CTX_free(pointer) }

    /// The client's certificate and its key.
    private func loadIdentity(_ tls: SessionConfiguration.TLS, _ clientID: String) throws(MQTTError) {
        guard let certificate = tls.certificate else { return }
        guard SSL_CTX_use_certificate_chain_file(pointer, certificate) == 1 else {
            throw unusable("The certificate \(certificate)", clientID)
        }
        let key = tls.key ?? certificate
        let password = KeyPassword(tls.keyPassword)
        SSL_CTX_set_default_passwd_cb_userdata(pointer, Unmanaged.passUnretained(password).toOpaque())
        // Without a callback OpenSSL asks the terminal for the password of an encrypted key.
        SSL_CTX_set_default_passwd_cb(pointer) { buffer, size, _, context in
            guard let buffer, let context else { return 0 }
            return Unmanaged<KeyPassword>.fromOpaque(context).takeUnretainedValue().write(to: buffer, size: Int(size))
        }
        let isLoaded = SSL_CTX_use_PrivateKey_file(pointer, key, SSL_FILETYPE_PEM) == 1
        SSL_CTX_set_default_passwd_cb(pointer, nil)
        SSL_CTX_set_default_passwd_cb_userdata(pointer, nil)
        guard isLoaded else {
            if password.wasAsked { throw MQTTError(.invalid, TLSError.ofEncryptedKey(key, hasPassword: tls.keyPassword != nil) + ".") }
            throw unusable("The key \(key)", clientID)
        }
        guard SSL_CTX_check_private_key(pointer) == 1 else {
            throw MQTTError(.invalid, "The key \(key) of client '\(clientID)' does not belong to the certificate \(certificate).")
        }
    }

    private func unusable(_ what: String, _ clientID: String) -> MQTTError {
        MQTTError(.invalid, "\(what) of client '\(clientID)' cannot be used: \(TLSError.last ?? "OpenSSL does not say why").")
    }
}

/// The password of an encrypted key, for the time in which it is read.
private final class KeyPassword {
    let bytes: [UInt8]
    /// The key turned out to be encrypted.
    private(set) var wasAsked = false

    init(_ password: String?) { bytes = Array((password ?? "").utf8) }

    func write(to buffer: UnsafeMutablePointer<CChar>, size: Int) -> CInt {
        wasAsked = true
        for (index, byte) in bytes.prefix(size).enumerated() { buffer[index] = CChar(bitPattern: byte) }
        return CInt(min(bytes.count, size))
    }
}

/// What OpenSSL says of a failure.
enum TLSError {
    /// Takes everything that the thread's queue of errors holds, oldest first.
    static func takeAll() -> [String] {
        var texts: [String] = []
        while true {
            let code = ERR_get_error()
            guard code != 0 else { return texts }
            var text = [CChar](repeating: 0, count: 256)
            ERR_error_string_n(code, &text, text.count)
            texts.append(String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self))
        }
    }

    /// The words of the latest error, without its number and where it was met.
    static var last: String? {
        takeAll().last.map { text in String(text.split(separator: ":").last.map { $0.drop { $0 == " " } } ?? "") }
    }

    static func ofEncryptedKey(_ key: String, hasPassword: Bool) -> String {
        hasPassword
            ? "the password given for the key \(key) is not the right one"
            : "the key \(key) is encrypted, and no password is given: name the file that has it with key_password_file, or set WAYBILL_KEY_PASSWORD"
    }
}
