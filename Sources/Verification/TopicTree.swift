/// All topics of a run with their numbers, as a tree of levels, so that the topics of a filter are found without trying each topic. Levels are
/// compared byte by byte.
struct TopicTree {
    private struct Node {
        var children: [ExactText: Int] = [:]
        var topic: UInt32?
    }

    private var nodes = [Node()]
    /// The names by number.
    private(set) var names: [String] = []
    /// Whether the name is the one on the wire and not a stand-in for a missing dictionary entry.
    private(set) var isKnown: [Bool] = []

    /// The number of a topic.
    mutating func identify(_ name: String) -> UInt32 {
        var node = 0
        for level in name.topicLevels {
            if let child = nodes[node].children[level] {
                node = child
            } else {
                nodes.append(Node())
                nodes[node].children[level] = nodes.count - 1
                node = nodes.count - 1
            }
        }
        if let topic = nodes[node].topic { return topic }
        let topic = append(name, isKnown: true)
        nodes[node].topic = topic
        return topic
    }

    /// A number for a topic whose name is missing from its file; no filter matches it.
    mutating func identifyMissing(_ standIn: String) -> UInt32 {
        append(standIn, isKnown: false)
    }

    /// The topics that a filter matches, ascending [MQTT-4.7]. A topic that begins with `$` is not matched by a leading wildcard.
    func topics(matching filter: String) -> [UInt32] {
        var found: [UInt32] = []
        let levels = filter.topicLevels
        // A list and no recursion: a filter has as many levels as its client likes.
        var open = [(node: 0, depth: 0)]
        while let (node, depth) = open.popLast() {
            guard depth < levels.count else {
                if let topic = nodes[node].topic { found.append(topic) }
                continue
            }
            switch levels[depth].text {
            case "#":
                collectAll(node, isFirst: depth == 0, &found)
            case "+":
                for (name, child) in nodes[node].children where !(depth == 0 && name.text.begins(with: "$")) {
                    open.append((child, depth + 1))
                }
            default:
                if let child = nodes[node].children[levels[depth]] { open.append((child, depth + 1)) }
            }
        }
        found.sort()
        return found
    }

    /// The node's own topic too: `a/#` matches `a`.
    private func collectAll(_ start: Int, isFirst: Bool, _ found: inout [UInt32]) {
        var open = [start]
        while let node = open.popLast() {
            if let topic = nodes[node].topic { found.append(topic) }
            for (name, child) in nodes[node].children where !(isFirst && node == start && name.text.begins(with: "$")) {
                open.append(child)
            }
        }
    }

    private mutating func append(_ name: String, isKnown known: Bool) -> UInt32 {
        names.append(name)
        isKnown.append(known)
        return UInt32(names.count - 1)
    }
}
