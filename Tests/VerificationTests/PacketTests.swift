import Foundation
import Testing

@testable import Verification

/// Checks histories in one, two and three files, and with a defect of the checker that must make a difference.
enum Judged {
    static func check(_ item: ClassTests.Case, killing mutants: [Mutant] = [], files: ClosedRange<Int> = 1...3) async throws {
        for count in files {
            let report = try await History(item.history).check(item.expectations, files: count)
            let found = Dictionary(uniqueKeysWithValues: report.anomalies.map { ($0.class, $0.count) })
            #expect(found == item.anomalies, "\(item.name) in \(count) files")
            #expect(report.verdict == (item.anomalies.isEmpty ? .pass : .violation), "\(item.name) in \(count) files: \(report.doubts)")
            #expect(report.doubts == [], "\(item.name) in \(count) files")
            for witness in report.anomalies.flatMap(\.witnesses) {
                #expect(!witness.events.isEmpty && witness.sentence.hasSuffix("."), "\(item.name): \(witness)")
            }
            for mutant in mutants {
                let blind = try await History(item.history).check(item.expectations, files: count, mutant: mutant)
                #expect(
                    Dictionary(uniqueKeysWithValues: blind.anomalies.map { ($0.class, $0.count) }) != item.anomalies,
                    "\(item.name): nobody notices \(mutant)")
            }
        }
    }
}

/// DUP flags, packet identifiers and the order of PUBACKs.
@Suite struct PacketTests {
    typealias Case = ClassTests.Case

    @Test(arguments: dup + resends + identifiers + acknowledgements)
    func findsExactly(_ item: Case) async throws {
        try await Judged.check(item)
    }

    @Test(arguments: [
        (Mutant.forgetsPacketsOnResume, "acrossResume"), (.trustsFirstDup, "first"), (.takesVersion5ForVersion3, "live"),
        (.acknowledgementFreesAll, "in flight"), (.comparesWithLastAcknowledgement, "3, 1, 2"),
    ])
    func defectsAreNoticed(_ mutant: Mutant, name: String) async throws {
        let item = try #require((Self.dup + Self.resends + Self.identifiers + Self.acknowledgements).first { $0.name.hasPrefix(name) })
        try await Judged.check(item, killing: [mutant])
    }

    static let one = "s sub a 1; p pub a 1; p ack 1; "

    static let dup: [Case] = [
        .init("again with DUP", one + "s connect kept; s sub a 1; p pub a 1; p ack 2; s recv p/2 id 5 nodup; s recv p/2 id 5 dup"),
        .init("again without DUP", one + "s recv p/1 id 5 nodup; s recv p/1 id 5 nodup", ["dup-flag-missing": 1]),
        .init(
            "twice again without DUP", one + "s recv p/1 id 5 nodup; s recv p/1 id 5 nodup; s recv p/1 id 5 nodup", ["dup-flag-missing": 2]),
        .init("acrossResume, without DUP", one + "s recv p/1 id 5 nodup; s gone; s resume; s recv p/1 id 5 nodup", ["dup-flag-missing": 1]),
        .init("across a resume, with DUP", one + "s recv p/1 id 5 nodup; s gone; s resume; s recv p/1 id 5 dup"),
        .init("again, DUP not shown", one + "s recv p/1 id 5; s recv p/1 id 5"),
        .init("again, then DUP shown", one + "s recv p/1 id 5; s recv p/1 id 5 nodup", ["dup-flag-missing": 1]),
        .init("as another packet", one + "s recv p/1 id 5 nodup; s recv p/1 id 6 nodup"),
        .init("behind others in order", two + "s recv p/1 id 5 nodup; s recv p/2 id 6 dup", ["dup-flag-forged": 1]),
        .init("in a new session", one + "s recv p/1 id 5 nodup; s gone; s connect; s sub a 1; s recv p/1 id 5 nodup"),
        .init("as its publisher sent it twice", "s sub a 1; p pub a 1; p resend 1; p ack 1; s recv p/1 id 5 nodup; s recv p/1 id 5 nodup"),
        .init(
            "as its publisher sent it twice, but in flight",
            "s sub a 1; p pub a 1; p resend 1; p ack 1; s recv p/1 id 5 nodup; s recv p/1 id 5 nodup; s done 5", ["dup-flag-missing": 1]),
        .init("by two subscriptions", "s sub a 1; s sub # 1; p pub a 1; p ack 1; s recv p/1 id 5 nodup; s recv p/1 id 5 nodup"),
        .init(
            "at QoS 2 it is a duplicate", "s sub a 2; p pub a 2; p ack 1; s recv p/1 qos 2 id 5 nodup; s recv p/1 qos 2 id 5 nodup",
            ["duplicate-qos2": 1]),
        .init(
            "its identifier had another message since",
            "s sub a 1; p pub a 1; p ack 1; p pub a 1; p ack 2; s recv p/1 id 5 nodup; s recv p/2 id 5 nodup; s recv p/1 id 5 nodup; s recv p/2 id 6 nodup"
        ),
        .init("DUP at QoS 0", "s sub a 0; p pub a 0; p ack 1; s recv p/1 qos 0 dup", ["dup-flag-forged": 1]),
        .init("first copy with DUP", one + "s recv p/1 id 5 dup", ["dup-flag-forged": 1]),
        .init("first copy with DUP, resumed", "s sub a 1; p pub a 1; p ack 1; s gone; s resume; s recv p/1 id 5 dup"),
        .init(
            "first copy with DUP, sent since the resume", "s sub a 1; s gone; s resume; p pub a 1; p ack 1; s recv p/1 id 5 dup",
            ["dup-flag-forged": 1]),
        .init("with DUP after what could not be read", one + "s corrupt a 1; s recv p/1 id 1 dup", ["corrupt": 1]),
        .init("new identifier with DUP", one + "s recv p/1 id 5 nodup; s recv p/1 id 6 dup", ["dup-flag-forged": 1]),
        .init("with DUP in a group", "s sub $share/g/a 1; p pub a 1; p ack 1; s recv p/1 id 5 dup"),
    ]

