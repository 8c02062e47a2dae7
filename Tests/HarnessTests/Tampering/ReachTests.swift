import Foundation
import Testing
import Verification

/// Which classes of violation some real run shows. docs/model.md says the same.
@Suite struct ReachTests {
    /// Found by the tests of a shop with a defect.
    private static let ofShops: Set<String> = ["double-effect", "lost-update", "causal-inversion"]
    /// Injected into histories only.
    private static let ofHistories: Set<String> = [
        "takeover-both-live", "lock-overlap", "token-reuse", "token-regression", "bad-release", "stale-read", "bad-write", "counter-drift",
        "counter-mismatch", "stuck", "double-terminal", "orphan-event", "causality-broken", "oversold", "stock-drift",
    ]

    @Test func everyClassIsReached() {
        let ofProxy = Set((TamperedCase.ofMessages + TamperedCase.ofStates).compactMap(\.expected))
        let all = Set(ViolationClass.allCases.map(\.rawValue))
        #expect(ofProxy.union(Self.ofShops).union(Self.ofHistories) == all)
        #expect(ofProxy.isDisjoint(with: Self.ofHistories))
    }

    @Test func theDocumentSaysWhich() throws {
        let page = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../../docs/model.md").standardizedFileURL
        let text = try String(contentsOf: page, encoding: .utf8)
        let start = try #require(text.range(of: "\n### What shows which\n"))
        let part = text[start.upperBound...].components(separatedBy: "\n### ")[0]
        let items = part.components(separatedBy: "\n- ").dropFirst()
        try #require(items.count == 3)
        func classes(_ text: String) -> Set<String> {
            let all = Set(ViolationClass.allCases.map(\.rawValue))
            return Set(text.matches(of: /`([a-z0-9-]+)`/).map { String($0.1) }).intersection(all)
        }
        let found = items.map(classes)
        #expect(found[0] == Set((TamperedCase.ofMessages + TamperedCase.ofStates).compactMap(\.expected)))
        #expect(found[1] == Self.ofShops && found[2] == Self.ofHistories)
    }
}
