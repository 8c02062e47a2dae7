/// The Prometheus text exposition format 0.0.4 and OpenMetrics 1.0, read strictly: whatever breaks a rule is thrown as a sentence.
struct Exposition {
    struct Wrong: Error, CustomStringConvertible {
        var description: String
        init(_ description: String) { self.description = description }
    }

    struct Family {
        var type: String?
        var help: String?
        /// The value of each sample by its labels.
        var samples: [[String: String]: Double] = [:]
    }

    private(set) var families: [String: Family] = [:]
    private var current = ""
    private let isOpenMetrics: Bool

    init(_ text: String, isOpenMetrics: Bool) throws {
        self.isOpenMetrics = isOpenMetrics
        guard text.hasSuffix("\n") else { throw Wrong("the last line has no end") }
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
        if isOpenMetrics, lines.popLast() != "# EOF" { throw Wrong("the last line is not # EOF") }
        for line in lines { try line.hasPrefix("#") ? comment(String(line)) : sample(String(line)) }
        for (name, family) in families where family.type == nil || family.help == nil {
            throw Wrong("\(name) has no \(family.type == nil ? "TYPE" : "HELP")")
        }
    }

    private mutating func comment(_ line: String) throws {
        let words = line.split(separator: " ", maxSplits: 3).map(String.init)
        guard words.count == 4, words[0] == "#", ["HELP", "TYPE"].contains(words[1]) else {
            throw Wrong("'\(line)' is neither HELP nor TYPE")
        }
        let name = words[2]
        guard name.wholeMatch(of: #/[a-zA-Z_:][a-zA-Z0-9_:]*/#) != nil else { throw Wrong("'\(name)' is no name") }
        if name != current, families[name] != nil { throw Wrong("the lines of \(name) do not stand together") }
        current = name
        var family = families[name] ?? Family()
        guard family.samples.isEmpty else { throw Wrong("\(words[1]) of \(name) stands behind its samples") }
        if words[1] == "HELP" {
            guard family.help == nil else { throw Wrong("\(name) has two HELP") }
            family.help = words[3]
        } else {
            guard family.type == nil, ["counter", "gauge"].contains(words[3]) else { throw Wrong("'\(line)' gives no type") }
            if !isOpenMetrics, words[3] == "counter", !name.hasSuffix("_total") {
                throw Wrong("the counter \(name) does not end in _total")
            }
            family.type = words[3]
        }
        families[name] = family
    }

    private mutating func sample(_ line: String) throws {
        guard let match = line.wholeMatch(of: #/([a-zA-Z_:][a-zA-Z0-9_:]*)\{((?:[^"]|"(?:[^"\\]|\\.)*")*)\} (-?[0-9.]+)/#) else {
            throw Wrong("'\(line)' is no sample")
        }
        let name = String(match.1)
        guard let family = families[current] else { throw Wrong("\(name) has a sample before its HELP and TYPE") }
        let expected = isOpenMetrics && family.type == "counter" ? current + "_total" : current
        guard name == expected else { throw Wrong("'\(name)' stands among the samples of \(current)") }
        let labels = try labels(String(match.2))
        guard families[current]?.samples.updateValue(Double(match.3) ?? .nan, forKey: labels) == nil else {
            throw Wrong("'\(line)' is there twice")
        }
    }

    private func labels(_ text: String) throws -> [String: String] {
        var labels: [String: String] = [:]
        var rest = Substring(text)
        while !rest.isEmpty {
            guard let match = rest.prefixMatch(of: #/([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\[\\"n])*)"(?:,|$)/#) else {
                throw Wrong("'\(rest)' is no label")
            }
            let value = String(match.2).replacing(#/\\(.)/#) { $0.1 == "n" ? "\n" : String($0.1) }
            guard labels.updateValue(value, forKey: String(match.1)) == nil else { throw Wrong("the label \(match.1) is there twice") }
            rest = rest[match.range.upperBound...]
        }
        return labels
    }
}
