import Foundation

/// As much of JSON Schema as docs/asyncapi.yaml uses; a keyword that is not known here is a failure of the test.
struct JSONSchema {
    struct Unknown: Error { var keyword: String }

    let document: [String: Any]

    /// Why a value does not fit a schema of `components/schemas`; `nil` where it does.
    func flaw(_ value: Any, _ name: String) throws -> String? {
        try flaw(value, resolve("#/components/schemas/\(name)"), at: name)
    }

    private func resolve(_ reference: String) -> [String: Any] {
        let found = reference.split(separator: "/").dropFirst().reduce(document as Any?) { ($0 as? [String: Any])?[String($1)] }
        return found as? [String: Any] ?? [:]
    }

    private func flaw(_ value: Any, _ schema: [String: Any], at place: String) throws -> String? {
        if let reference = schema["$ref"] as? String { return try flaw(value, resolve(reference), at: place) }
        for (keyword, rule) in schema {
            if let flaw = try flaw(value, keyword, rule, at: place) { return flaw }
        }
        return nil
    }

    private func flaw(_ value: Any, _ keyword: String, _ rule: Any, at place: String) throws -> String? {
        func wrong(_ isRight: Bool) -> String? { isRight ? nil : "\(place): \(keyword) \(rule)" }
        let text = value as? String
        let number = (value as? NSNumber)?.doubleValue
        let object = value as? [String: Any]
        let list = value as? [Any]
        func limit() -> Double { (rule as? NSNumber)?.doubleValue ?? .nan }
        switch keyword {
        case "type":
            switch rule as? String {
            case "string": return wrong(text != nil)
            case "integer": return wrong(text == nil && number.map { $0 == $0.rounded() } == true)
            case "boolean": return wrong(value is Bool)
            case "object": return wrong(object != nil)
            case "array": return wrong(list != nil)
            default: throw Unknown(keyword: "type \(rule)")
            }
        case "pattern":
            guard let text, let pattern = rule as? String else { return nil }
            // Matching bytes: what MQTT and topics compare. A pattern of ours has its own ends.
            return wrong(try Regex(pattern).matchingSemantics(.unicodeScalar).wholeMatch(in: text) != nil)
        case "const": return wrong("\(value)" == "\(rule)")
        case "enum": return wrong((rule as? [Any] ?? []).contains { "\($0)" == "\(value)" })
        case "minLength": return text.flatMap { wrong(Double($0.unicodeScalars.count) >= limit()) }
        case "maxLength": return text.flatMap { wrong(Double($0.unicodeScalars.count) <= limit()) }
        case "minimum": return text == nil ? number.flatMap { wrong($0 >= limit()) } : nil
        case "maximum": return text == nil ? number.flatMap { wrong($0 <= limit()) } : nil
        case "minItems": return list.flatMap { wrong(Double($0.count) >= limit()) }
        case "maxItems": return list.flatMap { wrong(Double($0.count) <= limit()) }
        case "maxProperties": return object.flatMap { wrong(Double($0.count) <= limit()) }
        case "required": return object.flatMap { object in wrong((rule as? [String] ?? []).allSatisfy { object[$0] != nil }) }
        case "properties":
            for (name, schema) in rule as? [String: [String: Any]] ?? [:] {
                if let inner = object?[name], let flaw = try flaw(inner, schema, at: "\(place).\(name)") { return flaw }
            }
            return nil
        case "propertyNames", "additionalProperties", "items":
            let schema = rule as? [String: Any] ?? [:]
            let parts =
                keyword == "items"
                ? list ?? [] : keyword == "propertyNames" ? object.map { Array($0.keys) } ?? [] : object.map { Array($0.values) } ?? []
            for part in parts { if let flaw = try flaw(part, schema, at: "\(place).\(keyword)") { return flaw } }
            return nil
        case "description", "format", "contentEncoding": return nil
        default: throw Unknown(keyword: keyword)
        }
    }
}
