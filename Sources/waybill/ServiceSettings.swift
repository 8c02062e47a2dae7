internal import Harness

/// The options of a service, each from the command line or, where it is not there, from the environment.
struct ServiceSettings {
    private let environment: [String: String]

    init(_ environment: [String: String]) {
        self.environment = environment
    }

    /// The value of `--name` or of WAYBILL_NAME; an empty variable counts as none.
    func text(_ name: String, _ option: String?) -> String? {
        option ?? environment[Self.variable(name)].flatMap { $0.isEmpty ? nil : $0 }
    }

    /// One of several values.
    /// - Throws: `HarnessError` that names them, where it is none of them.
    func choice(_ name: String, _ option: String?, _ values: [String]) throws(HarnessError) -> String? {
        guard let text = text(name, option) else { return nil }
        guard values.contains(text) else { throw wrong(name, option, text, values.joined(separator: ", ")) }
        return text
    }

    /// A whole number of a range.
    /// - Throws: `HarnessError` that names the range.
    func number(_ name: String, _ option: String?, _ range: ClosedRange<Int>) throws(HarnessError) -> Int? {
        guard let text = text(name, option) else { return nil }
        guard let number = Int(text), range.contains(number) else {
            throw wrong(name, option, text, "\(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    /// `[ADDRESS:]PORT`.
    func http(_ option: String?) throws(HarnessError) -> (String, UInt16)? {
        guard let text = text("http", option) else { return nil }
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count <= 2, let port = parts.last.flatMap({ UInt16($0) }), parts.count == 1 || !parts[0].isEmpty else {
            throw wrong("http", option, text, "a port or an address and a port, as 0.0.0.0:8080")
        }
        return (parts.count == 2 ? String(parts[0]) : "127.0.0.1", port)
    }

    /// The variable that has a password or the file of one, if any does.
    var passwordVariable: String? { ["password", "password-file"].first { text($0, nil) != nil }.map(Self.variable) }

    private static func variable(_ name: String) -> String {
        "WAYBILL_" + name.uppercased().replacing("-", with: "_")
    }

    private func wrong(_ name: String, _ option: String?, _ text: String, _ expected: String) -> HarnessError {
        HarnessError(.badInput, "\(option == nil ? Self.variable(name) : "--\(name)") is '\(text)'; expected \(expected).")
    }
}
