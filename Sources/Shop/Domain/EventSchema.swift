/// What may stand in an event, and in what the harness and the services tell each other. docs/asyncapi.yaml states the same, and tests hold one to
/// the other. Whatever a message says is looked at by these rules before anybody acts on it or stores it.
public enum EventSchema {
    /// How many of its item an order may ask for.
    public static let quantities = 1...1_000_000
    /// The greatest sequence and the greatest count of a stamp: beyond 2⁵³ not every JSON reader tells whole numbers apart.
    public static let greatestNumber: UInt64 = 1 << 53
    /// The most bytes of an order's id, of a customer (`company/amazon`) and of an item (`car/bmw`).
    public static let longestName = 128
    /// The most bytes of a payload.
    public static let greatestPayload = 131_072
    /// The most bytes of a stamp's wire form: as base64 it fits into one user property.
    public static let greatestStampBytes = 49_149
    /// The most entries of a stamp.
    public static let greatestStampEntries = 16_384
    /// The most ids in one receipt.
    public static let greatestReceipt = 1_000
    /// The processes of customers; smaller ones are those of the services.
    public static let customers: ClosedRange<UInt32> = 16...1_048_575

    /// Whether a text is a name: 1 to ``longestName`` of the letters A to Z and a to z, digits, `.`, `_` and `-`. So there are no two spellings of one
    /// name, and it can stand in a topic, a file name, a log line and a label as it is.
    static func isName(_ text: String) -> Bool { isName(text.utf8) }

    static func isName(_ bytes: some Collection<UInt8>) -> Bool {
        var count = 0
        for byte in bytes {
            guard isNameByte(byte) else { return false }
            count += 1
        }
        return count > 0 && count <= longestName
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
            UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"):
            true
        default: false
        }
    }

    /// Reads a whole number from 1 to `greatest` as it is written: decimal digits, no sign, no leading zero.
    static func number(_ text: some StringProtocol, upTo greatest: UInt64 = greatestNumber) -> UInt64? {
        guard text.utf8.count <= 19, let first = text.utf8.first, first != UInt8(ascii: "0"), first != UInt8(ascii: "+"),
            let number = UInt64(text), number <= greatest
        else { return nil }
        return number
    }

    /// Reads the number of a run: 1 to 16 lower-case hexadecimal digits.
    static func run(_ text: some StringProtocol) -> UInt64? {
        let isHexadecimal = text.utf8.allSatisfy { byte in
            (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
        }
        return text.utf8.count <= 16 && isHexadecimal ? UInt64(text, radix: 16) : nil
    }

    /// Whether a text is the id of an event: the process that it comes from, a hyphen, and a number.
    /// - Parameter publisher: that process; `nil` for any.
    static func isEventID(_ text: String, of publisher: UInt32? = nil) -> Bool {
        guard let hyphen = text.utf8.firstIndex(of: UInt8(ascii: "-")), let process = number(text[..<hyphen], upTo: UInt64(UInt32.max)),
            number(text[text.utf8.index(after: hyphen)...]) != nil
        else { return false }
        return publisher.map { UInt64($0) == process } ?? true
    }

    /// Whether a text for people can be shown as it is: at most so many bytes, in one line, without control characters.
    static func isSentence(_ text: String, longest: Int = 1_000) -> Bool {
        text.utf8.count <= longest
            && text.unicodeScalars.allSatisfy { scalar in
                switch scalar.properties.generalCategory {
                case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned: false
                default: true
                }
            }
    }
}

extension Party {
    /// Whether a process speaks for this party.
    func isSpoken(by process: UInt32) -> Bool {
        self == .customer ? EventSchema.customers.contains(process) : ServiceName(rawValue: rawValue)?.process == process
    }
}
