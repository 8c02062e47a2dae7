internal import Foundation
internal import Glibc
internal import MQTT
internal import Trace

/// The directory that a mosquitto of the run's own works in: its passwords and what it stores. Nobody else may look into it.
///
/// Started by root, mosquitto becomes another user, who may not even look up a path that leads through a directory of root's. So this directory is
/// its working directory, and whatever it opens after that stands in its configuration without a path.
struct BrokerHome {
    /// Its path, from the root.
    let path: String
    /// As whom mosquitto has to run; `nil` for the user of this process.
    let user: String?
    private let owner: (user: uid_t, group: gid_t)?

    /// The file with the passwords.
    static let passwords = "passwords"

    /// Makes it, or takes the one that is there.
    /// - Throws: ``HarnessError`` where it cannot be written.
    init(below directory: String) throws(HarnessError) {
        let whole = directory.hasPrefix("/") ? directory : FileManager.default.currentDirectoryPath + "/" + directory
        path = whole + "/broker"
        if mkdir(path, 0o700) != 0, errno != EEXIST { throw Self.refusal(path) }
        // Only root has to become somebody else.
        let other = geteuid() == 0 && Self.mayBecomeAnother ? Self.other() : nil
        if let other, chown(path, other.user, other.group) == 0 {
            owner = (other.user, other.group)
            user = other.name
        } else {
            owner = nil
            user = geteuid() == 0 ? "root" : nil
        }
        guard chmod(path, 0o700) == 0 else { throw Self.refusal(path) }
    }

    /// Writes a file that mosquitto alone may read.
    /// - Throws: ``HarnessError`` where it cannot be written.
    func write(_ text: String, to name: String) throws(HarnessError) {
        try Self.writeSecret(text, to: path + "/" + name, owner: owner)
    }

    /// Removes what is secret, and the directory where nothing is left in it.
    func close() {
        unlink(path + "/" + Self.passwords)
        rmdir(path)
    }

    /// Writes a file that nobody but its owner may read, whatever was there.
    static func writeSecret(_ text: String, to path: String, owner: (user: uid_t, group: gid_t)? = nil) throws(HarnessError) {
        // A new one, so that nobody has it open already.
        unlink(path)
        let file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw refusal(path) }
        defer { Glibc.close(file) }
        if let owner, fchown(file, owner.user, owner.group) != 0 { throw refusal(path) }
        var left = Array(text.utf8)[...]
        while !left.isEmpty {
            let count = left.withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw refusal(path) }
            left = left.dropFirst(count)
        }
    }

    private static func refusal(_ path: String) -> HarnessError {
        HarnessError(.badInput, "\(path) cannot be written: \(String(cString: strerror(errno))). Choose another directory with --out.")
    }

    /// The user that mosquitto's package makes for it, or the one that owns nothing.
    private static func other() -> (name: String, user: uid_t, group: gid_t)? {
        for name in ["mosquitto", "nobody"] {
            if let entry = getpwnam(name), entry.pointee.pw_uid != 0 { return (name, entry.pointee.pw_uid, entry.pointee.pw_gid) }
        }
        return nil
    }

    /// Whether root may become another user, which it may not in some containers.
    private static var mayBecomeAnother: Bool {
        guard let status = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8),
            let line = status.split(separator: "\n").first(where: { $0.hasPrefix("CapEff:") }),
            let capabilities = UInt64(line.dropFirst(7).trimmingCharacters(in: .whitespaces), radix: 16)
        else { return true }
        // CAP_SETGID and CAP_SETUID: see capabilities(7).
        return capabilities & 0b1100_0000 == 0b1100_0000
    }
}
