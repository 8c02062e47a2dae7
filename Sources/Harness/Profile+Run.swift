internal import MQTT
internal import Reactor
package import Verification
package import Workload

extension Profile.Expectations {
    /// The same for the checker.
    package var ofChecker: Verification.Expectations {
        Verification.Expectations(
            overlappingSubscriptions: .init(overlappingSubscriptions), redelivery: redelivery == .forbidden ? .forbidden : .allowed,
            causalOrder: causalOrder == .wire ? .wire : .processed, acknowledgementOrder: acknowledgementOrder == .kept ? .kept : .any,
            limits: limits.map { .init(name: $0.name, class: .init($0.class), counter: $0.upTo.rawValue, note: $0.note) })
    }
}

extension Verification.Expectations.OverlappingSubscriptions {
    fileprivate init(_ expected: Profile.Expectations.OverlappingSubscriptions) {
        switch expected {
        case .any: self = .any
        case .once: self = .once
        case .each: self = .each
        }
    }
}

extension Verification.Expectations.LimitedClass {
    fileprivate init(_ limited: Profile.Limit.Class) {
        switch limited {
        case .lost: self = .lost
        }
    }
}

extension Profile {
    /// The number of clients of all groups.
    var clientCount: Int {
        // A service of the shop has two sessions.
        groups.reduce(0) { $0 + $1.count } + (shop.map { $0.connections + $0.vendors + 8 } ?? 0)
    }

    /// How many of them are on libmosquitto: the services of a shop are.
    var libraryClientCount: Int { groups.reduce(0) { $0 + ($1.engine == .libmosquitto ? $1.count : 0) } + (shop == nil ? 0 : 8) }

    /// How many messages will be published, as far as the profile tells: publishers without a bound count with a thousand a second.
    var expectedMessages: Int {
        // An order makes some ten events, and each of them a receipt.
        if let shop { return shop.orders * 20 * (shop.vendors > 0 ? 2 : 1) }
        let seconds = Double(phases.warmUp.nanoseconds + (phases.hold?.nanoseconds ?? 0)) / 1e9
        let sources = groups.reduce(0) { sum, group in
            guard let publish = group.publish, publish.pace != .onReceived else { return sum }
            let scheduled: Double =
                switch publish.pace {
                case .rate(let rate, let sharing, _, _): rate.perSecond * seconds * (sharing == .group ? 1 : Double(group.count))
                case .stages(let stages, let sharing, _, _):
                    stages.messages(in: seconds) * (sharing == .group ? 1 : Double(group.count))
                case .unlimited, .onReceived: 1_000 * seconds * Double(group.count)
                }
            let bound = publish.messages.map { Double($0) * Double(group.count) } ?? .infinity
            return sum + Int(min(phases.hold == nil ? bound : min(scheduled, bound), 1e12))
        }
        // A relay's clients receive each message once between them, as a rule.
        return sources * (1 + groups.count { $0.publish?.pace == .onReceived })
    }

    /// What the checker is told to expect of the broker.
    package var checkerExpectations: Verification.Expectations { expectations.ofChecker }

    /// What the checker is told of the services' states and quantities.
    package var checkerWorkflow: Verification.Workflow? { workflow?.ofChecker }
}

extension WorkflowDefinition {
    /// The same for the checker.
    package var ofChecker: Verification.Workflow {
        Verification.Workflow(
            machines: machines.map { machine in
                .init(
                    name: machine.name, states: machine.states, initial: machine.initial, terminal: machine.terminal,
                    repeatable: machine.repeatable,
                    transitions: machine.transitions.map { .init(from: $0.from, to: $0.to, by: $0.by) })
            },
            quantities: quantities.map {
                .init(name: $0.name, terms: $0.terms, mayBeNegative: $0.mayBeNegative, isConserved: $0.conserved)
            })
    }
}

extension Profile {
    /// The users of each group's clients; `nil` where they are all who the target says.
    /// - Throws: ``HarnessError`` where a file with them cannot be used.
    func credentials() throws(HarnessError) -> [[SessionConfiguration.Credentials]?] {
        var all: [[SessionConfiguration.Credentials]?] = []
        for group in groups {
            guard let path = group.credentialsFile else {
                all.append(nil)
                continue
            }
            all.append(try CredentialsFile.read(path, count: group.count, group: group.name))
        }
        return all
    }
}
