import Causality
import Testing

@Suite struct DependencyStampTests {
    /// The plain form: a dictionary. Topics as bytes, since two texts that `String` takes for equal are two topics.
    private struct Pair: Hashable {
        var topic: [UInt8]
        var publisher: PublisherID
    }

    private static let topics = ["a", "a/b", "a/bc", "b", "\u{E9}", "e\u{301}", String(repeating: "x", count: 40), "\u{1F600}"]

    private func randomCounts(_ random: inout SeededGenerator) -> [Pair: (topic: String, count: UInt64)] {
        var counts: [Pair: (topic: String, count: UInt64)] = [:]
        for _ in 0..<Int.random(in: 0...8, using: &random) {
            let topic = Self.topics.randomElement(using: &random)!
            let publisher = PublisherID(process: .random(in: 0...2, using: &random), incarnation: .random(in: 0...1, using: &random))
            counts[Pair(topic: bytes(topic), publisher: publisher)] = (topic, .random(in: 1...3, using: &random))
        }
        return counts
    }

    private func stamp(_ counts: [Pair: (topic: String, count: UInt64)]) -> DependencyStamp {
        DependencyStamp(counts.map { DependencyStamp.Entry(topic: $1.topic, publisher: $0.publisher, count: $1.count) })
    }

    @Test(arguments: 0..<200 as Range<UInt64>)
    func agreesWithDictionaries(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<50 {
            let (a, b) = (randomCounts(&random), randomCounts(&random))
            var merged = stamp(a)
            merged.merge(stamp(b))
            #expect(merged == stamp(a.merging(b) { $0.count < $1.count ? $1 : $0 }), "seed \(seed): \(stamp(a)) and \(stamp(b))")
            let isAscending = zip(merged.entries, merged.entries.dropFirst()).allSatisfy {
                (bytes($0.topic), $0.publisher) < (bytes($1.topic), $1.publisher)
            }
            #expect(isAscending, "seed \(seed): \(merged)")
            let isLess = a.allSatisfy { $1.count <= (b[$0]?.count ?? 0) }
            let isGreater = b.allSatisfy { $1.count <= (a[$0]?.count ?? 0) }
            let order: CausalOrder = isLess ? (isGreater ? .equal : .before) : isGreater ? .after : .concurrent
            #expect(stamp(a).compared(to: stamp(b)) == order, "seed \(seed): \(stamp(a)) and \(stamp(b))")
            for (pair, value) in b {
                #expect(stamp(a)[pair.publisher, value.topic] == a[pair]?.count ?? 0, "seed \(seed): \(value.topic) of \(stamp(a))")
            }
            let own = PublisherID(process: 1, incarnation: 0)
            var others = stamp(a)
            others.merge(stamp(b), except: own)
            let expected = a.merging(b.filter { $0.key.publisher != own }) { $0.count < $1.count ? $1 : $0 }
            #expect(others == stamp(expected), "seed \(seed): \(stamp(a)) and \(stamp(b))")
        }
    }

    @Test func publisherKnowsItsOwnCountsBest() {
        let me = PublisherID(process: 4, incarnation: 0)
        var publisher = CausalPublisher(me)
        #expect(publisher.publish(to: "a").description == "{a 4: 1}")
        publisher.processed(
            DependencyStamp([
                .init(topic: "a", publisher: me, count: .max), .init(topic: "b", publisher: .init(process: 4, incarnation: 2), count: 7),
            ]))
        #expect(publisher.publish(to: "a").description == "{a 4: 2, b 4.2: 7}")
        #expect(publisher.past == publisher.publish(to: "c").withoutTopic("c"))
    }

    @Test func vectorTimestampSumsTopicsAndIncarnations() {
        let stamp = DependencyStamp([
            .init(topic: "b", publisher: .init(process: 9, incarnation: 0), count: 2),
            .init(topic: "a", publisher: .init(process: 9, incarnation: 1), count: 3),
            .init(topic: "a", publisher: .init(process: 2, incarnation: 0), count: .max),
            .init(topic: "b", publisher: .init(process: 2, incarnation: 0), count: 1),
        ])
        #expect(stamp.vectorTimestamp == VectorTimestamp([.init(process: 9, count: 5), .init(process: 2, count: .max)]))
    }
}

extension DependencyStamp {
    fileprivate func withoutTopic(_ topic: String) -> DependencyStamp { DependencyStamp(entries.filter { $0.topic != topic }) }
}

