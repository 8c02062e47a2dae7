import Testing

@testable import Verification

/// For each class of workflows the histories that yield exactly it, and their legal neighbours that pass.
@Suite struct WorkflowTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var name: String
        var history: String
        var anomalies: [String: Int]

        var testDescription: String { name }

        init(_ name: String, _ history: String, _ anomalies: [String: Int] = [:]) {
            self.name = name
            self.history = history
            self.anomalies = anomalies
        }
    }

    @Test(arguments: states + causes + amounts + counters)
    func findsExactly(_ item: Case) async throws {
        for files in [1, 2, 3] {
            let report = try await WorkflowHistory(item.history).check(.shop, files: files)
            #expect(report.counts == item.anomalies, "\(item.name) in \(files) files")
            #expect(report.verdict == (item.anomalies.isEmpty ? .pass : .violation), "\(item.name) in \(files) files: \(report.doubts)")
            #expect(report.doubts == [], "\(item.name) in \(files) files")
            for witness in report.anomalies.flatMap(\.witnesses) {
                #expect((1...3).contains(witness.events.count) && witness.sentence.hasSuffix("."), "\(item.name): \(witness)")
            }
        }
    }

    /// An order from one service to the next, each told by a message.
    static let whole =
        "shop is 1 placed; shop pub; pack recv shop/1; pack is 1 reserved; pack is 1 packed; pack pub; ship recv pack/1; ship is 1 shipped; "

    static let states: [Case] = [
        .init("a whole order", whole),
        .init("another end", "shop is 1 placed; shop is 1 rejected; shop is 1 refunded"),
        .init("two orders", whole + "shop is 2 placed; shop is 2 rejected; shop is 2 refunded"),
        .init("stuck at the beginning", "shop is 1 placed", ["stuck": 1]),
        .init(
            "stuck on the way", "shop is 1 placed; shop is 1 reserved; shop is 2 placed; shop is 2 rejected; shop is 2 refunded",
            ["stuck": 1]),
        .init(
            "two ends",
            "shop is 1 placed; shop is 1 reserved; shop is 1 packed; shop is 1 refunded; shop pub; ship recv shop/1; ship is 1 shipped",
            ["double-terminal": 1]),
        .init(
            "two ends at one place",
            "ship is 1 placed; ship is 1 reserved; ship is 1 packed; ship is 1 refunded; ship is 1 shipped", ["double-terminal": 1]),
        .init(
            "done twice at one place", "shop is 1 placed; shop is 1 rejected; shop is 1 rejected; shop is 1 refunded", ["double-effect": 1]),
        .init(
            "done twice at two places",
            "shop is 1 placed; shop pub; shop pub; pack recv shop/1; pack is 1 reserved; pack2 recv shop/2; pack2 is 1 reserved; "
                + "pack is 1 packed; pack is 1 refunded", ["double-effect": 1]),
        .init(
            "done three times", "shop is 1 placed; shop is 1 placed; shop is 1 placed; shop is 1 rejected; shop is 1 refunded",
            ["double-effect": 2]),
        .init("ended twice alike", "shop is 1 placed; shop is 1 rejected; shop is 1 refunded; shop is 1 refunded", ["double-effect": 1]),
        .init("there and back", "post is 1 here of parcel; post is 1 there of parcel; post is 1 here of parcel; post is 1 gone of parcel"),
        .init(
            "of one name in two machines",
            "post is 1 here of parcel; post is 1 gone of parcel; post is 1 placed; post is 1 rejected; post is 1 refunded"),
        .init("out of nothing", "shop is 1 rejected; shop is 1 refunded", ["orphan-event": 1]),
        .init("one left out", "shop is 1 placed; shop is 1 packed; shop is 1 refunded", ["orphan-event": 1]),
        .init(
            "a state that nobody knows", "shop is 1 placed; shop is 1 frozen; shop is 1 rejected; shop is 1 refunded", ["orphan-event": 1]),
        .init(
            "by who may not", "shop is 1 placed; shop is 1 reserved; shop is 1 packed; shop is 1 shipped", ["orphan-event": 1]),
        .init("of another order", "shop is 1 placed; shop is 1 rejected; shop is 1 refunded; shop is 2 refunded", ["orphan-event": 1]),
    ]

    static let causes: [Case] = [
        .init("told by who was told", "shop is 1 placed; shop pub; b recv shop/1; b pub; c recv b/1; c is 1 rejected; c is 1 refunded"),
        .init(
            "told by way of many",
            "shop is 1 placed; shop pub; b recv shop/1; b pub; c recv b/1; c pub; d recv c/1; d pub; e recv d/1; e is 1 rejected; e is 1 refunded"
        ),
        .init("not told", "shop is 1 placed; pack is 1 rejected; pack is 1 refunded", ["causality-broken": 1]),
        .init(
            "told too early", "shop pub; shop is 1 placed; pack recv shop/1; pack is 1 rejected; pack is 1 refunded",
            ["causality-broken": 1]),
        .init(
            "told later", "shop is 1 placed; shop pub; pack is 1 rejected; pack recv shop/1; pack is 1 refunded", ["causality-broken": 1]),
        .init(
            "first by the clock only",
            "at 5000; shop is 1 placed; shop pub; at 2000; pack recv shop/1; pack is 1 rejected; pack is 1 refunded"),
        .init(
            "before it in its own trace", "shop is 1 rejected; shop is 1 placed; shop is 1 refunded", ["causality-broken": 1]),
        .init(
            "delivered and not yet out of the inbox",
            "shop is 1 placed; shop pub; pack recv shop/1; pack is 1 rejected; pack proc shop/1; pack is 1 refunded",
            ["causality-broken": 1]),
        .init("out of the inbox", "shop is 1 placed; shop pub; pack recv shop/1; pack proc shop/1; pack is 1 rejected; pack is 1 refunded"),
        .init(
            "one of two causes will do",
            "shop is 1 placed; shop is 1 reserved; shop is 1 packed; shop pub; pay recv shop/1; web is 2 placed; pay is 1 refunded; web is 2 rejected; web is 2 refunded"
        ),
    ]

    static let amounts: [Case] = [
        .init("what is there", "pack move 5 apple - on_hand; pack move 5 apple on_hand reserved; pack move 5 apple reserved shipped"),
        .init("one too many", "pack move 5 apple - on_hand; pack move 6 apple on_hand reserved", ["oversold": 1]),
        .init(
            "one too many, and filled up", "pack move 5 apple - on_hand; pack move 6 apple on_hand reserved; pack move 5 apple - on_hand",
            ["oversold": 1]),
        .init(
            "sold twice over",
            "pack move 1 apple - on_hand; pack move 1 apple on_hand reserved; pack move 1 apple on_hand reserved; pack move 1 apple on_hand reserved",
            ["oversold": 2]),
        .init("another item has enough", "pack move 5 apple - on_hand; pack move 1 pear on_hand reserved", ["oversold": 1]),
        .init(
            "kept by two, enough in all",
            "pack move 5 apple - on_hand; pack move 5 apple on_hand reserved; ship move 5 apple reserved shipped"),
        .init(
            "kept by two, not enough in all",
            "pack move 5 apple - on_hand; pack move 4 apple on_hand reserved; ship move 5 apple reserved shipped",
            ["oversold": 1]),
        .init("may fall below zero", "bank move 5 gold debt safe of gold; bank move 5 gold safe - of gold"),
        .init("may leave, but not below zero", "bank move 5 gold - safe of gold; bank move 6 gold safe - of gold", ["oversold": 1]),
        .init("nothing of it leaves", "pack move 5 apple - on_hand; pack move 1 apple on_hand -", ["stock-drift": 1]),
        .init("to nobody knows where", "pack move 5 apple - on_hand; pack move 1 apple on_hand lost", ["stock-drift": 1]),
        .init("from nobody knows where", "pack move 5 apple attic on_hand", ["stock-drift": 1]),
        .init(
            "very much",
            "pack move 18446744073709551615 apple - on_hand; pack move 18446744073709551615 apple - on_hand; pack move 1 apple on_hand shipped"
        ),
        .init("nothing at all", "pack move 0 apple on_hand reserved"),
    ]

    static let counters: [Case] = [
        .init(
            "all counters are right",
            whole + "shop is 2 placed; shop is 2 rejected; shop is 2 refunded; shop count order/placed 0; ship count order/shipped 1; "
                + "shop count order/refunded 1; pack move 5 a/b - on_hand; pack move 2 a/b on_hand shipped; pack count stock/a/b/on_hand 3; "
                + "pack count stock/a/b/shipped 2; pack count stock/a/b/reserved 0; pack count stock/pear/on_hand 0"),
        .init("those that were", whole + "shop count order/placed 1", ["counter-mismatch": 1]),
        .init("one too few", whole + "ship count order/shipped 0", ["counter-mismatch": 1]),
        .init("said anew at the end", whole + "ship count order/shipped 0; ship count order/shipped 1"),
        .init("each speaks for itself", whole + "ship count order/shipped 0; pack count order/shipped 2", ["counter-mismatch": 2]),
        .init(
            "there and back and gone",
            "post is 1 here of parcel; post is 1 there of parcel; post is 1 here of parcel; post is 1 gone of parcel; post is 2 here of parcel; "
                + "post is 2 there of parcel; post is 2 here of parcel; post count parcel/here 1; post count parcel/there 0; post count parcel/gone 1",
            ["stuck": 1]),
        .init("less than moved", "pack move 5 apple - on_hand; pack count stock/apple/on_hand 4", ["stock-drift": 1]),
        .init("more than moved", "pack move 5 apple - on_hand; pack count stock/apple/on_hand 6", ["stock-drift": 1]),
        .init("of what never moved", "pack move 5 apple - on_hand; pack count stock/pear/on_hand 1", ["stock-drift": 1]),
    ]
}
