internal import Glibc

/// A file that a profile names. A profile may come from a stranger, so it names files of its own directory alone: the paths count from there, and do not
/// lead out of it, not by `..`, not by a symbolic link and not as a whole path.
enum ProfileFile {
    /// A path that is refused; the end of a sentence.
    struct Refusal: Error {
        let reason: String
    }

    /// The path to open, as messages name it.
    /// - Parameters:
    ///   - text: the path as it stands in the profile.
    ///   - profile: the profile's file, as the user named it.
    /// - Throws: ``Refusal`` for a path that leads elsewhere or to what is no file. A file that is not there is for its reader to tell.
    static func path(_ text: String, of profile: String) throws(Refusal) -> String {
        guard !text.utf8.contains(0) else { throw Refusal(reason: "contains the null character") }
        let directory = profile.lastIndex(of: "/").map { String(profile[...$0]) } ?? ""
        let path = text.hasPrefix("/") ? text : directory + text
        let outside = Refusal(
            reason: "leads out of the profile's directory, and a profile may name files of that directory only")
        // Looked at first as it is written, so that nothing is learnt about files elsewhere.
        if !text.hasPrefix("/"), climbs(text) { throw outside }
        guard let home = real(directory.isEmpty ? "." : directory) else { return path }
        guard let file = real(path) else {
            // What is not there cannot be resolved; a whole path has to begin with the directory then.
            if text.hasPrefix("/"), !text.hasPrefix(home == "/" ? home : home + "/") || climbs(String(text.dropFirst(home.count + 1))) {
                throw outside
            }
            return path
        }
        guard file.hasPrefix(home == "/" ? home : home + "/") else { throw outside }
        var status = stat()
        guard stat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { throw Refusal(reason: "is no regular file") }
        return path
    }

    /// Whether a path leads above where it begins, on its way or at its end.
    private static func climbs(_ path: String) -> Bool {
        var depth = 0
        for part in path.utf8.split(separator: UInt8(ascii: "/")) {
            if part.elementsEqual("..".utf8) { depth -= 1 } else if !part.elementsEqual(".".utf8) { depth += 1 }
            if depth < 0 { return true }
        }
        return false
    }

    /// A path without symbolic links; `nil` where it leads nowhere.
    static func real(_ path: String) -> String? {
        guard let real = realpath(path, nil) else { return nil }
        defer { free(real) }
        return String(cString: real)
    }
}

extension ProfileDecoder {
    /// A file that a key names, `nil` where there is none or it is refused.
    /// - Parameters:
    ///   - what: what the file is, as `an expectations file`.
    ///   - other: how the user can give it instead, as the end of a sentence.
    func file(_ reader: MappingReader, _ key: String, _ what: String, instead other: String) -> String? {
        guard let text = reader.value(key, expected: "the path of \(what)", parse: { $0.isEmpty ? nil : $0 }) else { return nil }
        do {
            return try ProfileFile.path(text, of: problems.file(of: reader.child(key)))
        } catch {
            reader.report(key, "'\(text)' \(error.reason); put it there, or \(other)")
            return nil
        }
    }
}
