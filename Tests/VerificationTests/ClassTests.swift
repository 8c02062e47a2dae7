import Testing
import Verification

/// For each class the histories that yield exactly it, and their legal neighbours that pass.
@Suite struct ClassTests {
    /// What the checker must find: the classes with their counts, nothing else.
    struct Case: Sendable, CustomTestStringConvertible {
        var name: String
        var history: String
        var anomalies: [String: Int]
        var expectations: Expectations

        var testDescription: String { name }

        init(_ name: String, _ history: String, _ anomalies: [String: Int] = [:], _ expectations: Expectations = .init()) {
            self.name = name
            self.history = history
            self.anomalies = anomalies
            self.expectations = expectations
        }
    }

    @Test(arguments: delivery + duplicates + order + wrong + sessions)
    func findsExactly(_ item: Case) async throws {
        for files in [1, 2, 3] {
            let report = try await History(item.history).check(item.expectations, files: files)
            let found = Dictionary(uniqueKeysWithValues: report.anomalies.map { ($0.class, $0.count) })
            #expect(found == item.anomalies, "\(item.name) in \(files) files")
            #expect(report.verdict == (item.anomalies.isEmpty ? .pass : .violation), "\(item.name) in \(files) files: \(report.doubts)")
            #expect(report.doubts == [], "\(item.name) in \(files) files")
            for anomaly in report.anomalies {
                #expect(anomaly.witnesses.count == min(anomaly.count, Anomaly.witnessLimit))
                #expect(anomaly.witnesses.allSatisfy { !$0.events.isEmpty }, "\(item.name): \(anomaly.witnesses)")
            }
        }
    }

    @Test func defectsAreNoticed() async throws {
        let item = try #require(Self.order.first { $0.name == "resent, and its first copy came before the subscription" })
        try await Judged.check(item, killing: [.resendsKeepOrder])
    }

    static let delivery: [Case] = [
        .init("all arrive", "s sub a 1; p pub a 1; p ack 1; p pub a 1; p ack 2; s recv p/1; s recv p/2"),
        .init("acked at QoS 1 and gone", "s sub a 1; p pub a 1; p ack 1; p pub a 1; p ack 2; s recv p/2", ["lost": 1]),
        .init(
            "gone in the middle", "s sub a 1; p pub a 1; p ack 1; p pub a 1; p ack 2; p pub a 1; p ack 3; s recv p/1; s recv p/3",
            ["lost": 1]),
        .init("acked at QoS 2 and gone", "s sub a 2; p pub a 2; p ack 1; p pub a 2; p ack 2; s recv p/2", ["lost": 1]),
        .init("gone at the tail", "s sub a 1; p pub a 1; p ack 1; p pub a 1; p ack 2; s recv p/1", ["unseen": 1]),
        .init("nothing arrives", "s sub # 1; p pub a 1; p ack 1; p pub a 2; p ack 2", ["unseen": 2]),
        .init("other streams say nothing of the tail", "s sub # 2; p pub a 1; p ack 1; p pub a 2; p ack 2; s recv p/2", ["unseen": 1]),
        .init("unknown may be gone", "s sub a 1; p pub a 1; p unknown 1; p pub a 1; p pub a 1; p ack 3; s recv p/3"),
        .init("QoS 0 may be gone", "s sub a 1; p pub a 0; p ack 1; p pub a 0; p ack 2; s recv p/2"),
        .init("granted 0 may be gone", "s sub a 1 0; p pub a 1; p ack 1; p pub a 1; p ack 2; s recv p/2"),
        .init("sent before SUBACK", "p pub a 1; p ack 1; s sub a 1; p pub a 1; p ack 2; s recv p/2"),
        .init("withdrawn before it was acknowledged", "s sub a 1; p pub a 1; s unsub a; p ack 1"),
        .init("withdrawn after it was acknowledged", "s sub a 1; p pub a 1; p ack 1; s unsub a", ["unseen": 1]),
        .init("subscription refused", "s sub a 1 128; p pub a 1; p ack 1"),
        .init("$-topics are not for wildcards", "s sub # 1; s sub +/x 1; p pub $SYS/x 1; p ack 1"),
        .init("lowered by a second SUBACK", "s sub a 1; p pub a 1; p ack 1; s sub a 0; p pub a 1; p ack 2"),
        .init("raised by a second SUBACK", "s sub a 0; p pub a 1; p ack 1; s sub a 1; p pub a 1; p ack 2", ["unseen": 1]),
        .init("resent and acknowledged", "s sub a 1; p pub a 1; p resend 1; p ack 1", ["unseen": 1]),
        .init("a second attempt is another message", "s sub a 1; p pub a 1; p ack 1; p pub a 1 #1.2; p ack 1.2; s recv p/1.2", ["lost": 1]),
        .init("numbers with holes", "s sub a 1; p pub a 1 #5; p ack 5; p pub a 1 #9; p ack 9; s recv p/9", ["lost": 1]),
    ]

