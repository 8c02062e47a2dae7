/// SplitMix64 (Steele, Lea and Flood, 2014): a small generator whose whole state is one word. Fast, and good enough for schedules
/// and topics; not for secrets.
///
/// Streams that must not influence each other are derived from (seed, group, client, purpose): the words are mixed in one after
/// the other, so the messages of one client stay the same when another group is changed.
public struct RandomStream: RandomNumberGenerator, Equatable, Sendable {
    private var state: UInt64

    /// What the numbers of a client are for; each purpose has a stream of its own.
    public enum Purpose: UInt64, Sendable {
        /// The gaps between the messages of a client.
        case arrivals = 1
        /// The `%rand_N` of its topics.
        case topics = 2
        /// What a customer of the shop orders.
        case orders = 3
        /// When which service of the shop is killed.
        case kills = 4
        /// When a client is away.
        case lives = 5
        /// How large its payloads are.
        case sizes = 6
        /// What the placeholders of its payloads stand for.
        case payloads = 7
    }

    /// The generator of plain SplitMix64 with this state.
    public init(state: UInt64) {
        self.state = state
    }

    /// The stream of one client for one purpose.
    /// - Parameters:
    ///   - seed: The profile's seed.
    ///   - group: The index of the client's group in the profile.
    ///   - client: The client's number in its group.
    ///   - purpose: What the numbers are for.
    public init(seed: UInt64, group: Int, client: Int, purpose: Purpose) {
        var mixed = Self.mix(seed)
        for word in [UInt64(group), UInt64(client), purpose.rawValue] { mixed = Self.mix(mixed ^ Self.mix(word &+ Self.increment)) }
        state = mixed
    }

    /// The next 64 random bits.
    public mutating func next() -> UInt64 {
        state &+= Self.increment
        return Self.mix(state)
    }

    /// A number that is uniform in 0 ..< `bound`; the bias is below `bound` / 2⁶⁴. `bound` is at least 1.
    public mutating func number(below bound: UInt64) -> UInt64 {
        next().multipliedFullWidth(by: bound).high
    }

    /// A number that is uniform in [0, 1), a multiple of 2⁻⁵³.
    public mutating func fraction() -> Double {
        Double(next() >> 11) * 0x1p-53
    }

    /// The stream that belongs to the `index`th item of this one, without drawing those before it.
    func substream(_ index: UInt64) -> RandomStream {
        RandomStream(state: Self.mix(state ^ Self.mix(index &+ Self.increment)))
    }

    /// 2⁶⁴ divided by the golden ratio, made odd.
    private static let increment: UInt64 = 0x9E37_79B9_7F4A_7C15

    private static func mix(_ value: UInt64) -> UInt64 {
        var mixed = value
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
