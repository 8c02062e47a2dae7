internal import Causality
internal import CZlib
internal import Foundation

/// A message in the form of CloudEvents 1.0, JSON event format: the envelope that structured mode sends as it is, and whose attributes
/// binary mode sends as user properties (MQTT Protocol Binding for CloudEvents 1.0.2, sections 3.1 and 3.2).
struct CloudEvent: Codable, Equatable {
    var specversion = "1.0"
    var id: String
    var source: String
    var type: String
    /// The order; absent in receipts.
    var subject: String?
    var time: String
    var datacontenttype = CloudEvent.contentType
    /// The run in hexadecimal digits.
    var run: String
    var publisher: String
    var sequence: String
    /// The dependency stamp in its wire form, base64.
    var stamp: String
    /// CRC-32 over everything that matters, hexadecimal.
    var checksum: String
    var data: Data

    /// The content type of the data.
    static let contentType = "application/json"
    /// What every type begins with.
    static let typePrefix = "waybill.shop."

    /// The data of an event.
    struct Data: Codable, Equatable {
        var order: Order?
        var outcome: Outcome?
        var stored: [String]?
    }
}

extension CloudEvent {
    /// Puts a message into its envelope.
    init(_ message: ShopMessage) {
        let event = message.event
        var order: Order?
        var outcome: Outcome?
        var stored: [String]?
        switch event.body {
        case .order(let value): order = value
        case .outcome(let value, let end): (order, outcome) = (value, end)
        case .stored(let ids): stored = ids
        }
        var stamp: [UInt8] = []
        message.stamp.encode(into: &stamp)
        self.init(
            id: event.id, source: "/shop/\(event.topic.from.rawValue)", type: Self.typePrefix + event.topic.kind.rawValue,
            subject: order?.id, time: Timestamp.text(milliseconds: message.milliseconds), run: String(message.run, radix: 16),
            publisher: String(message.publisher), sequence: String(message.sequence), stamp: Foundation.Data(stamp).base64EncodedString(),
            checksum: "", data: Data(order: order, outcome: outcome, stored: stored))
        checksum = computedChecksum(topic: event.topic)
    }

    /// The checksum that goes with what the event says.
    func computedChecksum(topic: ShopTopic) -> String {
        var fields = [topic.text, id, type, time, run, publisher, sequence, stamp]
        if let order = data.order { fields += [order.id, order.customer.description, order.item.description, String(order.quantity)] }
        if let outcome = data.outcome { fields.append(outcome.rawValue) }
        fields += data.stored ?? []
        let bytes = Array(fields.joined(separator: "\n").utf8)
        return String(bytes.withUnsafeBufferPointer { crc32_z(0, $0.baseAddress, $0.count) }, radix: 16)
    }
}

/// Points in time as RFC 3339 writes them, to the millisecond, in UTC. A formatter of Foundation takes longer than all the rest of an event.
enum Timestamp {
    /// The years 0 to 9999: what four digits can say.
    static let range: ClosedRange<Int64> = -62_167_219_200_000...253_402_300_799_999

    /// `2026-11-25T21:07:03.040Z`.
    static func text(milliseconds: Int64) -> String {
        let (days, inDay) = milliseconds.quotientAndRemainder(flooring: 86_400_000)
        let (year, month, day) = date(days: days)
        let (seconds, millis) = inDay.quotientAndRemainder(dividingBy: 1000)
        let clock = [seconds / 3600, seconds / 60 % 60, seconds % 60].map { digits($0, 2) }.joined(separator: ":")
        return "\(digits(year, 4))-\(digits(month, 2))-\(digits(day, 2))T\(clock).\(digits(millis, 3))Z"
    }

    /// Reads what ``text(milliseconds:)`` writes; `nil` for anything else.
    static func milliseconds(_ text: String) -> Int64? {
        let bytes = Array(text.utf8)
        guard bytes.count == 24, bytes[23] == UInt8(ascii: "Z") else { return nil }
        func number(_ range: Range<Int>) -> Int64? {
            var value: Int64 = 0
            for byte in bytes[range] {
                guard (48...57).contains(byte) else { return nil }
                value = value * 10 + Int64(byte - 48)
            }
            return value
        }
        guard let year = number(0..<4), let month = number(5..<7), let day = number(8..<10), let hour = number(11..<13),
            let minute = number(14..<16), let second = number(17..<19), let millis = number(20..<23)
        else { return nil }
        let result = ((days(year, month, day) * 24 + hour) * 60 + minute) * 60_000 + second * 1000 + millis
        return self.text(milliseconds: result) == text ? result : nil
    }

    private static func digits(_ value: Int64, _ count: Int) -> String {
        let text = String(value)
        return String(repeating: "0", count: max(0, count - text.count)) + text
    }

    /// The proleptic Gregorian date so many days after 1970-01-01, counted in years that begin in March.
    private static func date(days: Int64) -> (Int64, Int64, Int64) {
        let shifted = days + 719_468
        let (era, dayOfEra) = shifted.quotientAndRemainder(flooring: 146_097)
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
    }

    private static func days(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
        let shiftedYear = month <= 2 ? year - 1 : year
        let (era, yearOfEra) = shiftedYear.quotientAndRemainder(flooring: 400)
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }
}

extension Int64 {
    /// Division that rounds down, so that the remainder is never negative.
    fileprivate func quotientAndRemainder(flooring divisor: Int64) -> (Int64, Int64) {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
    }
}
