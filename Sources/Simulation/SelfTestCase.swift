import Verification

/// One kind of run of the self-test: with a fault, or with none.
package enum SelfTestCase: Hashable, Sendable {
    /// A fault that must be reported, and nothing else.
    case fault(Fault)
    /// A run in which nothing is wrong.
    case legal(LegalRun)

    /// All cases whose rules the checker has.
    package static var all: [SelfTestCase] { Fault.allCases.map { .fault($0) } + LegalRun.allCases.map { .legal($0) } }

    /// The case of a name.
    package init?(name: String) {
        guard let known = Self.all.first(where: { $0.name == name }) else { return nil }
        self = known
    }

    /// Its name on the command line and in the table.
    package var name: String {
        switch self {
        case .fault(let fault): fault.rawValue
        case .legal(let run): run.rawValue
        }
    }

    /// What must be reported, in a word.
    package var expectation: String {
        switch self {
        case .fault(let fault): fault.expectation
        case .legal: "pass"
        }
    }

    private var shape: Shape {
        switch self {
        case .fault(let fault): fault.shape
        case .legal(let run): run.shape
        }
    }

    private var fault: Fault? {
        if case .fault(let fault) = self { fault } else { nil }
    }

    /// A number that stands for its name (FNV-1a), the same for ever.
    var hash: UInt64 { name.utf8.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 } }

    /// How many worlds are tried for one in which the fault finds its place.
    private static let attempts = 400

    /// Makes the world of a seed.
    func world(seed: UInt64) throws(SelfTestError) -> (World, Expected, SplitMix64) {
        // The name is part of the seed, so that two cases do not run in one world.
        let own = SplitMix64(SplitMix64.mix(seed) ^ hash)
        for attempt in 0..<UInt64(Self.attempts) {
            let random = own.fork(attempt)
            var drawing = random.fork(1)
            var striking = random.fork(2)
            let plan = Plan(shape, &drawing)
            let world = World(plan, random.fork(3), Injection(fault, plan, &striking))
            world.run()
            guard let expected = world.expected() else { continue }
            if case .legal(let run) = self, !run.occurs(in: world) { continue }
            return (world, expected, random.fork(4))
        }
        throw SelfTestError(description: "\(self.name) found no place in \(Self.attempts) worlds of seed \(seed).")
    }
}

/// Why a run of the self-test could not be made.
package struct SelfTestError: Error, CustomStringConvertible {
    package let description: String
}