    static let resends: [Case] = [
        .init("live resend in MQTT 5.0", one + "s recv p/1 id 5 nodup; s recv p/1 id 5 dup", ["illegal-resend": 1]),
        .init("legal in MQTT 3.1.1", "s connect kept; " + one + "s recv p/1 id 5 nodup; s recv p/1 id 5 dup"),
        .init("resent on the next connection", one + "s recv p/1 id 5 nodup; s gone; s resume; s recv p/1 id 5 dup"),
        .init(
            "resent twice, the second time live", one + "s recv p/1 id 5 nodup; s gone; s resume; s recv p/1 id 5 dup; s recv p/1 id 5 dup",
            ["illegal-resend": 1]),
    ]

    static let two = "s sub a 1; p pub a 1; p ack 1; p pub a 1; p ack 2; "

    static let identifiers: [Case] = [
        .init("acknowledged, then free", two + "s recv p/1 id 5; s done 5; s recv p/2 id 5; s done 5"),
        .init("in flight and taken by another", two + "s recv p/1 id 5; s done 4; s recv p/2 id 5; s done 5", ["id-collision": 1]),
        .init("who never acknowledges says nothing", two + "s recv p/1 id 5; s recv p/2 id 5"),
        .init("in flight across a resume", two + "s recv p/1 id 5; s gone; s resume; s recv p/2 id 5; s done 5", ["id-collision": 1]),
        .init("a new session has new identifiers", two + "s recv p/1 id 5; s gone; s connect; s sub a 1; s recv p/2 id 5; s done 5"),
        .init(
            "the same message is no other", two + "s recv p/1 id 5; s recv p/1 id 5 dup; s done 5; s recv p/2 id 5; s done 5",
            ["illegal-resend": 1]),
        .init(
            "sent again before the broker read the acknowledgement, which frees it",
            "s connect kept; " + two + "s recv p/1 id 5 nodup; s done 5; s recv p/1 id 5 dup; s gone; s resume v3; s recv p/2 id 5 nodup"),
        .init(
            "sent again before it was acknowledged",
            "s connect kept; " + two + "s recv p/1 id 5 nodup; s recv p/1 id 5 dup; s recv p/2 id 5 nodup; s done 5",
            ["id-collision": 1]),
        .init(
            "a will is another",
            "s sub a 1; s sub w 1; p will w 1; p pub a 1; p ack 1; p gone; s recv p/1 id 5; s recv p/900 on w id 5; s done 5",
            ["id-collision": 1]),
        .init("QoS 0 has none", "s sub a 1; p pub a 1; p pub a 0; p ack 1; s recv p/1 id 5; s recv p/2 qos 0; s done 5"),
    ]

    static let three = "p pub a 1; p pub a 1; p pub b 1; "

    private static let kept = Expectations(acknowledgementOrder: .kept)

    static let acknowledgements: [Case] = [
        .init("as MQTT leaves it to brokers", three + "p ack 3; p ack 1; p ack 2"),
        .init("1, 2, 3", three + "p ack 1; p ack 2; p ack 3", [:], kept),
        .init("1, 3, 2", three + "p ack 1; p ack 3; p ack 2", ["ack-order": 1], kept),
        .init("3, 1, 2", three + "p ack 3; p ack 1; p ack 2", ["ack-order": 2], kept),
        .init("one never", three + "p ack 1; p ack 3; p unknown 2", [:], kept),
        .init("one refused late", three + "p ack 1; p ack 3; p refuse 2", [:], kept),
        .init("QoS 2 has an order of its own", "p pub a 2; p pub a 1; p pub a 2; p ack 2; p ack 3; p ack 1", [:], kept),
        .init(
            "resent after a resume, in order",
            three + "p ack 1; p gone; p resume; p resend 2; p resend 3; p pub a 1; p ack 2; p ack 3; p ack 4", [:], kept),
        .init(
            "resent after a resume, swapped", three + "p ack 1; p gone; p resume; p resend 2; p resend 3; p ack 3; p ack 2",
            ["ack-order": 1], kept),
        .init(
            "resent behind a new one", three + "p ack 1; p gone; p resume; p pub a 1; p resend 2; p resend 3; p ack 4; p ack 2; p ack 3",
            [:], kept),
        .init("written twice on one connection", three + "p resend 1; p ack 2; p ack 3; p ack 1", [:], kept),
        .init("of a connection before", three + "p ack 3; p gone; p resume; p pub a 1; p ack 4; p ack 1", [:], kept),
    ]
}
