internal import CMosquitto
internal import Foundation

/// How mosquitto's password files say who may connect.
package enum PasswordFile {
    /// The line of one user: the name, and a salted hash of the password in the form that all versions of mosquitto read and that costs a broker next to
    /// nothing at each connection. It is for passwords that nobody can guess, and for those of a file of the profile: whoever
    /// can read this one, in a directory of the broker's own that is gone with it, could read that one too. Any other needs a slow hash.
    /// - Returns: `nil` where libmosquitto has no OpenSSL.
    package static func line(_ credentials: SessionConfiguration.Credentials) -> String? {
        let salt = (0..<12).map { _ in UInt8.random(in: 0 ... .max) }
        var digest = [UInt8](repeating: 0, count: 64)
        let bytes = Array((credentials.password ?? "").utf8) + salt
        guard waybill_sha512(bytes, bytes.count, &digest) else { return nil }
        return "\(credentials.user):$6$\(Data(salt).base64EncodedString())$\(Data(digest).base64EncodedString())\n"
    }
}

extension SessionConfiguration.Credentials {
    /// A user whom nobody else can know.
    package static func random() -> SessionConfiguration.Credentials {
        // The system's generator, whose numbers cannot be foretold.
        let digits = { String(UInt64.random(in: 0 ... .max), radix: 16) }
        return .init(user: "run-" + digits(), password: digits() + digits() + digits())
    }
}
