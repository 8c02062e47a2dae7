internal import Yams

extension Profile {
    /// The profile with every default filled in, as YAML that parses to an equal profile.
    ///
    /// A broker's password is left out, because the text goes into the run directory; only in this the parsed profile differs.
    public func resolvedYAML() throws -> String {
        try Yams.serialize(node: root, width: -1, allowUnicode: true)
    }

    private var root: Node {
        var pairs: [(Node, Node)] = [
            ("name", quoted(name)), ("description", quoted(description)), ("seed", plain("\(seed)")), ("target", targetNode),
            shop.map { ("shop", $0.node) } ?? ("groups", list(groups.map(\.node))), ("phases", phases.node),
            ("thresholds", thresholdsNode), ("require", mapping(requirements.map { (plain($0.event.rawValue), quoted($0.text)) })),
            ("expectations", expectations.node),
        ]
        if let connectRate { pairs.append(("connect_rate", plain(connectRate.description))) }
        if abort != .never { pairs.append(("abort", abortNode)) }
        if coalesce > .zero { pairs.append(("coalesce", duration(coalesce))) }
        if let workflow { pairs.append(("workflow", workflow.node)) }
        return mapping(pairs)
    }

    private var targetNode: Node {
        let asks = mapping([
            ("client_id", quoted(observer.clientID.description)), ("keepalive", plain("\(observer.keepAliveSeconds)s")),
        ])
        return mapping(target.pairs + [("observer", asks)])
    }

    private var thresholdsNode: Node { Self.conditionsNode(thresholds) }

    private var abortNode: Node {
        mapping([("after", duration(abort.after))].map { (plain($0), $1) } + Self.conditionPairs(abort.conditions))
    }

    private static func conditionsNode(_ thresholds: [Threshold]) -> Node { mapping(conditionPairs(thresholds)) }

    /// Those of one key stand together, because keys stand once.
    private static func conditionPairs(_ thresholds: [Threshold]) -> [(Node, Node)] {
        var keys: [String] = []
        for threshold in thresholds where !keys.contains(threshold.key) { keys.append(threshold.key) }
        return keys.map { key in
            (key.contains("{") ? quoted(key) : plain(key), list(thresholds.filter { $0.key == key }.map { quoted($0.text) }))
        }
    }
}

extension Profile.Target {
    fileprivate var pairs: [(Node, Node)] {
        switch self {
        case .embedded(let settings):
            return [("embedded", mapping([("settings", mapping(settings.map { (plain($0.key), quoted($0.value)) }))]))]
        case .broker(let url, let tls):
            var pairs: [(Node, Node)] = [("broker", quoted(url.description))]
            if let tls {
                let files = [
                    ("ca_file", tls.caFile), ("cert_file", tls.certFile), ("key_file", tls.keyFile),
                    ("key_password_file", tls.keyPasswordFile), ("psk_identity", tls.pskIdentity), ("psk_key_file", tls.pskKeyFile),
                ]
                let present = files.compactMap { key, path in path.map { (plain(key), quoted($0)) } }
                pairs.append(("tls", mapping(present + [("insecure", plain("\(tls.insecure)"))])))
            }
            return pairs
        }
    }
}

extension Profile.Group {
    fileprivate var node: Node {
        var pairs: [(Node, Node)] = [
            ("name", quoted(name)), ("count", plain("\(count)")),
            ("protocol", quoted(protocolVersion.rawValue)), ("engine", plain(engine.rawValue)), ("session", plain(session.rawValue)),
            ("keepalive", plain("\(keepAliveSeconds)s")),
        ]
        // What the profile leaves to Waybill goes with the broker, and may be another's where the profile is used again.
        if let namedClientID { pairs.append(("client_id", quoted(namedClientID.description))) }
        if let credentialsFile { pairs.append(("credentials_file", quoted(credentialsFile))) }
        if !sourceAddresses.isEmpty { pairs.append(("source_addresses", list(sourceAddresses.map(quoted)))) }
        if let will { pairs.append(("will", will.node)) }
        if let life { pairs.append(("life", life.node)) }
        if let publish { pairs.append(("publish", publish.node)) }
        if let subscribe { pairs.append(("subscribe", subscribe.node)) }
        if isIdle { pairs.append(("idle", "true")) }
        return mapping(pairs)
    }
}

