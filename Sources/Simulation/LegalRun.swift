import Causality
import Trace

/// Runs in which much happens and nothing is wrong.
package enum LegalRun: String, CaseIterable, Sendable {
    /// Everything at once.
    case ugly = "legal-ugly"
    /// No connection breaks.
    case calm = "legal-calm"
    /// QoS 1: 1, 2, 3, 2, 3, 4.
    case redelivery = "legal-redelivery"
    /// A publish without an acknowledgement takes effect after later ones.
    case unknownLate = "legal-unknown-late"
    /// QoS 0 messages get lost.
    case qos0Loss = "legal-qos0-loss"
    /// A QoS 0 message overtakes one of QoS 1 on the same topic.
    case qos0Overtaking = "legal-qos0-overtaking"
    /// A publisher sends a QoS 1 message again, and a subscription at QoS 0 gets each copy.
    case qos0Copies = "legal-qos0-copies"
    /// Clean sessions come and go, and what is sent in between is gone.
    case cleanSessions = "legal-clean-sessions"
    /// Publishers lose their sessions and send what was in flight into the new ones.
    case newSessionResend = "legal-new-session-resend"
    /// Several filters match one topic, and the broker sends one copy.
    case overlapOnce = "legal-overlap-once"
    /// Several filters match one topic, and the broker sends a copy for each.
    case overlapEach = "legal-overlap-each"
    /// Several filters match one topic, and the broker sends now one copy, now one for each.
    case overlapAny = "legal-overlap-any"
    /// The broker grants less than was asked for, also to a SUBSCRIBE whose answer is lost.
    case loweredGrants = "legal-lowered-grants"
    /// Clients ask again for what they have, at another QoS.
    case changedGrants = "legal-changed-grants"
    /// The broker acknowledges out of order.
    case latePubacks = "legal-late-pubacks"
    /// Subscriptions are withdrawn and taken again.
    case unsubscribes = "legal-unsubscribes"
    /// The broker refuses publishes.
    case refusals = "legal-refusals"
    /// An MQTT 3.1.1 broker sends again what is in flight on a live connection.
    case liveResends = "legal-live-resends"
    /// Retained messages in order, cleared and replaced.
    case retained = "legal-retained"
    /// Wills that are published, and wills that DISCONNECT withdraws.
    case wills = "legal-wills"
    /// A client connects from another process while its first connection stands.
    case takeover = "legal-takeover"
    /// Clients ask for a clean session first, and for a kept one later.
    case switching = "legal-switching"
    /// A group whose members come and go.
    case shared = "legal-shared"
    /// An inbox gives up waiting for what was lost at QoS 0.
    case inboxTimeouts = "legal-inbox-timeouts"
    /// Orders go through a shop: cancellations run against the packing, requests come twice, connections break.
    case workflow = "legal-workflow"
    /// Nothing comes before its cause, although that is demanded of the wire.
    case causalWire = "legal-causal-wire"

    var shape: Shape {
        let base = Shape()
        return switch self {
        case .ugly:
            base.changed {
                $0.subscriberCuts = 3...8
                $0.publisherCuts = 2...6
                $0.departures = 1...3
                $0.unsubscribes = 1...4
                $0.lateSubscriptions = 1...4
                $0.refusals = 4
                $0.lateUnknowns = true
            }
        case .calm: .calm
        case .redelivery:
            base.changed {
                $0.keeping = 100
                $0.subscriberCuts = 4...8
                $0.publishQoS = [1]
                $0.subscribeQoS = [1, 2]
            }
        case .unknownLate:
            base.changed {
                $0.keeping = 20
                $0.publisherCuts = 5...9
                $0.lateUnknowns = true
                $0.publishQoS = [1, 2]
            }
        case .qos0Loss:
            base.changed {
                $0.publishQoS = [0]
                $0.qos0Loss = 30
            }
        case .qos0Overtaking:
            base.changed {
                $0.publishQoS = [0, 1]
                $0.window = 1...2
                $0.subscribeQoS = [1, 2]
            }
        case .qos0Copies:
            base.changed {
                $0.publishQoS = [1]
                $0.subscribeQoS = [0, 0, 1]
                $0.publisherCuts = 4...8
                $0.qos0Loss = 0
            }
        case .cleanSessions:
            base.changed {
                $0.keeping = 0
                $0.subscriberCuts = 4...8
                $0.departures = 1...3
            }
        case .newSessionResend:
            base.changed {
                $0.keeping = 0
                $0.publisherCuts = 5...9
                $0.publishQoS = [1, 2, 2]
            }
        case .overlapOnce:
            base.changed { $0.overlapping = 80 }
        case .overlapEach:
            base.changed {
                $0.overlapping = 80
                $0.copiesForEach = true
            }
        case .overlapAny:
            base.changed {
                $0.overlapping = 80
                $0.copiesAsItLikes = true
            }
        case .loweredGrants:
            base.changed {
                $0.lowersGrants = 50
                $0.lateSubscriptions = 4...9
                $0.subscriberCuts = 3...8
            }
        case .changedGrants:
            base.changed {
                $0.changesQoS = 70
                $0.lateSubscriptions = 6...12
                $0.subscriberCuts = 2...6
            }
        case .latePubacks:
            base.changed {
                $0.latePubacks = 40
                $0.publishQoS = [1, 1, 2]
            }
        case .unsubscribes:
            base.changed {
                $0.unsubscribes = 5...9
                $0.lateSubscriptions = 2...5
            }
        case .refusals:
            base.changed {
                $0.refusals = 25
                $0.version5 = 100
            }
        case .liveResends:
            base.changed {
                $0.liveResends = 4...9
                // A connection that breaks in the middle leaves what was sent again incomplete.
                $0.subscriberCuts = 0...0
                $0.version5 = 0
                $0.slowAcknowledgements = 100
            }
        case .retained:
            base.changed {
                $0.retained = 50
                $0.clears = 30
                $0.lateSubscriptions = 3...8
                $0.departures = 1...4
            }
        case .wills:
            base.changed {
                $0.wills = 100
                $0.subscriberCuts = 2...5
                $0.publisherCuts = 2...5
                $0.departures = 2...4
                $0.farewells = 0...2
            }
        case .takeover: base.changed { $0.twins = 1...2 }
        case .switching:
            base.changed {
                $0.switching = 100
                $0.keeping = 0
                $0.subscriberCuts = 4...9
            }
        case .shared:
            base.changed {
                $0.members = 2...5
                $0.subscriberCuts = 3...8
                $0.unsubscribes = 1...4
            }
        case .inboxTimeouts:
            base.changed {
                $0.inboxes = 90
                $0.publishQoS = [0, 0, 1]
                $0.qos0Loss = 20
                $0.relays = 1...3
            }
        case .workflow:
            base.changed {
                $0.orders = 10...20
                $0.subscriberCuts = 2...6
            }
        case .causalWire:
            base.plain.at(1, 1).changed {
                $0.demandsCausalWire = true
                $0.keeping = 100
                $0.relays = 1...3
                $0.publisherCuts = 0...0
                $0.unsubscribes = 0...0
                $0.lateSubscriptions = 0...0
            }
        }
    }

    /// Whether what the run is meant to show really came up in it.
    func occurs(in world: World) -> Bool {
        switch self {
        case .ugly: world.plan.actions.count > 20
        case .calm: world.messages.count > 20
        case .redelivery: world.copyCounts { qos, count, _ in qos == 1 && count > 1 } > 1
        case .unknownLate: world.overtaken { message, _ in message.isConcurrent } > 0
        case .qos0Loss: world.copyCounts { qos, _, _ in qos == 0 } > 0
        case .qos0Overtaking: world.overtakenAcrossQoS() > 0
        case .qos0Copies: world.copyCounts { qos, count, message in qos == 0 && count > 1 && message.transmissions > 1 } > 0
        case .cleanSessions: world.begun.count > world.clients.count + 2
        case .newSessionResend: world.messages.contains { $0.lostSession && $0.transmissions > 1 }
        case .overlapOnce: world.sessions.contains { session in world.messages.contains { session.matching($0.topic).count > 1 } }
        case .overlapEach: world.copyCounts { _, count, message in count > 1 && message.transmissions == 1 } > 0
        case .overlapAny:
            world.copyCounts { _, count, message in count > 1 && message.transmissions == 1 } > 0
                && world.sessions.contains { session in world.messages.contains { session.matching($0.topic).count > 1 } }
        case .loweredGrants: world.sessions.contains { $0.grants.contains { $0.qos < 2 } }
        case .changedGrants:
            world.sessions.contains { session in
                session.grants.contains { one in session.grants.contains { $0.filter == one.filter && $0.qos != one.qos } }
            }
        case .latePubacks: world.acknowledgedLate > 0
        case .unsubscribes: world.sessions.contains { $0.granted.contains { $0.to != .max } }
        case .refusals: world.messages.contains { $0.outcome == .refused }
        case .liveResends: world.copyCounts { qos, count, _ in qos == 1 && count > 1 } > 1
        case .retained: world.deliveries.contains { $0.retain } && world.messages.contains { $0.isEmpty }
        case .wills: world.deliveries.contains { world.messages[$0.message].isWill }
        case .takeover: world.clients.contains { $0.isRetired }
        case .switching: world.clients.contains { $0.plan.becomesKept && $0.connects > 1 }
        case .shared: world.copiesToGroups > 10 && world.sessions.contains { $0.subscriptions.contains { $0.isShared } }
        case .inboxTimeouts: world.clients.contains { $0.inbox.released.contains { $0.timedOut } }
        case .workflow:
            world.shop.ignored > 0 && world.shop.lateCancellations > 0 && world.shop.orders.contains { $0.states.contains("refunded") }
        case .causalWire: world.messages.contains { $0.stamp.entries.count > 1 }
        }
    }
}
