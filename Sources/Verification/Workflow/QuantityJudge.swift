/// Judges what moved of one quantity: nothing goes below zero, and nothing comes from or goes to a place that the workflow does not know.
struct QuantityJudge {
    private let index: RunIndex
    private let quantity: Workflow.Quantity
    private let text: WorkflowSentence
    private(set) var violations = Violations()
    private(set) var unproven = 0
    private(set) var moves = 0
    private(set) var accounts = 0
    private let terms: Set<Int>
    private let mayBeNegative: Set<Int>
    /// What each term of each account holds in the end.
    private(set) var sums: [Term: Int128] = [:]

    struct Term: Hashable {
        var account: Int
        var term: Int
    }

    init(_ index: RunIndex, _ quantity: Workflow.Quantity) {
        self.index = index
        self.quantity = quantity
        text = WorkflowSentence(index: index)
        terms = Set(quantity.terms.compactMap(index.workflow.names.number))
        mayBeNegative = Set(quantity.mayBeNegative.compactMap(index.workflow.names.number))
    }

    /// - Parameter moves: the moves of each account, as indices of the table in the order of reading.
    mutating func judge(_ moves: [[Int]]) {
        for account in moves where !account.isEmpty {
            accounts += 1
            self.moves += account.count
            judgePlaces(account)
            judgeBalances(account)
        }
    }

    private func move(_ number: Int) -> WorkflowTable.Move { index.workflow.moves[number] }

    private mutating func judgePlaces(_ account: [Int]) {
        for number in account {
            let move = move(number)
            if let unknown = [move.from, move.to].compactMap({ $0 }).first(where: { !terms.contains($0) }) {
                if index.mutant == .anyTermWillDo { continue }
                violations.add(.stockDrift, text.unknownTerm(number, unknown))
            } else if quantity.isConserved, move.to == nil {
                violations.add(.stockDrift, text.left(number))
            }
        }
    }

    /// A term that one process keeps is followed from move to move. What several keep has no order between them, so only what is left in the end shows.
    private mutating func judgeBalances(_ account: [Int]) {
        var keepers: [Int: Set<Int>] = [:]
        for number in account {
            let move = move(number)
            for term in [move.from, move.to].compactMap({ $0 }) { keepers[term, default: []].insert(move.process) }
        }
        var balance: [Int: Int128] = [:]
        var lastTaken: [Int: Int] = [:]
        for number in account {
            let move = move(number)
            guard move.from != move.to, move.amount > 0 else { continue }
            if let term = move.from {
                balance[term, default: 0] -= Int128(move.amount)
                lastTaken[term] = number
                let isFollowed = keepers[term]?.count == 1 && index.mutant != .oversoldAtTheEnd
                if isFollowed { judge(balance[term] ?? 0, term, number) }
            }
            if let term = move.to { balance[term, default: 0] += Int128(move.amount) }
        }
        for (term, sum) in balance.sorted(by: { $0.key < $1.key }) {
            guard let first = account.first else { continue }
            sums[Term(account: move(first).account, term: term)] = sum
            let isFollowed = keepers[term]?.count == 1 && index.mutant != .oversoldAtTheEnd
            if !isFollowed, let last = lastTaken[term] { judge(sum, term, last) }
        }
    }

    private mutating func judge(_ balance: Int128, _ term: Int, _ number: Int) {
        guard balance < 0, terms.contains(term), !mayBeNegative.contains(term) else { return }
        if index.doubts.damages.isEmpty {
            violations.add(.oversold, text.oversold(number, term, balance))
        } else {
            unproven += 1
        }
    }
}