private func < (left: ([UInt8], PublisherID), right: ([UInt8], PublisherID)) -> Bool {
    left.0 == right.0 ? left.1 < right.1 : left.0.lexicographicallyPrecedes(right.0)
}

@Suite struct DependencyStampWireFormTests {
    private static let topics = ["a", "a/b", "a/bc", "b", "\u{E9}", "e\u{301}", String(repeating: "x", count: 300), "$s/\u{1F600}"]

    private func randomStamp(_ random: inout SeededGenerator) -> DependencyStamp {
        DependencyStamp(
            (0..<Int.random(in: 0...8, using: &random)).map { _ in
                let process = UInt32(truncatingIfNeeded: random.next() >> UInt64.random(in: 32...63, using: &random))
                let incarnation = Bool.random(using: &random) ? 0 : UInt32(truncatingIfNeeded: random.next())
                return .init(
                    topic: Self.topics.randomElement(using: &random)!, publisher: .init(process: process, incarnation: incarnation),
                    count: max(1, random.next() >> UInt64.random(in: 0...63, using: &random)))
            })
    }

    @Test(arguments: 0..<300 as Range<UInt64>)
    func comesBackAndIsRefusedWhenCut(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let stamp = randomStamp(&random)
        var bytes: [UInt8] = [0xAA]
        stamp.encode(into: &bytes)
        #expect(bytes.count == 1 + stamp.encodedLength, "seed \(seed): \(stamp)")
        bytes.append(0xBB)
        var offset = 1
        #expect(DependencyStamp.decode(bytes.span, at: &offset) == stamp, "seed \(seed): \(stamp)")
        #expect(offset == bytes.count - 1, "seed \(seed): \(stamp)")
        for length in 1..<bytes.count - 1 {
            var start = 1
            #expect(DependencyStamp.decode(bytes.span.extracting(0..<length), at: &start) == nil, "seed \(seed), \(length) of \(bytes)")
        }
    }

    @Test func sharesWhatTopicsHaveInCommon() {
        var bytes: [UInt8] = []
        DependencyStamp([
            .init(topic: "a/c", publisher: .init(process: 9, incarnation: 0), count: 300),
            .init(topic: "a/b", publisher: .init(process: 2, incarnation: 0), count: 1),
            .init(topic: "a/b", publisher: .init(process: 2, incarnation: 5), count: 3),
            .init(topic: "a/b", publisher: .init(process: 4, incarnation: 0), count: 2),
        ]).encode(into: &bytes)
        #expect(bytes == [2, 0, 3] + Array("a/b".utf8) + [3, 4, 1, 1, 5, 3, 4, 2, 2, 1] + Array("c".utf8) + [1, 18, 0xAC, 0x02])
    }

    /// The bytes that docs/model.md shows.
    @Test func readsTheExample() {
        let bytes: [UInt8] = [0x01, 0x00, 0x03, 0x61, 0x2F, 0x62, 0x02, 0x04, 0x01, 0x05, 0x02, 0x03]
        var offset = 0
        #expect(DependencyStamp.decode(bytes.span, at: &offset)?.description == "{a/b 2: 1, a/b 4.2: 3}")
    }

    /// The size that docs/model.md names: four services, each with the ten vendors of the shop and three kinds of event.
    @Test func sizeOfTheExample() {
        let vendors = ["car/bmw", "car/toyota", "car/honda", "car/subaru", "appliances/lg", "appliances/sony", "appliances/panasonic"]
        let services = ["order", "packaging", "shipping", "notification"]
        var stamp = DependencyStamp()
        for (number, service) in services.enumerated() {
            for vendor in vendors + ["3c/apple", "3c/hp", "3c/bestbuy"] {
                for kind in ["request", "status", "failed"] {
                    let to = services[(number + 1) % 4]
                    stamp[PublisherID(process: UInt32(number), incarnation: 0), "shop/\(service)/\(to)/\(vendor)/\(kind)"] = 1000
                }
            }
        }
        #expect(stamp.entries.count == 120)
        #expect(stamp.encodedLength == 1870, "docs/model.md says how many")
    }

    /// Whatever the bytes are: no trap, and what is read can be written again.
    @Test(arguments: 0..<300 as Range<UInt64>)
    func mutatedBytesNeverMakeABadStamp(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<100 {
            var bytes: [UInt8] = []
            randomStamp(&random).encode(into: &bytes)
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            var offset = 0
            guard let stamp = DependencyStamp.decode(bytes.span, at: &offset) else { continue }
            #expect(offset <= bytes.count, "seed \(seed): \(bytes)")
            #expect(stamp == DependencyStamp(stamp.entries), "seed \(seed): \(bytes)")
            #expect(stamp.entries.allSatisfy { $0.count > 0 && !$0.topic.isEmpty && !$0.topic.utf8.contains(0) }, "seed \(seed): \(bytes)")
            var again: [UInt8] = []
            stamp.encode(into: &again)
            var end = 0
            #expect(DependencyStamp.decode(again.span, at: &end) == stamp, "seed \(seed): \(bytes)")
        }
    }

