extension ProfileDecoder {
    /// Whether the clients of a group connect and do nothing more, which has to be said: without it a group without load is a mistake.
    func idle(_ group: MappingReader) -> Bool {
        let isIdle = group.bool("idle") ?? false
        let present = ["publish", "subscribe"].filter(group.has)
        if isIdle, let first = present.first {
            group.report(first, "stands beside idle: true; clients that are idle connect and do nothing more, so leave one out")
        } else if !isIdle, present.isEmpty {
            problems.report(group.path, "neither publishes nor subscribes; expected publish, subscribe or both, or idle: true")
        }
        return isIdle
    }
}