    static let duplicates: [Case] = [
        .init("QoS 0 twice", "s sub a 0; p pub a 0; p ack 1; s recv p/1; s recv p/1", ["duplicate-qos0": 1]),
        .init("QoS 0 three times", "s sub a 2; p pub a 0; s recv p/1; s recv p/1; s recv p/1", ["duplicate-qos0": 2]),
        .init("QoS 1 to granted 0 twice", "s sub a 0; p pub a 1; p ack 1; s recv p/1; s recv p/1", ["duplicate-qos0": 1]),
        .init("QoS 1 to granted 0 twice as it was resent", "s sub a 0; p pub a 1; p resend 1; p ack 1; s recv p/1; s recv p/1"),
        .init("QoS 2 to granted 0 twice", "s sub a 0; p pub a 2; p resend 1; p ack 1; s recv p/1; s recv p/1", ["duplicate-qos0": 1]),
        .init("QoS 1 twice", "s sub a 1; p pub a 1; p ack 1; s recv p/1; s recv p/1"),
        .init(
            "QoS 1 twice, forbidden", "s sub a 1; p pub a 1; p ack 1; s recv p/1; s recv p/1", ["redelivered": 1],
            .init(redelivery: .forbidden)),
        .init("QoS 2 twice", "s sub a 2; p pub a 2; p ack 1; s recv p/1; s recv p/1", ["duplicate-qos2": 1]),
        .init("QoS 2 twice on resend", "s sub a 2; p pub a 2; p resend 1; p ack 1; s recv p/1; s recv p/1", ["duplicate-qos2": 1]),
        .init("QoS 2 unknown twice", "s sub a 2; p pub a 2; s recv p/1; s recv p/1", ["duplicate-qos2": 1]),
        .init(
            "QoS 2 twice, late", "s sub a 2; p pub a 2; p ack 1; p pub a 2; p ack 2; s recv p/1; s recv p/2; s recv p/1",
            ["duplicate-qos2": 1]),
        .init("QoS 2 to granted 1 twice", "s sub a 1; p pub a 2; p ack 1; s recv p/1; s recv p/1"),
        .init(
            "session lost in flight, sent in two sessions",
            "s sub a 2; p pub a 2; p gone; p connect; p resend 1; p ack 1; s recv p/1; s recv p/1"),
        .init(
            "session lost in flight, three copies of two",
            "s sub a 2; p pub a 2; p gone; p connect; p resend 1; p ack 1; s recv p/1; s recv p/1; s recv p/1",
            ["duplicate-qos2": 1]),
        .init("session lost in flight, PUBCOMP of nothing", "s sub a 2; p pub a 2; p gone; p connect; p ack 1"),
        .init(
            "session kept in flight", "s sub a 2; p pub a 2; p gone; p resume; p resend 1; p ack 1; s recv p/1; s recv p/1",
            ["duplicate-qos2": 1]),
        .init("overlapping, one copy", "s sub a 2; s sub # 2; p pub a 2; p ack 1; s recv p/1"),
        .init(
            "overlapping, a copy each, not expected", "s sub a 2; s sub # 2; p pub a 2; p ack 1; s recv p/1; s recv p/1",
            ["duplicate-qos2": 1], .init(overlappingSubscriptions: .once)),
        .init("overlapping, a copy each, as MQTT allows", "s sub a 2; s sub # 2; p pub a 2; p ack 1; s recv p/1; s recv p/1"),
        .init(
            "overlapping, a copy each, expected", "s sub a 2; s sub # 2; p pub a 2; p ack 1; s recv p/1; s recv p/1", [:],
            .init(overlappingSubscriptions: .each)),
        .init(
            "overlapping, one more than each", "s sub a 2; s sub # 2; p pub a 2; p ack 1; s recv p/1; s recv p/1; s recv p/1",
            ["duplicate-qos2": 1]),
        .init(
            "overlapping at QoS 0, one more than each", "s sub a 0; s sub # 0; p pub a 0; s recv p/1; s recv p/1; s recv p/1",
            ["duplicate-qos0": 1]),
        .init(
            "overlapping, a copy each is no redelivery", "s sub a 1; s sub # 1; p pub a 1; p ack 1; s recv p/1; s recv p/1", [:],
            .init(redelivery: .forbidden)),
        .init(
            "overlapping, one more than each is one", "s sub a 1; s sub # 1; p pub a 1; p ack 1; s recv p/1; s recv p/1; s recv p/1",
            ["redelivered": 1], .init(redelivery: .forbidden)),
        .init("a copy for each, one missing", each + "s recv p/1; s recv p/2; s recv p/2", ["lost": 1], forEach),
        .init("a copy for each, the last one missing", each + "s recv p/1; s recv p/1; s recv p/2", ["unseen": 1], forEach),
        .init("a copy for each, all missing is one", each + "s recv p/2; s recv p/2", ["lost": 1], forEach),
        .init(
            "a copy for each of three, two missing", "s sub # 1; " + each + "s recv p/1; s recv p/2; s recv p/2; s recv p/2", ["lost": 2],
            forEach),
        .init("a copy for each is not expected", each + "s recv p/1; s recv p/2"),
        .init("a copy for each, by none of them", each + "s recv p/1; s recv p/1; s recv p/2; s recv p/2", [:], forEach),
        .init(
            "a copy for each, one of them at QoS 0",
            "s sub a 1; s sub # 0; p pub a 1; p ack 1; p pub a 1; p ack 2; s recv p/1 qos 1; s recv p/2 qos 1",
            [:], forEach),
        .init(
            "a copy for each, only the one at QoS 0 came",
            "s sub a 1; s sub # 0; p pub a 1; p ack 1; p pub a 1; p ack 2; s recv p/1 qos 0; s recv p/2 qos 1", ["lost": 1], forEach),
        .init(
            "a copy for each, only the one at the lesser QoS came",
            "s sub a 2; s sub # 1; p pub a 2; p ack 1; p pub a 2; p ack 2; s recv p/1 qos 1; s recv p/2 qos 2; s recv p/2 qos 1",
            ["lost": 1],
            forEach),
        .init(
            "a copy for each, all at the lesser QoS", "s sub a 2; s sub # 1; p pub a 2; p ack 1; s recv p/1 qos 1; s recv p/1 qos 1",
            ["wrong-qos": 1], forEach),
        .init(
            "a copy for each that had been subscribed to", "s sub a 1; p pub a 1; s sub # 1; p ack 1; s recv p/1", [:], forEach),
        .init("a copy for each that was not withdrawn", "s sub a 1; s sub # 1; p pub a 1; s unsub #; p ack 1; s recv p/1", [:], forEach),
        .init("a copy for each, once more on the way", "s sub a 1; s sub # 1; p pub a 1; s recv p/1", [:], forEach),
        .init(
            "a copy for each, one damaged", each + "s recv p/1; s corrupt a 1; s recv p/2; s recv p/2", ["corrupt": 1], forEach),
        .init("again in a new session", "s sub a 2; p pub a 2; s recv p/1; s gone; s connect; s sub a 2; s recv p/1; p ack 1"),
    ]