extension Profile.Publish {
    fileprivate var node: Node {
        var pairs: [(Node, Node)] = [
            ("topic", topics.count == 1 ? quoted(topics[0].description) : list(topics.map { quoted($0.description) })),
            ("qos", list(qos.map { plain("\($0)") })),
            payload.map {
                ("payload", mapping([("text", quoted($0.template.description)), ("proof", plain($0.proof.rawValue))]))
            } ?? ("size", sizes.node), ("retain", plain("\(retain)")),
        ]
        if let emptyEvery { pairs.append(("empty_every", plain("\(emptyEvery)"))) }
        if let type = properties.contentType { pairs.append(("content_type", quoted(type))) }
        if !properties.user.isEmpty {
            pairs.append(("user_properties", .mapping(Node.Mapping(properties.user.map { (quoted($0.name), quoted($0.value)) }))))
        }
        if properties.aliases > 0 { pairs.append(("aliases", plain("\(properties.aliases)"))) }
        switch pace {
        case .rate(let rate, let sharing, let kind, let burst):
            pairs += [("rate", plain(rate.description)), ("rate_per", plain(sharing.rawValue)), ("arrival", plain(kind.rawValue))]
            if burst > 1 { pairs.append(("burst", plain("\(burst)"))) }
        case .stages(let stages, let sharing, let kind, let burst):
            pairs += [("stages", list(stages.map(\.node))), ("rate_per", plain(sharing.rawValue)), ("arrival", plain(kind.rawValue))]
            if burst > 1 { pairs.append(("burst", plain("\(burst)"))) }
        case .unlimited: pairs.append(("rate", "unlimited"))
        case .onReceived: pairs.append(("on", "received"))
        }
        pairs.append(("window", plain("\(window)")))
        if let messages { pairs.append(("messages", plain("\(messages)"))) }
        return mapping(pairs)
    }
}

extension Profile.Stage {
    fileprivate var node: Node {
        mapping([("for", duration(length)), ("from", plain(from.description)), ("to", plain(to.description))])
    }
}

extension Profile.Sizes {
    fileprivate var node: Node {
        switch self {
        case .fixed(let size): plain("\(size)")
        case .cycle(let sizes): list(sizes.map { plain("\($0)") })
        case .uniform(let range): mapping([("min", plain("\(range.lowerBound)")), ("max", plain("\(range.upperBound)"))])
        case .exponential(let range, let mean):
            mapping([("min", plain("\(range.lowerBound)")), ("max", plain("\(range.upperBound)")), ("mean", plain("\(mean)"))])
        }
    }
}

extension Profile.Subscribe {
    fileprivate var node: Node {
        var pairs: [(Node, Node)] = [("filters", list(filters.map { quoted($0.description) })), ("qos", plain("\(qos)"))]
        if !options.isPlain {
            pairs += [
                ("no_local", plain("\(options.noLocal)")), ("retain_as_published", plain("\(options.retainAsPublished)")),
                ("retain_handling", plain(options.retainHandling.rawValue)),
            ]
        }
        if awaitsStrangers { pairs.append(("strangers", "true")) }
        if let stall {
            pairs.append(("stall", mapping([("after", duration(stall.after)), ("for", duration(stall.duration))])))
        }
        return mapping(pairs)
    }
}

extension Profile.Will {
    fileprivate var node: Node {
        mapping([
            ("topic", quoted(topic.description)), ("qos", plain("\(qos)")), ("retain", plain("\(retain)")),
            ("delay", plain("\(delaySeconds)s")),
        ])
    }
}

