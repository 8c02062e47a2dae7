/// The values that `${NAME}` and `${NAME:-default}` stand for in a profile.
///
/// A profile can come from a stranger, and the environment holds secrets. So a profile sees of the environment only what begins with
/// ``environmentPrefix``, which nobody sets for another purpose, and what the user gave it by name.
public struct ProfileVariables: Sendable {
    /// How the variables of the environment begin that a profile may read.
    public static let environmentPrefix = "WAYBILL_VAR_"

    private let environment: [String: String]
    /// What the user gave by name, as `--var NAME=VALUE` does. It comes first.
    let given: [String: String]

    /// Makes variables.
    /// - Parameters:
    ///   - environment: the environment; what does not begin with ``environmentPrefix`` is left out.
    ///   - given: what the user gave by name.
    public init(environment: [String: String] = [:], given: [String: String] = [:]) {
        self.environment = environment.filter { $0.key.hasPrefix(Self.environmentPrefix) }
        self.given = given
    }

    /// Reads `NAME=VALUE` arguments.
    /// - Parameters:
    ///   - arguments: what stands behind each `--var`.
    ///   - environment: the environment.
    /// - Throws: ``ProfileError`` for one without a name or a sign, and for a name that stands twice.
    public init(arguments: [String], environment: [String: String]) throws(ProfileError) {
        var given: [String: String] = [:]
        for argument in arguments {
            let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            guard parts.count == 2, Self.isName(parts[0]) else {
                // What stands here may be a value without its name, so it is not repeated.
                throw ProfileError(file: "--var", "expected NAME=VALUE, as --var RATE=100/s; a name is letters, digits and underscores")
            }
            guard given.updateValue(parts[1], forKey: parts[0]) == nil else {
                throw ProfileError(file: "--var", "\(parts[0]) is given twice; keep one of them")
            }
        }
        self.init(environment: environment, given: given)
    }

    /// The value of a variable; `nil` where there is none, or an empty one.
    func value(_ name: String) -> String? {
        (given[name] ?? environment[name]).flatMap { $0.isEmpty ? nil : $0 }
    }

    static func isName(_ text: some StringProtocol) -> Bool {
        guard let first = text.utf8.first, !(0x30...0x39).contains(first) else { return false }
        return text.utf8.allSatisfy { (0x61...0x7A).contains($0 | 0x20) || (0x30...0x39).contains($0) || $0 == 0x5F }
    }
}

/// The values of variables that a profile uses. They can be secrets, so no message repeats them.
struct Secrets {
    /// A value of fewer characters is worth nothing as a secret, and may be any word of a message.
    private static let leastLength = 4

    /// The longest first, as a value may be a part of another.
    private let values: [(name: String, value: String)]

    init(_ variables: [String: String]) {
        values = variables.filter { $0.value.count >= Self.leastLength }.map { ($0.key, $0.value) }
            .sorted { ($1.value.count, $0.name) < ($0.value.count, $1.name) }
    }

    /// A message with the names of variables in the place of their values.
    func hidden(in message: String) -> String {
        values.reduce(message) { $0.replacing($1.value, with: "${\($1.name)}") }
    }
}

/// A text of a profile in which variables may stand.
struct VariableText {
    /// What is wrong with a text: the end of a sentence.
    struct Mistake: Error {
        let reason: String
    }

    /// The text with the values in it.
    private(set) var text = ""
    /// The variables that have come in, with their values.
    private(set) var used: [String: String] = [:]
    /// The variables that the text names, whether they have a value or not.
    private(set) var named: Set<String> = []

    /// How the characters `${` themselves are written.
    static func escaped(_ text: String) -> String { text.replacing("${", with: "$${") }

    /// The text of the profile that a run has left: its variables have their values already.
    static func unescaped(_ text: String) -> String { text.replacing("$${", with: "${") }

    /// Puts values in place of `${NAME}` and `${NAME:-default}`, and `${` in place of `$${`.
    init(_ source: String, _ variables: ProfileVariables) throws(Mistake) {
        var rest = source[...]
        while let dollar = rest.firstIndex(of: "$") {
            text += rest[..<dollar]
            rest = rest[dollar...]
            if rest.hasPrefix("$${") {
                text += "${"
                rest = rest.dropFirst(3)
            } else if rest.hasPrefix("${") {
                guard let end = rest.firstIndex(of: "}") else {
                    throw Mistake(reason: "has ${ and no } behind it; expected ${NAME} or ${NAME:-default}, or $${ for the characters ${")
                }
                try take(String(rest[rest.index(rest.startIndex, offsetBy: 2)..<end]), variables)
                rest = rest[rest.index(after: end)...]
            } else {
                text.append("$")
                rest = rest.dropFirst()
            }
        }
        text += rest
    }

    private mutating func take(_ inner: String, _ variables: ProfileVariables) throws(Mistake) {
        let separator = inner.firstRange(of: ":-")
        let name = String(inner[..<(separator?.lowerBound ?? inner.endIndex)])
        guard ProfileVariables.isName(name) else {
            throw Mistake(
                reason: "has '${\(inner)}', which names no variable; expected ${NAME} or ${NAME:-default}, or $${ for the characters ${")
        }
        named.insert(name)
        let fallback = separator.map { String(inner[$0.upperBound...]) }
        guard fallback?.contains("${") != true else {
            throw Mistake(reason: "has a variable in the default of ${\(name)}; expected a default that is text")
        }
        if let value = variables.value(name) {
            used[name] = value
            text += value
        } else if let fallback {
            text += fallback
        } else {
            let other =
                name.hasPrefix(ProfileVariables.environmentPrefix)
                ? " or that variable in the environment"
                : " (of the environment a profile sees only what begins with \(ProfileVariables.environmentPrefix))"
            throw Mistake(
                reason: "needs ${\(name)}, which nobody gave; expected --var \(name)=VALUE\(other), or a default, as ${\(name):-VALUE}")
        }
    }
}