    static let forEach = Expectations(overlappingSubscriptions: .each)

    /// Two messages to a session with two filters that match.
    static let each = "s sub a 1; s sub a/# 1; p pub a 1; p ack 1; p pub a 1; p ack 2; "

    static let four = "s sub a 1; p pub a 1; p ack 1; p pub a 1; p ack 2; p pub a 1; p ack 3; p pub a 1; p ack 4; "

    /// They arrive on a connection of MQTT 3.1.1.
    static let old = "s connect kept; " + four + "s recv p/1; s recv p/2; s recv p/3; s recv p/4; "

    /// The second message arrives, then the connection breaks, and both come again.
    static let resent =
        "p pub a 1; s recv p/2; p gone; p resume; p resend 1; p resend 2; p ack 1; p ack 2; s recv p/1; s recv p/2"

    static let order: [Case] = [
        .init("1,2,3,2,3,4", four + "s recv p/1; s recv p/2; s recv p/3; s recv p/2; s recv p/3; s recv p/4"),
        .init("1,2,3,2,4", four + "s recv p/1; s recv p/2; s recv p/3; s recv p/2; s recv p/4", ["reorder": 1]),
        .init("1,2,3,2,4,3", four + "s recv p/1; s recv p/2; s recv p/3; s recv p/2; s recv p/4; s recv p/3", ["reorder": 1]),
        .init("1,2,3,2,4,3,4", four + "s recv p/1; s recv p/2; s recv p/3; s recv p/2; s recv p/4; s recv p/3; s recv p/4"),
        .init("1,2,3,4,1", four + "s recv p/1; s recv p/2; s recv p/3; s recv p/4; s recv p/1", ["reorder": 3]),
        .init("1,2,3,4,1,2,3,4", four + "s recv p/1; s recv p/2; s recv p/3; s recv p/4; s recv p/1; s recv p/2; s recv p/3; s recv p/4"),
        .init(
            "1,2,3,1,2,3,2,3,4",
            four + "s recv p/1; s recv p/2; s recv p/3; s recv p/1; s recv p/2; s recv p/3; s recv p/2; s recv p/3; s recv p/4"),
        .init("two neighbours swapped", four + "s recv p/1; s recv p/3; s recv p/2; s recv p/4", ["reorder": 1]),
        .init("one late by two", four + "s recv p/2; s recv p/3; s recv p/1; s recv p/4", ["reorder": 1]),
        .init("reversed", four + "s recv p/4; s recv p/3; s recv p/2; s recv p/1", ["reorder": 3]),
        .init("QoS 0 swapped", "s sub a 0; p pub a 0; p pub a 0; s recv p/2; s recv p/1", ["reorder": 1]),
        .init("resent, and its first copy came before the subscription", "p pub a 1; s sub a 1; " + resent),
        .init("resent, and its first copy came behind the subscription", "s sub a 1; p pub a 1; " + resent, ["reorder": 1]),
        .init(
            "resent, and its first copy came before the subscription was renewed",
            "s sub a 1; s unsub a; p pub a 1; s sub a 1; " + resent),
        .init(
            "at QoS 2 the broker knows what is resent",
            "p pub a 2; s sub a 2; p pub a 2; s recv p/2 qos 2; p gone; p resume; p resend 1; p resend 2; p ack 1; p ack 2; s recv p/1 qos 2",
            ["reorder": 1]),
        .init("QoS 2 swapped", "s sub a 2; p pub a 2; p ack 1; p pub a 2; p ack 2; s recv p/2; s recv p/1", ["reorder": 1]),
        .init("QoS 0 overtakes QoS 1", "s sub a 1; p pub a 1; p ack 1; p pub a 0; p ack 2; s recv p/2; s recv p/1"),
        .init("topics are streams of their own", "s sub # 1; p pub a 1; p ack 1; p pub b 1; p ack 2; s recv p/2; s recv p/1"),
        .init("publishers are streams of their own", "s sub a 1; p pub a 1; p ack 1; q pub a 1; q ack 1; s recv q/1; s recv p/1"),
        .init("unknown delivered late", "s sub a 1; p pub a 1; p pub a 1; p ack 2; s recv p/2; s recv p/1"),
        .init(
            "resumed and repeated in order",
            four + "s recv p/1; s recv p/2; s gone; s resume; s recv p/1; s recv p/2; s recv p/3; s recv p/4"),
        .init(
            "resumed, new before repeated", four + "s recv p/1; s gone; s resume; s recv p/3; s recv p/2; s recv p/4",
            ["reorder-after-resume": 1]),
        .init(
            "resumed, repeated in reverse",
            four + "s recv p/1; s recv p/2; s recv p/3; s gone; s resume; s recv p/3; s recv p/2; s recv p/4",
            ["reorder-after-resume": 1]),
        .init(
            "swapped long after a resume", "s sub a 1; s gone; s resume; p pub a 1; p ack 1; p pub a 1; p ack 2; s recv p/2; s recv p/1",
            ["reorder": 1]),
        .init(
            "the publisher's session ended in the middle of its resends",
            "s sub a 1; p pub a 1; p pub a 1; s recv p/1; s recv p/2; p resend 1; s recv p/1; p ack 1"),
        .init(
            "written again, and the next was acknowledged before it",
            "s sub a 1; p pub a 1; p pub a 1; s recv p/1; s recv p/2; p ack 2; p gone; p resume; p resend 1; s recv p/1; p ack 1"),
        .init(
            "written again, and the next was acknowledged behind it",
            "s sub a 1; p pub a 1; p pub a 1; s recv p/1; s recv p/2; p gone; p resume; p resend 1; s recv p/1; p ack 1; p ack 2",
            ["reorder": 1]),
        .init("sent again on a live connection, as far as PUBACKs allowed", old + "s recv p/1; s recv p/2"),
        .init(
            "sent again on a live connection of MQTT 5.0", four + "s recv p/1; s recv p/2; s recv p/3; s recv p/4; s recv p/1; s recv p/2",
            ["reorder": 2]),
        .init("again and not sent again", old + "s recv p/1 nodup; s recv p/2 nodup", ["reorder": 2]),
        .init("sent again twice after a resume", old + "s gone; s resume v3; s recv p/2; s recv p/3; s recv p/4; s recv p/2"),
        .init(
            "sent again in reverse after a resume, and once more",
            old + "s gone; s resume v3; s recv p/3; s recv p/2; s recv p/3; s recv p/4"),
        .init(
            "sent again by the publisher behind a resume in part",
            "s connect kept; s sub a 1; p pub a 1; p pub a 1; s recv p/1; s recv p/2; s gone; s resume v3; s recv p/2; "
                + "p resend 1; p resend 2; p ack 1; p ack 2; s recv p/1; s recv p/2"),
        .init(
            "not sent again after one resume but after the next",
            old + "s gone; s resume v3; s recv p/2; s gone; s resume v3; s recv p/2; s recv p/3; s recv p/4"),
        .init(
            "retained copies have no order",
            "s sub a 1; p pub a 1 retain; p ack 1; s sub a 1; p pub a 1; p ack 2; s recv p/1; s recv p/2; s recv p/1 retain"),
    ]

