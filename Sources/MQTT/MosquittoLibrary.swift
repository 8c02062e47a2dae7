internal import CMosquitto
internal import Glibc

/// The system's libmosquitto.
public enum MosquittoLibrary {
    /// The version in use, as `2.0.11`.
    public static let version: String = {
        var major: CInt = 0
        var minor: CInt = 0
        var revision: CInt = 0
        _ = mosquitto_lib_version(&major, &minor, &revision)
        return "\(major).\(minor).\(revision)"
    }()

    /// Initialises the library, once. It writes to sockets without MSG_NOSIGNAL, so the process must ignore SIGPIPE.
    static let initialise: Void = {
        signal(SIGPIPE, SIG_IGN)
        _ = mosquitto_lib_init()
    }()

    /// What a code means, without a full stop, to stand in a sentence.
    static func describe(_ code: CInt) -> String {
        // The library's text for a system error says only that there was one. It may have closed the socket meanwhile.
        guard code == MOSQ_ERR_ERRNO.intValue else { return phrase(String(cString: mosquitto_strerror(code))) }
        return errno == EBADF ? "connection closed" : String(cString: strerror(errno))
    }

    /// The library ends its texts with a full stop, most of them.
    static func phrase(_ text: String) -> String { text.hasSuffix(".") ? String(text.dropLast()) : text }
}

extension mosq_err_t {
    var intValue: CInt { CInt(rawValue) }
}
