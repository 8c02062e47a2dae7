import Testing

@testable import MQTT

/// The protocol's state by itself: packets in, packets and events out, no socket.
@Suite struct MachineTests {
    private func expectError(_ reason: UInt8, _ body: () throws -> Void, sourceLocation: SourceLocation = #_sourceLocation) {
        do {
            try body()
            Issue.record("Nothing was thrown.", sourceLocation: sourceLocation)
        } catch {
            #expect((error as? WireError)?.reason.rawValue == reason, "\(error)", sourceLocation: sourceLocation)
        }
    }

    // MARK: - CONNECT

    @Test func connectIsWrittenAsTheStandardSays() throws {
        let plain = MachineBench(.v311)
        plain.begin()
        #expect(plain.leave() == [0x10, 13, 0, 4, 0x4D, 0x51, 0x54, 0x54, 4, 0b10, 0, 60, 0, 1, 0x63])
        let full = MachineBench(.v5, kept: true) {
            $0.keepAlive = 5
            $0.sessionExpiry = 7
            $0.receiveMaximum = 9
            $0.maximumPacketSize = 1_000
            $0.credentials = .init(user: "u", password: "p")
            $0.will = .init(topic: "w", payload: [1, 2], qos: .exactlyOnce, retain: true)
            $0.will?.delay = 3
            $0.will?.properties = .init(contentType: "x")
        }
        full.begin()
        let properties: [UInt8] = [0x11, 0, 0, 0, 7, 0x21, 0, 9, 0x27, 0, 0, 3, 0xE8, 0x22, 0, 64]
        let will: [UInt8] = [9, 0x18, 0, 0, 0, 3, 0x03, 0, 1, 0x78, 0, 1, 0x77, 0, 2, 1, 2]
        let body: [UInt8] =
            [0, 4, 0x4D, 0x51, 0x54, 0x54, 5, 0b1111_0100, 0, 5, UInt8(properties.count)] + properties + [0, 1, 0x63] + will
            + [0, 1, 0x75, 0, 1, 0x70]
        #expect(full.leave() == [0x10, UInt8(body.count)] + body)
    }

    @Test func nothingComesBeforeConnack() {
        for first: [UInt8] in [[0x30, 2, 0, 0], [0xD0, 0], [0x40, 2, 0, 1]] {
            let bench = MachineBench()
            bench.begin()
            expectError(0x82) { try bench.take(first) }
        }
        let bench = MachineBench()
        bench.begin()
        expectError(0x81) { try bench.take([0x20, 3, 2, 0, 0]) }
    }

    // MARK: - What is received

    @Test(arguments: ProtocolVersion.allCases)
    func aMessageIsHandedOnAndAcknowledgedByItsQoS(_ version: ProtocolVersion) throws {
        let bench = MachineBench(version)
        try bench.connect()
        _ = bench.told()
        let empty: [UInt8] = version == .v5 ? [0] : []
        func publish(_ first: UInt8, _ id: [UInt8]) -> [UInt8] {
            let body = [0, 1, 0x74] + id + empty + [9]
            return [first, UInt8(body.count)] + body
        }
        try bench.take(publish(0x31, []))
        #expect(bench.told() == [.received("t", [9], Delivery(qos: .atMostOnce, retain: true, dup: false, packetID: 0))])
        #expect(bench.leave() == [])
        try bench.take(publish(0x3A, [0, 5]))
        #expect(bench.told() == [.received("t", [9], Delivery(qos: .atLeastOnce, retain: false, dup: true, packetID: 5))])
        #expect(bench.leave() == [0x40, 2, 0, 5])
        // It is acknowledged once that has left, and not before.
        #expect(bench.told() == [.acknowledged(5)])
        try bench.take(publish(0x34, [0, 6]))
        #expect(bench.told() == [.received("t", [9], Delivery(qos: .exactlyOnce, retain: false, dup: false, packetID: 6))])
        // The same again is the same message.
        try bench.take(publish(0x3C, [0, 6]))
        #expect(bench.told() == [])
        #expect(bench.leave() == [0x50, 2, 0, 6, 0x50, 2, 0, 6])
        try bench.take([0x62, 2, 0, 6])
        #expect(bench.leave() == [0x70, 2, 0, 6])
        #expect(bench.told() == [.acknowledged(6)])
        // And after PUBREL it is another.
        try bench.take(publish(0x34, [0, 6]))
        #expect(bench.told().count == 1)
    }

