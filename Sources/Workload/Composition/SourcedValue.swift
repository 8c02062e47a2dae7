internal import Yams

/// Where a value of a profile stands.
struct Place {
    /// The file, as it was named: paths in the value count from there.
    let file: String
    /// What messages name instead of the file, where the value came from the command line.
    var label: String?
    /// The line, from 1.
    let line: Int?

    /// Whether it says where to look.
    var isKnown: Bool { line != nil || label != nil }
}

/// A value of a profile, with the place where it stands: a profile can be put together from several files and the command line.
struct SourcedValue {
    /// What it is.
    indirect enum Content {
        case scalar(Node.Scalar)
        case list([SourcedValue])
        case mapping([Entry])
    }

    /// A key and its value.
    struct Entry {
        /// A scalar, or whatever else somebody wrote in the place of a key.
        let key: Node
        var value: SourcedValue

        var name: String? { key.scalar?.string }
    }

    var content: Content
    /// Where messages look for it.
    var place: Place

    /// Whether it is an empty value, `~` or `null`.
    var isNothing: Bool { node.isNothing }

    /// The values of a mapping; `nil` where it is something else.
    var entries: [Entry]? {
        if case .mapping(let entries) = content { entries } else { nil }
    }

    subscript(key: String) -> SourcedValue? { entries?.first { $0.name == key }?.value }

    /// The same tree as the parser of YAML would have made it.
    var node: Node {
        switch content {
        case .scalar(let scalar): .scalar(scalar)
        case .list(let values): .sequence(Node.Sequence(values.map(\.node)))
        case .mapping(let entries): .mapping(Node.Mapping(entries.map { ($0.key, $0.value.node) }))
        }
    }

    /// The places of it and of all that is in it, by path.
    func places(_ path: String = "") -> [String: Place] {
        var places: [String: Place] = [:]
        collect(path, into: &places)
        return places
    }

    private func collect(_ path: String, into places: inout [String: Place]) {
        places[path] = place
        switch content {
        case .scalar: break
        case .list(let values):
            for (index, value) in values.enumerated() { value.collect("\(path)[\(index)]", into: &places) }
        case .mapping(let entries):
            for entry in entries {
                guard let name = entry.name else { continue }
                entry.value.collect(path.isEmpty ? name : "\(path).\(name)", into: &places)
            }
        }
    }
}

extension SourcedValue {
    /// This value with those of another over it: the rule is that of JSON Merge Patch (RFC 7396), and groups are found by their names.
    ///
    /// Keys of mappings are merged one by one, and so on inwards. `~` takes away what stands here. Anything else replaces what stands here, lists as a
    /// whole; but an element of `groups` goes over the one of the same name, and one of another name stands behind those that are there.
    func merged(with other: SourcedValue, at path: String = "") -> SourcedValue {
        if path == "groups", case .list(let mine) = content, case .list(let theirs) = other.content {
            return SourcedValue(content: .list(Self.mergedGroups(mine, theirs)), place: other.place)
        }
        guard case .mapping(let mine) = content, case .mapping(let theirs) = other.content else { return other }
        var entries = mine
        for entry in theirs {
            let inner = path.isEmpty ? entry.name ?? "" : "\(path).\(entry.name ?? "")"
            if let index = entries.firstIndex(where: { $0.name != nil && $0.name == entry.name }) {
                if entry.value.isNothing {
                    entries.remove(at: index)
                } else {
                    entries[index] = Entry(key: entry.key, value: entries[index].value.merged(with: entry.value, at: inner))
                }
            } else {
                entries.append(entry)
            }
        }
        return SourcedValue(content: .mapping(entries), place: other.place)
    }

    private static func mergedGroups(_ mine: [SourcedValue], _ theirs: [SourcedValue]) -> [SourcedValue] {
        var groups = mine
        for group in theirs {
            if let name = group.groupName, let index = groups.firstIndex(where: { $0.groupName == name }) {
                groups[index] = groups[index].merged(with: group, at: "groups[]")
            } else {
                groups.append(group)
            }
        }
        return groups
    }

    /// The name of an element of a list, where it has one.
    var groupName: String? { self["name"]?.node.scalar?.string }
}
