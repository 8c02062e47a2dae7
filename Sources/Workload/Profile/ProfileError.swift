internal import Printing

/// Everything that is wrong with a profile.
public struct ProfileError: Error, Equatable, Sendable, CustomStringConvertible {
    /// One thing that is wrong.
    public struct Problem: Equatable, Sendable, CustomStringConvertible {
        /// The profile's file as it was named.
        public let file: String
        /// The line, from 1; `nil` where the problem has none.
        public let line: Int?
        /// The key, with those around it: `groups[0].publish.qos`; empty for the profile as a whole.
        public let path: String
        /// What is wrong, and what was expected.
        public let message: String

        /// `file:line: key: message`.
        public var description: String {
            let place = line.map { "\(file):\($0)" } ?? file
            // Each problem is one line, whatever the profile has in it.
            return VisibleText.line(path.isEmpty ? "\(place): \(message)" : "\(place): \(path): \(message)")
        }
    }

    /// The problems in the order of their lines, at least one.
    public let problems: [Problem]

    /// One problem a line.
    public var description: String {
        problems.map(\.description).joined(separator: "\n")
    }
}
