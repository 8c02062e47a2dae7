internal import COpenSSL
internal import Glibc

/// TLS over a TCP connection, by OpenSSL.
final class TLSConnection: WireTransport {
    private let socket: TCPSocket
    private let ssl: OpaquePointer
    private let configuration: SessionConfiguration
    private let context: TLSContext
    private(set) var isEncrypted = false

    var descriptor: CInt { socket.descriptor }
    var step: ConnectStep { isEncrypted ? .mqtt : .tls }

    /// - Throws: ``MQTTError`` where a file cannot be used.
    init(over socket: TCPSocket, _ tls: SessionConfiguration.TLS, _ configuration: SessionConfiguration) throws(MQTTError) {
        self.socket = socket
        self.configuration = configuration
        context = try TLSContext.of(tls, clientID: configuration.clientID)
        guard let ssl = SSL_new(context.pointer), SSL_set_fd(ssl, socket.descriptor) == 1 else {
            throw MQTTError(.exhausted, "OpenSSL has no room for client '\(configuration.clientID)'.")
        }
        self.ssl = ssl
        SSL_set_connect_state(ssl)
        SSL_set_ex_data(ssl, 0, Unmanaged.passUnretained(self).toOpaque())
        guard tls.preSharedKey == nil else { return }
        let isAddress = HostAddresses.isAddress(configuration.host)
        if !isAddress { _ = waybill_ssl_set_host_name(ssl, configuration.host) }
        guard !tls.acceptsAnyHostName else { return }
        if isAddress {
            X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), configuration.host)
        } else {
            SSL_set1_host(ssl, configuration.host)
        }
    }

    deinit { SSL_free(ssl) }

    func proceed() -> HandshakeStep {
        ERR_clear_error()
        let result = SSL_do_handshake(ssl)
        if result == 1 {
            isEncrypted = true
            return .done
        }
        switch SSL_get_error(ssl, result) {
        case SSL_ERROR_WANT_READ: return .waitsToRead
        case SSL_ERROR_WANT_WRITE: return .waitsToWrite
        case SSL_ERROR_SYSCALL, SSL_ERROR_ZERO_RETURN:
            let code = errno
            return .ended(result == 0 || code == 0 ? "connection closed" : String(cString: strerror(code)))
        default:
            let complaints = TLSError.takeAll()
            // 62 and 64: the certificate is for another name, or another address.
            let verdict = SSL_get_verify_result(ssl)
            let cause =
                verdict == 62 || verdict == 64
                ? LikelyCause.otherHostName(configuration.host) : LikelyCause.ofEncryption(complaints, configuration)
            return .failed(configuration.encryptionFailed(cause ?? "TLS failed"))
        }
    }

    func read(into buffer: UnsafeMutableRawBufferPointer) -> Transfer {
        outcome { SSL_read_ex(ssl, buffer.baseAddress, buffer.count, &$0) }
    }

    func write(_ bytes: UnsafeRawBufferPointer) -> Transfer {
        outcome { SSL_write_ex(ssl, bytes.baseAddress, bytes.count, &$0) }
    }

    private func outcome(_ transfer: (inout Int) -> CInt) -> Transfer {
        ERR_clear_error()
        var count = 0
        let result = transfer(&count)
        if result == 1 { return .moved(count) }
        switch SSL_get_error(ssl, result) {
        case SSL_ERROR_WANT_READ, SSL_ERROR_WANT_WRITE: return .blocked
        case SSL_ERROR_ZERO_RETURN: return .ended
        case SSL_ERROR_SYSCALL:
            let code = errno
            return code == 0 ? .ended : .failed(String(cString: strerror(code)))
        default:
            let complaints = TLSError.takeAll()
            // In TLS 1.3 what the broker thinks of the client's certificate comes after the handshake.
            if complaints.last?.contains("unexpected eof") == true { return .ended }
            return .failed(LikelyCause.ofEncryption(complaints, configuration) ?? "TLS failed")
        }
    }

    var holdsBytes: Bool { SSL_pending(ssl) > 0 }

    func close() {
        if isEncrypted { SSL_shutdown(ssl) }
        socket.close()
    }

    var encryption: String? { isEncrypted ? Self.summary(ssl, configuration) : nil }

    /// What was agreed on and verified, for people: version, cipher, and whose certificate was held against what.
    static func summary(_ ssl: OpaquePointer, _ configuration: SessionConfiguration) -> String {
        let version = String(cString: SSL_get_version(ssl))
        let cipher = SSL_get_current_cipher(ssl).map { String(cString: SSL_CIPHER_get_name($0)) } ?? "no cipher"
        guard configuration.tls?.preSharedKey == nil else { return "\(version), \(cipher), by a key that both know" }
        let name = configuration.tls?.acceptsAnyHostName == true ? "its host name was not checked" : "is for \(configuration.host)"
        let client = configuration.tls?.certificate == nil ? "no client certificate" : "with a client certificate"
        return "\(version), \(cipher), the broker's certificate is trusted and \(name), \(client)"
    }

    /// Called by OpenSSL in the handshake.
    static func preSharedKey(
        _ ssl: OpaquePointer?, _ identity: UnsafeMutablePointer<CChar>?, _ longestIdentity: UInt32,
        _ key: UnsafeMutablePointer<UInt8>?, _ longestKey: UInt32
    ) -> UInt32 {
        guard let ssl, let identity, let key, let context = SSL_get_ex_data(ssl, 0) else { return 0 }
        let connection = Unmanaged<TLSConnection>.fromOpaque(context).takeUnretainedValue()
        guard let shared = connection.configuration.tls?.preSharedKey else { return 0 }
        let name = Array(shared.identity.utf8)
        guard name.count < Int(longestIdentity), shared.key.count <= Int(longestKey) else { return 0 }
        for (index, byte) in name.enumerated() { identity[index] = CChar(bitPattern: byte) }
        identity[name.count] = 0
        for (index, byte) in shared.key.enumerated() { key[index] = byte }
        return UInt32(shared.key.count)
    }
}