extension Profile.Life {
    fileprivate var node: Node {
        var pairs: [(Node, Node)] = []
        if let join { pairs.append(("join", mapping([("after", duration(join.after)), ("over", duration(join.over))]))) }
        if let leave {
            pairs.append(
                ("leave", mapping([("after", duration(leave.after)), ("over", duration(leave.over)), ("by", plain(leave.by.rawValue))])))
        }
        if !away.isEmpty { pairs.append(("away", list(away.map(\.node)))) }
        if let churn {
            pairs.append(
                (
                    "churn",
                    mapping([
                        ("rate", plain(churn.rate.description)), ("for", duration(churn.length)), ("by", plain(churn.by.rawValue)),
                    ])
                ))
        }
        return mapping(pairs)
    }
}

extension Profile.Away {
    fileprivate var node: Node {
        var pairs: [(Node, Node)] = [("after", duration(after)), ("for", duration(length)), ("over", duration(over))]
        if let every { pairs.append(("every", duration(every))) }
        if let times { pairs.append(("times", plain("\(times)"))) }
        return mapping(
            pairs + [("share", plain(ShareFormat.text(share))), ("chance", plain(ShareFormat.text(chance))), ("by", plain(by.rawValue))])
    }
}

extension Profile.Phases {
    fileprivate var node: Node {
        var pairs: [(Node, Node)] = [("warm_up", duration(warmUp))]
        if let hold { pairs.append(("hold", duration(hold))) }
        pairs.append(("drain", mapping([("quiet", duration(drainQuiet)), ("limit", duration(drainLimit))])))
        return mapping(pairs)
    }
}

extension Profile.Expectations {
    fileprivate var node: Node {
        mapping([
            ("overlapping_subscriptions", plain(overlappingSubscriptions.rawValue)), ("redelivery", plain(redelivery.rawValue)),
            ("causal_order", plain(causalOrder.rawValue)), ("acknowledgement_order", plain(acknowledgementOrder.rawValue)),
            ("limits", list(limits.map(\.node))),
        ])
    }
}

extension Profile.Limit {
    fileprivate var node: Node {
        mapping([
            ("name", quoted(name)), ("class", plain(self.class.rawValue)), ("up_to", plain(upTo.rawValue)), ("note", quoted(note)),
        ])
    }
}

extension Profile.Shop {
    fileprivate var node: Node {
        let each: [(Node, Node)] = [
            ("order", plain("\(qos.order)")), ("packaging", plain("\(qos.packaging)")), ("shipping", plain("\(qos.shipping)")),
            ("notification", plain("\(qos.notification)")), ("customers", plain("\(qos.customers)")),
        ]
        var pairs: [(Node, Node)] = [
            ("customers", plain("\(customers)")), ("connections", plain("\(connections)")), ("vendors", plain("\(vendors)")),
            ("orders", plain("\(orders)")), ("rate", plain(rate.description)), ("arrival", plain(arrival.rawValue)),
            ("quantity", mapping([("min", plain("\(quantity.lowerBound)")), ("max", plain("\(quantity.upperBound)"))])),
            ("stock", plain("\(stock)")), ("cancel", plain(ShareFormat.text(cancel))), ("cancel_within", duration(cancelWithin)),
            ("duplicate", plain(ShareFormat.text(duplicate))), ("qos", mapping(each)), ("protocol", quoted(protocolVersion.rawValue)),
            ("packing_time", duration(packingTime)), ("resend_after", duration(resendAfter)), ("causal_timeout", duration(causalTimeout)),
            ("workers", plain("\(workers)")), ("durability", plain(durability.rawValue)), ("processes", plain("\(processes)")),
            ("bridged", plain("\(bridged)")),
        ]
        if let kills { pairs.append(("kills", mapping([("count", plain("\(kills.count)")), ("over", duration(kills.over))]))) }
        return mapping(pairs)
    }
}

/// Text that no reader of YAML may take for a number or a truth value.
private func quoted(_ text: String) -> Node { .scalar(Node.Scalar(VariableText.escaped(text), Tag(.str), .doubleQuoted)) }

private func duration(_ duration: Duration) -> Node { plain(DurationFormat.text(duration)) }

private func plain(_ text: String) -> Node { .scalar(Node.Scalar(text)) }

private func list(_ nodes: [Node]) -> Node { .sequence(Node.Sequence(nodes)) }

private func mapping(_ pairs: [(Node, Node)]) -> Node { .mapping(Node.Mapping(pairs)) }