    /// One byte at a time, in all pieces of two, and as a whole: the events are the same.
    @Test(arguments: ProtocolVersion.allCases)
    func packetsMayComeInAnyPieces(_ version: ProtocolVersion) throws {
        let empty: [UInt8] = version == .v5 ? [0] : []
        let long = [UInt8](repeating: 1, count: 300)
        let publish: [UInt8] = [0, 1, 0x74, 0, 9] + empty + long
        let stream: [UInt8] =
            [0x32, UInt8(publish.count & 0x7F) | 0x80, UInt8(publish.count >> 7)] + publish + [
                0xD0, 0, 0x34, UInt8(6 + empty.count), 0, 1, 0x74, 0, 8,
            ]
            + empty + [3, 0x62, 2, 0, 8]
        let whole = MachineBench(version)
        try whole.connect()
        try #expect(whole.take(stream) == stream.count)
        let expected = whole.told()
        #expect(expected.count == 4)
        for cut in 1..<stream.count {
            let bench = MachineBench(version)
            try bench.connect()
            let taken = try bench.take(Array(stream[..<cut]))
            #expect(taken <= cut)
            try #expect(bench.take(Array(stream[taken...])) == stream.count - taken)
            #expect(bench.told() == expected, "cut at \(cut)")
            #expect(bench.leave() == whole.machine.output.withWaiting { Array($0) }, "cut at \(cut)")
        }
    }

    @Test func anAliasStandsForItsTopicOnThisConnection() throws {
        let bench = MachineBench(.v5)
        try bench.connect()
        try bench.take([0x30, 8, 0, 1, 0x74, 3, 0x23, 0, 2, 1])
        try bench.take([0x30, 7, 0, 0, 3, 0x23, 0, 2, 2])
        let plain = Delivery(qos: .atMostOnce, retain: false, dup: false, packetID: 0)
        #expect(bench.told().suffix(2) == [.received("t", [1], plain), .received("t", [2], plain)])
        expectError(0x82) { try bench.take([0x30, 7, 0, 0, 3, 0x23, 0, 3, 2]) }
        expectError(0x94) { try bench.take([0x30, 7, 0, 0, 3, 0x23, 0, 65, 2]) }
        bench.machine.end(keepsState: true)
        try bench.connect()
        expectError(0x82) { try bench.take([0x30, 7, 0, 0, 3, 0x23, 0, 2, 2]) }
    }

    @Test func whoWantsNoMoreGetsNoMoreOfWhatCame() throws {
        let bench = MachineBench(.v311)
        try bench.connect()
        bench.log.whenReceived = { bench.machine.isHalted = true }
        let two: [UInt8] = [0x30, 4, 0, 1, 0x74, 1, 0x30, 4, 0, 1, 0x74, 2]
        try #expect(bench.take(two) == 6)
        bench.machine.isHalted = false
        try #expect(bench.take(Array(two[6...])) == 6)
        bench.log.whenReceived = {}
    }

    // MARK: - What is wrong