    static let wrong: [Case] = [
        .init("never published", "s sub a 1; p pub a 1; p ack 1; s recv p/1; s recv p/2", ["unexpected": 1]),
        .init("never published by a subscriber", "s sub a 1; t sub a 1; s recv t/1", ["unexpected": 1]),
        .init("another attempt", "s sub a 1; p pub a 1; p ack 1; s recv p/1; s recv p/1.2 on a", ["unexpected": 1]),
        .init("retained and older than the run", "s sub a 1; p pub a 1; p ack 1; s recv p/1; s recv p/77 retain"),
        .init("not of this run", "s sub a 1; s foreign a", ["unexpected": 1]),
        .init("of others who use the broker too", "s sub a 1; s stranger a; s stranger a"),
        .init("not of this run but retained", "s sub a 1; s foreign a retain"),
        .init("not of this run, retained, and not subscribed to", "s sub a 1; s foreign b retain; s foreign b retain", ["misrouted": 2]),
        .init("not of this run and not subscribed to", "s sub a/+ 1; s foreign a/b/c", ["misrouted": 1]),
        .init("of others and not subscribed to", "s sub a 1; s stranger b; s stranger a", ["misrouted": 1]),
        .init(
            "retained, older than the run, not subscribed to", "s sub a 1; p pub a 1; p ack 1; s recv p/1; s recv p/77 on b retain",
            ["misrouted": 1]),
        .init("of a subscription that was withdrawn", "s sub a 1; s unsub a; s foreign a retain"),
        .init("refused", "s sub a 1; p pub a 1; p refuse 1; s recv p/1", ["aborted-read": 1]),
        .init("refused and gone", "s sub a 1; p pub a 1; p refuse 1"),
        .init("damaged instead of whole", "s sub a 1; p pub a 1; p ack 1; p pub a 1; p ack 2; s corrupt a 1; s recv p/2", ["corrupt": 1]),
        .init("damaged at the tail", "s sub a 1; p pub a 1; p ack 1; s corrupt a 1", ["corrupt": 1]),
        .init("damaged once, gone twice", "s sub a 1; p pub a 1; p ack 1; p pub a 1; p ack 2; s corrupt a 1", ["corrupt": 1, "unseen": 1]),
        .init("damaged on another topic", "s sub # 1; p pub a 1; p ack 1; s corrupt b 1", ["corrupt": 1, "unseen": 1]),
        .init("on another topic", "s sub # 1; p pub a 1; p ack 1; s recv p/1 on b", ["misrouted": 1]),
        .init("to who did not subscribe", "s sub a 1; p pub b 1; p ack 1; s recv p/1", ["misrouted": 1]),
        .init("to who was refused", "s sub a 1 128; p pub a 1; p ack 1; s recv p/1", ["misrouted": 1]),
        .init("to who withdrew, late", "s sub a 1; p pub a 1; s unsub a; p ack 1; s recv p/1"),
    ]

