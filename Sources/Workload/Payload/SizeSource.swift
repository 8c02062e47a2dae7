internal import Glibc

/// The sizes of one client's payloads. That of a message depends on the seed, the group, the client and the sequence number alone.
public struct SizeSource: Sendable {
    private let sizes: Profile.Sizes
    private let random: RandomStream

    /// Makes the source of one client.
    /// - Parameter random: the client's stream for ``RandomStream/Purpose/sizes``.
    public init(_ sizes: Profile.Sizes, random: RandomStream) {
        self.sizes = sizes
        self.random = random
    }

    /// The size of the message with this sequence number, which counts from 1.
    public func size(sequence: UInt64) -> Int {
        switch sizes {
        case .fixed(let size): return size
        case .cycle(let sizes): return sizes[Int((sequence &- 1) % UInt64(sizes.count))]
        case .uniform(let range):
            var random = random.substream(sequence)
            return range.lowerBound + Int(random.number(below: UInt64(range.count)))
        case .exponential(let range, let mean):
            var random = random.substream(sequence)
            // fraction() is below 1, so the logarithm is finite.
            let above = -log(1 - random.fraction()) * Double(mean - range.lowerBound)
            return min(range.upperBound, range.lowerBound + Int(above))
        }
    }
}