    /// Each is said to be wrong, and nothing of it is handed on.
    @Test(
        arguments: [
            (.v311, [0x36, 6, 0, 1, 0x74, 0, 1, 9], 0x81, "QoS 3"),
            (.v311, [0x38, 4, 0, 1, 0x74, 9], 0x82, "DUP at QoS 0"),
            (.v311, [0x32, 6, 0, 1, 0x74, 0, 0, 9], 0x82, "packet identifier 0"),
            (.v311, [0x30, 3, 0, 1, 0x23], 0x82, "a wildcard"),
            (.v311, [0x30, 2, 0, 0], 0x82, "no topic"),
            (.v311, [0x30, 3, 0, 1, 0xFF], 0x81, "no UTF-8"),
            (.v311, [0x30, 3, 0, 1, 0], 0x81, "a null character"),
            (.v311, [0x30, 5, 0, 3, 0xED, 0xA0, 0x80], 0x81, "a surrogate"),
            (.v311, [0x30, 4, 0, 9, 0x74, 9], 0x81, "a topic beyond the packet"),
            (.v311, [0x30, 0x80, 0x80, 0x80, 0x80, 1], 0x81, "a length of five bytes"),
            (.v311, [0x30, 0x80, 0], 0x81, "a length that is too long"),
            (.v311, [0x00, 0], 0x81, "type 0"),
            (.v311, [0x41, 2, 0, 1], 0x81, "flags of PUBACK"),
            (.v311, [0x40, 3, 0, 1, 0], 0x81, "a PUBACK of 3 bytes"),
            (.v311, [0x40, 1, 0], 0x81, "a PUBACK of 1 byte"),
            (.v311, [0x40, 2, 0, 0], 0x82, "a PUBACK for 0"),
            (.v311, [0x60, 2, 0, 1], 0x81, "flags of PUBREL"),
            (.v311, [0xD0, 1, 0], 0x81, "a PINGRESP with a body"),
            (.v311, [0xE0, 0], 0x82, "DISCONNECT in 3.1.1"),
            (.v311, [0xF0, 0], 0x82, "AUTH"),
            (.v311, [0x10, 0], 0x82, "CONNECT from a broker"),
            (.v311, [0x20, 2, 0, 0], 0x82, "a second CONNACK"),
            (.v311, [0x82, 2, 0, 1], 0x82, "SUBSCRIBE from a broker"),
            (.v5, [0x30, 6, 0, 1, 0x74, 2, 0x7F, 0], 0x81, "an unknown property"),
            (.v5, [0x30, 8, 0, 1, 0x74, 4, 0x01, 1, 0x01, 1], 0x82, "a property twice"),
            (.v5, [0x30, 6, 0, 1, 0x74, 2, 0x01, 2], 0x82, "a flag of 2"),
            (.v5, [0x30, 5, 0, 1, 0x74, 9, 9], 0x81, "properties beyond the packet"),
            (.v5, [0x30, 7, 0, 1, 0x74, 3, 0x23, 0, 0], 0x82, "the alias 0"),
            (.v5, [0x30, 7, 0, 1, 0x74, 3, 0x22, 0, 1], 0x81, "a property of CONNACK in PUBLISH"),
            (.v5, [0x40, 4, 0, 1, 0, 9], 0x81, "properties beyond a PUBACK"),
        ] as [(ProtocolVersion, [UInt8], UInt8, String)])
    func whatIsNoMQTTIsRefused(_ version: ProtocolVersion, _ bytes: [UInt8], _ reason: UInt8, _ what: String) throws {
        let bench = MachineBench(version)
        try bench.connect()
        _ = bench.told()
        expectError(reason) { try bench.take(bytes) }
        #expect(bench.told() == [], "\(what)")
    }

    /// A length that nobody will send is refused when it is named, not when memory is full.
    @Test func aPacketThatIsTooLargeIsRefusedByItsHeader() throws {
        let bench = MachineBench { $0.maximumPacketSize = 100 }
        try bench.connect()
        expectError(0x95) { try bench.take([0x30, 0x7F]) }
        try #expect(bench.take([0x30, 90]) == 0)
        expectError(0x95) { try bench.take([0x90, 0xFF, 0xFF, 0xFF, 0x7F]) }
    }

    // MARK: - What is published

