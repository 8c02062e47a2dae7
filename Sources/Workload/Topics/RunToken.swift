/// What `%r` stands for: a few letters and digits that tell one run from others at the same broker. Short, because MQTT 3.1.1 obliges brokers to take
/// client identifiers of up to 23 bytes only (MQTT-3.1.3-5).
public enum RunToken {
    /// The length of every token.
    static let length = 6
    private static let alphabet = Array("0123456789abcdefghijklmnopqrstuvwxyz")

    /// What stands for a token where no run is meant, as when a profile is validated.
    public static let example = String(repeating: "r", count: length)

    /// A token that no other run is likely to have: there are two thousand million.
    public static func random() -> String { String((0..<length).map { _ in alphabet.randomElement() ?? "0" }) }
}
