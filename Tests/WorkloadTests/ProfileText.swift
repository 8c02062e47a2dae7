import Foundation
import Testing
import Workload

/// Profiles for tests: a small valid one, in which a test replaces what it is about.
enum ProfileText {
    static let valid = """
        name: test
        groups:
          - name: pub
            count: 3
            publish:
              topic: t/%i
              qos: 1
              rate: 50/s
          - name: sub
            count: 2
            subscribe:
              filters: [t/+]
              qos: 1
        phases:
          hold: 5s
        """

    /// The valid profile with one piece of its text replaced.
    static func replacing(_ old: String, with new: String) throws -> String {
        try #require(valid.contains(old), "the test replaces '\(old)', which is not in the profile")
        return valid.replacing(old, with: new)
    }

    /// The problems of a profile that must have some, as users see them.
    static func problems(_ yaml: String) -> [String] {
        do {
            _ = try Profile.parse(yaml: yaml, file: "p.yaml")
            return []
        } catch {
            return error.problems.map(\.description)
        }
    }

    /// The directory of the shipped profiles.
    static let directory = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../Profiles").standardizedFileURL
}