    static let sessions: [Case] = [
        .init("sent while a kept session was away", "s sub a 1; s gone; p pub a 1; p ack 1; s resume; s recv p/1"),
        .init("lost while a kept session was away", "s sub a 1; s gone; p pub a 1; p ack 1; s resume", ["unseen": 1]),
        .init("sent while a clean session was away", "s sub a 1; s gone; p pub a 1; p ack 1; s connect; s sub a 1"),
        .init(
            "lost before a clean session began anew",
            "s sub a 1; p pub a 1; p ack 1; s gone; s connect; s sub a 1; p pub a 1; p ack 2; s recv p/2"),
        .init("lost in the new session", "s sub a 1; s gone; s connect; s sub a 1; p pub a 1; p ack 1", ["unseen": 1]),
        .init("the new session has no subscription yet", "s sub a 1; s gone; s connect; p pub a 1; p ack 1; s sub a 1"),
        .init("left on purpose", "s sub a 1; p pub a 1; p ack 1; s bye"),
        .init("left after the drain", "s sub a 1; p pub a 1; p ack 1; quiet; s bye", ["unseen": 1]),
        .init("misrouted into a new session", "s sub a 1; s gone; s connect; p pub a 1; p ack 1; s recv p/1", ["misrouted": 1]),
        .init("to who asked without an answer", unanswered),
        .init(
            "to who asked on the connection before",
            "s connect kept; s gone; s sub a 1 255 asked 2; s resume v3; p pub a 1; p ack 1; s recv p/1"),
        .init(
            "to who withdrew what was not answered",
            "s connect kept; s gone; s sub a 1 255 asked 2; s resume v3; s unsub a; p pub a 1; p ack 1; s recv p/1"),
        .init(
            "to who withdrew on the connection before, asked again and then surely withdrew",
            "s connect kept; s sub a 1; s unsub a; s gone; s resume v3; s sub a 1 asked; s unsub a; s sub b 1 asked; p pub a 1; p ack 1; s recv p/1",
            ["misrouted": 1]),
        .init(
            "to who withdrew on the connection before and asked again for less",
            "s connect kept; s sub a 2; s unsub a; s gone; s resume v3; s sub a 1 asked; p pub a 2; p ack 1; s recv p/1 qos 2",
            ["wrong-qos": 1]),
        .init("nobody is owed what was not answered", "s connect kept; s gone; s sub a 1 255 asked 2; s resume v3; p pub a 1; p ack 1"),
        .init(
            "to who asked for something else without an answer",
            "s connect kept; s gone; s sub b 1 255 asked 2; s resume v3; p pub a 1; p ack 1; s recv p/1", ["misrouted": 1]),
        .init(
            "asked again at QoS 0 without an answer",
            "s connect kept; s sub a 1; s gone; s sub a 0 255 asked 2; s resume v3; p pub a 1; p ack 1"),
        .init(
            "asked again at QoS 2 without an answer, which the broker may have granted at QoS 0",
            "s connect kept; s sub a 1; s gone; s sub a 2 255 asked 2; s resume v3; p pub a 1; p ack 1"),
        .init(
            "asked again without an answer after the message was acknowledged",
            "s connect kept; s sub a 1; p pub a 1; p ack 1; p pub a 1; p ack 2; s recv p/2; q connect; s gone; s sub a 2 255 asked 2; s resume v3",
            ["lost": 1]),
        .init(
            "asked again for less after the message was acknowledged",
            "s sub a 1; p pub a 1; p ack 1; p pub a 1; p ack 2; s recv p/2; q connect; s sub a 0 asked", ["lost": 1]),
        .init(
            "asked again for less before the message was acknowledged",
            "s sub a 1; p pub a 1; q connect; s sub a 0 asked; p ack 1; p pub a 0; s recv p/2"),
        .init("overtaken in a session that ended", ended + "s recv p/1; s recv p/3; s bye", ["lost": 1]),
        .init("overtaken at the beginning of a session that ended", ended + "s recv p/2; s recv p/3; s gone; s connect", ["lost": 1]),
        .init("the end of a session that ended", ended + "s recv p/1; s bye"),
        .init("overtaken in a session that was resumed before it ended", ended + "s recv p/1; s gone; s resume; s recv p/3; s bye"),
        .init("overtaken, and written again", "s sub a 1; p pub a 1; p resend 1; p pub a 1; p ack 1; p ack 2; s recv p/2; s bye"),
        .init("overtaken at QoS 0", "s sub a 0; p pub a 1; p ack 1; p pub a 1; p ack 2; s recv p/2; s bye"),
        .init("sent before the subscription", "p pub a 1; p ack 1; s sub a 1; p pub a 1; p ack 2; s recv p/2; s bye"),
    ]