    @Test func eachMessageHasItsOutcome() throws {
        let bench = MachineBench(.v5)
        try bench.connect()
        _ = bench.told()
        bench.publish(qos: .atMostOnce, token: 1)
        bench.publish(qos: .atLeastOnce, token: 2)
        bench.publish(qos: .exactlyOnce, token: 3)
        bench.publish(qos: .atLeastOnce, token: 4)
        #expect(bench.machine.inFlight == 4 && bench.machine.room == 7)
        #expect(
            bench.leave() == [
                0x30, 5, 0, 1, 0x74, 0, 7, 0x32, 7, 0, 1, 0x74, 0, 1, 0, 7, 0x34, 7, 0, 1, 0x74, 0, 2, 0, 7, 0x32, 7, 0, 1, 0x74, 0, 3, 0,
                7,
            ])
        #expect(bench.told() == [.completed(1, .acked)])
        try bench.take([0x50, 2, 0, 2])
        #expect(bench.leave() == [0x62, 2, 0, 2])
        try bench.take([0x40, 3, 0, 3, 0x97])
        try bench.take([0x70, 2, 0, 2])
        try bench.take([0x40, 2, 0, 1])
        #expect(bench.told() == [.completed(4, .refused(reason: 0x97)), .completed(3, .acked), .completed(2, .acked)])
        #expect(bench.machine.inFlight == 0 && bench.machine.room == 10)
    }

    @Test func answersToNothingArePassedOverAndOthersAreErrors() throws {
        let bench = MachineBench(.v5)
        try bench.connect()
        try bench.take([0x40, 2, 0, 9])
        try bench.take([0x70, 2, 0, 9])
        try bench.take([0x90, 4, 0, 9, 0, 1])
        #expect(bench.told().dropFirst() == [] && bench.leave() == [])
        // These have to be answered, or the other side keeps the identifier.
        try bench.take([0x50, 2, 0, 9])
        try bench.take([0x62, 2, 0, 9])
        #expect(bench.leave() == [0x62, 3, 0, 9, 0x92, 0x70, 3, 0, 9, 0x92])
        bench.publish(qos: .exactlyOnce, token: 1)
        expectError(0x82) { try bench.take([0x40, 2, 0, 1]) }
    }

    /// No identifier is given twice at a time, over many more messages than there are identifiers.
    @Test func identifiersInFlightDiffer() throws {
        let bench = MachineBench(.v311, window: 50)
        try bench.connect()
        var seed: UInt64 = 17
        var open: [UInt16] = []
        for token in 0..<200_000 as Range<UInt64> {
            bench.publish(qos: .atLeastOnce, token: token)
            let bytes = bench.leave()
            let id = UInt16(bytes[5]) << 8 | UInt16(bytes[6])
            #expect(id != 0 && !open.contains(id))
            open.append(id)
            while open.count > 40 || (open.count > 1 && token % 3 == 0) {
                seed = seed &* 6_364_136_223_846_793_005 &+ 1
                let done = open.remove(at: Int(seed >> 33) % open.count)
                try bench.take([0x40, 2, UInt8(done >> 8), UInt8(done & 0xFF)])
            }
        }
        #expect(bench.machine.inFlight == open.count)
    }

    // MARK: - Sessions

    @Test func whatWasInFlightIsSentAgainInOrder() throws {
        let bench = MachineBench(.v5, kept: true)
        try bench.connect()
        bench.publish("a", qos: .atLeastOnce, token: 1)
        bench.publish("b", qos: .exactlyOnce, token: 2)
        bench.publish("c", qos: .exactlyOnce, token: 3)
        bench.publish("d", qos: .atMostOnce, token: 4)
        _ = bench.told()
        _ = bench.machine.output.withWaiting { Array($0) }
        // PUBREC of the second came; the fourth never left.
        bench.machine.left(27)
        try bench.take([0x50, 2, 0, 2])
        bench.machine.end(keepsState: true)
        #expect(bench.told() == [.completed(4, .unknown)])
        try bench.connect(present: true)
        #expect(bench.told() == [.connected(ReasonCode(rawValue: 0), true), .resending(1), .resending(2), .resending(3)])
        #expect(
            bench.leave() == [
                0x3A, 7, 0, 1, 0x61, 0, 1, 0, 7, 0x62, 2, 0, 2, 0x3C, 7, 0, 1, 0x63, 0, 3, 0, 7,
            ])
        try bench.take([0x40, 2, 0, 1, 0x70, 2, 0, 2, 0x50, 2, 0, 3, 0x70, 2, 0, 3])
        #expect(bench.told() == [.completed(1, .acked), .completed(2, .acked), .completed(3, .acked)])
        #expect(bench.machine.inFlight == 0)
    }

    /// A broker that takes less than before gets the rest as it acknowledges, and nothing new before.
    @Test func aSmallerWindowHoldsBackWhatIsSentAgain() throws {
        let bench = MachineBench(.v5, kept: true)
        try bench.connect()
        for token in 1...5 as ClosedRange<UInt64> { bench.publish(qos: .atLeastOnce, token: token) }
        _ = bench.leave()
        bench.machine.end(keepsState: true)
        _ = bench.told()
        try bench.connect(present: true, properties: [0x21, 0, 2])
        #expect(bench.told().dropFirst() == [.resending(1), .resending(2)])
        #expect(bench.machine.room == 0)
        try bench.take([0x40, 2, 0, 1])
        #expect(bench.told() == [.resending(3), .completed(1, .acked)])
        try bench.take([0x40, 2, 0, 2, 0x40, 2, 0, 3])
        #expect(bench.machine.room == 0)
        try bench.take([0x40, 2, 0, 4])
        #expect(bench.machine.room == 1)
    }

    @Test func aSessionThatIsForgottenLeavesNothing() throws {
        let bench = MachineBench(.v5, kept: true)
        try bench.connect()
        bench.publish(qos: .atLeastOnce, token: 1)
        try bench.take([0x34, 6, 0, 1, 0x74, 0, 6, 0])
        bench.machine.end(keepsState: true)
        bench.machine.forget()
        _ = bench.told()
        try bench.connect(present: false)
        // The identifier is that of another message now.
        try bench.take([0x34, 6, 0, 1, 0x74, 0, 6, 0])
        #expect(bench.told().count == 2 && bench.machine.inFlight == 0)
    }

    /// Random traffic of a kept session over many connections against a plain list of what has to be sent again.
    @Test(arguments: 1...20 as ClosedRange<UInt64>)
    func whatIsKeptIsWhatIsOpen(_ seed: UInt64) throws {
        let bench = MachineBench(.v5, kept: true, window: 30)
        var random = seed
        func next(_ bound: Int) -> Int {
            random = random &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(random >> 33) % bound
        }
        // Identifier, token, payload and whether PUBREC came.
        var open: [(id: UInt16, token: UInt64, payload: [UInt8], qos: QoS, released: Bool)] = []
        var token: UInt64 = 0
        try bench.connect()
        for _ in 0..<60 {
            for _ in 0..<next(40) {
                if next(2) == 0, bench.machine.room > 0 {
                    token += 1
                    let payload = [UInt8](repeating: UInt8(truncatingIfNeeded: token), count: next(2_000))
                    let qos: QoS = next(2) == 0 ? .atLeastOnce : .exactlyOnce
                    // What was to be sent before goes out of the way, so that the packet stands alone.
                    _ = bench.leave()
                    bench.publish("t", payload, qos: qos, token: token)
                    let bytes = bench.leave()
                    let at = bytes[1] < 0x80 ? 5 : 6
                    open.append((UInt16(bytes[at]) << 8 | UInt16(bytes[at + 1]), token, payload, qos, false))
                } else if !open.isEmpty {
                    let index = next(open.count)
                    let one = open[index]
                    let id = [UInt8(one.id >> 8), UInt8(one.id & 0xFF)]
                    switch (one.qos, one.released) {
                    case (.atLeastOnce, _): try bench.take([0x40, 2] + id)
                    case (_, false):
                        try bench.take([0x50, 2] + id)
                        open[index].released = true
                        continue
                    case (_, true): try bench.take([0x70, 2] + id)
                    }
                    open.remove(at: index)
                }
            }
            _ = bench.leave()
            bench.machine.end(keepsState: true)
            _ = bench.told()
            try bench.connect(present: true)
            var expected: [UInt8] = []
            for one in open {
                let id = [UInt8(one.id >> 8), UInt8(one.id & 0xFF)]
                if one.released {
                    expected += [0x62, 2] + id
                } else {
                    let length = 6 + one.payload.count
                    expected += [one.qos == .atLeastOnce ? 0x3A : 0x3C]
                    expected += length < 128 ? [UInt8(length)] : [UInt8(length & 0x7F) | 0x80, UInt8(length >> 7)]
                    expected += [0, 1, 0x74] + id + [0] + one.payload
                }
            }
            // The first difference is enough, and said without its thousands of bytes.
            let (isTold, isSent) = (bench.told().dropFirst() == open.map { .resending($0.token) }[...], bench.leave() == expected)
            try #require(isTold && isSent, "seed \(seed)")
        }
    }

    /// Bytes that nobody meant: an error or nothing, never more.
    @Test(arguments: 1...50 as ClosedRange<UInt64>)
    func noiseEndsInAnError(_ seed: UInt64) throws {
        var random = seed
        for _ in 0..<200 {
            let bench = MachineBench(seed % 2 == 0 ? .v5 : .v311, kept: true)
            try bench.connect()
            bench.publish(qos: .exactlyOnce, token: 1)
            var bytes: [UInt8] = []
            for _ in 0..<64 {
                random = random &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                bytes.append(UInt8(truncatingIfNeeded: random >> 40))
            }
            _ = try? bench.take(bytes)
        }
    }
}
