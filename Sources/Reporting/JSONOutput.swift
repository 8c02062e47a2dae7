package import Foundation
internal import Printing

/// The JSON that Waybill writes: UTF-8, indented, keys in snake_case and sorted, dates in ISO 8601, what would not be seen escaped. Equal values give equal bytes.
package enum JSONOutput {
    /// The value as JSON, with a line break at the end.
    package static func encode(_ value: some Encodable) throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.dateEncodingStrategy = .iso8601
        return Data((VisibleText.json(String(decoding: try encoder.encode(value), as: UTF8.self)) + "\n").utf8)
    }

    /// The value that ``encode(_:)`` wrote.
    package static func decode<Value: Decodable>(_ type: Value.Type, from json: Data) throws -> Value {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        decoder.dateDecodingStrategy = .iso8601
        return try decoder.decode(type, from: json)
    }
}