    static let ended = "s sub a 1; p pub a 1; p ack 1; p pub a 1; p ack 2; p pub a 1; p ack 3; "

    static let unanswered = "s connect kept; p pub a 1; p ack 1; s recv p/1; s gone; s sub a 1 255 asked 6; s connect"

    @Test func aMissingCopyIsTold() async throws {
        let item = try #require(Self.duplicates.first { $0.name == "a copy for each, one missing" })
        try await Judged.check(item, killing: [.oneCopyOfEachWillDo])
        let report = try await History(item.history).check(item.expectations)
        #expect(
            report.anomalies.first?.witnesses.first?.sentence
                == "a message 1 of p (QoS 1, acknowledged) reached s once, and 2 of its filters match: a copy for each is expected.")
        #expect(report.totals.due == 4 && report.totals.delivered + report.totals.repeated + report.totals.lost == 4)
        let moving = try await History(item.history + "; restless").check(item.expectations)
        #expect(moving.verdict == .inconclusive && moving.anomalies.isEmpty, "\(moving.counts) \(moving.doubts)")
    }

    @Test func whatIsAllowedIsNeeded() async throws {
        let unanswered = try #require(Self.sessions.first { $0.history == Self.unanswered })
        try await Judged.check(unanswered, killing: [.unansweredIsUnasked])
        let again = try #require(Self.order.first { $0.name.hasPrefix("sent again on a live connection, ") })
        try await Judged.check(again, killing: [.liveResendsKeepOrder])
        let first = try #require(Self.order.first { $0.name == "written again, and the next was acknowledged before it" })
        try await Judged.check(first, killing: [.acknowledgementsHaveOrder])
        let overtaken = try #require(Self.sessions.first { $0.name == "overtaken in a session that ended" })
        try await Judged.check(overtaken, killing: [.endedSessionsLoseNothing])
    }

    @Test func copiesOfSeveralQoSHaveNoOrderAmongThem() async throws {
        let history = History(
            "s sub a 2; s sub # 1; p pub a 2; p pub a 2; p ack 1; p ack 2; s recv p/2 qos 2; s recv p/1 qos 1; s recv p/1 qos 2; s recv p/2 qos 1"
        )
        #expect(try await history.check(.init(overlappingSubscriptions: .each)).verdict == .pass)
        let broken = try await history.check(.init(overlappingSubscriptions: .each), mutant: .ordersAcrossQoS)
        #expect(broken.anomalies.map(\.class) == ["reorder"])
    }
}