    @Test(arguments: 0..<200 as Range<UInt64>)
    func noiseIsNoTrap(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<200 {
            let bytes = (0..<Int.random(in: 0...40, using: &random)).map { _ in
                Bool.random(using: &random) ? UInt8.random(in: 0...4, using: &random) : UInt8.random(in: 0...255, using: &random)
            }
            var offset = 0
            _ = DependencyStamp.decode(bytes.span, at: &offset)
            #expect(offset <= bytes.count, "seed \(seed): \(bytes)")
        }
    }

    @Test(
        arguments: [
            ([], "nothing"), ([1, 0, 1, 0x61, 0], "no publisher"), ([1, 0, 1, 0x61, 1, 2, 0], "a count of 0"),
            ([1, 0, 0, 1, 2, 1], "an empty topic"), ([1, 0, 1, 0x23, 1, 2, 1], "a wildcard"), ([1, 0, 1, 0, 1, 2, 1], "a null character"),
            ([1, 0, 1, 0xFF, 1, 2, 1], "no UTF-8"), ([1, 1, 1, 0x61, 1, 2, 1], "a common part with nothing"),
            ([2, 0, 1, 0x62, 1, 2, 1, 0, 1, 0x61, 1, 2, 1], "topics that descend"),
            ([2, 0, 1, 0x61, 1, 2, 1, 1, 0, 1, 2, 1], "the same topic twice"),
            ([2, 0, 1, 0x61, 1, 2, 1, 0, 1, 0x61, 1, 2, 1], "the same topic twice, in full"),
            ([1, 0, 1, 0x61, 2, 2, 1, 0, 1], "the same publisher twice"),
            ([1, 0, 1, 0x61, 1, 3, 0, 1], "an incarnation 0 that is written"),
            ([1, 0, 1, 0x61, 2, 3, 5, 1, 1, 4, 1], "incarnations that descend"),
            ([1, 0, 1, 0x61, 1, 0x80, 0x80, 0x80, 0x80, 0x20, 1], "a process above 32 bits"),
            ([1, 0, 1, 0x61, 2, 0xFE, 0xFF, 0xFF, 0xFF, 0x1F, 1, 2, 1], "a process that overflows by its distance"),
            ([0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01, 0, 1, 0x61, 1, 2, 1], "more topics than bytes"),
            ([1, 0, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01, 0x61, 1, 2, 1], "a topic longer than the bytes"),
        ] as [([UInt8], String)])
    func refuses(bytes: [UInt8], what: String) {
        var offset = 0
        #expect(DependencyStamp.decode(bytes.span, at: &offset) == nil, "\(what)")
    }

    /// A few bytes a topic that stand for tens of thousands: refused where it gets too much, not built.
    @Test func boundsWhatTopicsTakeTogether() {
        func decode(_ bytes: [UInt8]) -> DependencyStamp? {
            var offset = 0
            return DependencyStamp.decode(bytes.span, at: &offset)
        }
        var many: [UInt8] = []
        Varint.append(18, to: &many)
        for number in 0..<18 as Range<UInt8> {
            Varint.append(number == 0 ? 0 : 60_000, to: &many)
            let rest = number == 0 ? [UInt8](repeating: 0x61, count: 60_000) + [0x61] : [0x61 + number]
            Varint.append(UInt64(rest.count), to: &many)
            many += rest + [1, 2, 1]
        }
        #expect(DependencyStamp.greatestTopicBytes / 60_001 == 17)
        #expect(decode(many) == nil)
        many[0] = 17
        #expect(decode(many)?.entries.count == 17)
    }

    @Test func refusesATopicThatMQTTCannotCarry() {
        for (length, fits) in [(65_535, true), (65_536, false)] {
            var bytes: [UInt8] = [1, 0]
            Varint.append(UInt64(length), to: &bytes)
            bytes += [UInt8](repeating: 0x61, count: length) + [1, 2, 1]
            var offset = 0
            #expect((DependencyStamp.decode(bytes.span, at: &offset) != nil) == fits, "\(length) bytes")
        }
    }
}
