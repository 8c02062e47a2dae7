package import Verification

extension Fault {
    /// The class that the checker must report; `nil` where it must say that it cannot tell.
    package var expectedClass: ViolationClass? {
        switch self {
        case .dropAfterPuback, .dropAfterPubcomp, .dropFirst, .dropBeyondCount, .crashWithoutSync, .copyLeftOut: .lost
        case .dropLast: .unseen
        case .deliverUnsent, .deliverForeign: .unexpected
        case .deliverRefused: .abortedRead
        case .flipByte: .corrupt
        case .otherTopic, .toStranger, .toWithdrawn, .ownMessageBack: .misrouted
        case .qosLowered, .qosRaised: .wrongQoS
        case .qos2TwiceOnResend, .qos2TwiceOnRelease, .qos2IDsForgotten, .qos2TwiceToSubscriber: .duplicateQoS2
        case .qos0Twice: .duplicateQoS0
        case .forbiddenRedelivery: .redelivered
        case .swapNeighbours, .overtakeSeveral: .reorder
        case .resendReversed, .newBeforeResend, .resendInPart: .reorderAfterResume
        case .stampAltered: .stampCorrupt
        case .delayedTopic, .inboxTooEager: .causalInversion
        case .lostUpdate, .lostThenCompensated: .lostUpdate
        case .staleRead: .staleRead
        case .badWrite: .badWrite
        case .doubleUnlock, .releaseByOther, .releaseOfNothing: .badRelease
        case .overlap, .neverReleased: .lockOverlap
        case .tokenReuse: .tokenReuse
        case .tokenRegression: .tokenRegression
        case .unloggedSection, .finalValueOff: .counterDrift
        case .counterLies, .ordersMiscounted: .counterMismatch
        case .orderForgotten: .stuck
        case .cancelledAndPacked: .doubleTerminal
        case .requestDoneTwice: .doubleEffect
        case .reservedUnseen, .ghostShipped: .orphanEvent
        case .actedUnheard: .causalityBroken
        case .soldTwice: .oversold
        case .stockLeaks, .stockMiscounted: .stockDrift
        case .sessionForgotten: .sessionLost
        case .presentForClean, .endedSessionResumed, .stateGone: .falseResume
        case .takeoverLeavesOpen: .takeoverBothLive
        case .qos1TwiceWithoutDup, .resumeWithoutDup: .dupFlagMissing
        case .dupPassedOn, .dupOnQoS0: .dupFlagForged
        case .pubacksSwapped: .ackOrder
        case .idReused: .idCollision
        case .liveResend: .illegalResend
        case .retainedStale: .retainedStale
        case .retainedNotCleared: .retainedNotCleared
        case .retainedDropped: .retainedMissing
        case .retainForged: .retainFlagForged
        case .willDropped: .willMissing
        case .willTwice: .willDoubled
        case .willAfterDisconnect: .willAfterDisconnect
        case .sharedTwice: .sharedDuplicate
        case .sharedLost: .sharedLost
        case .sharedToStranger: .sharedNonmember
        case .dropAtCap, .clockSkewed, .restless, .drainTimedOut, .tornEnd, .tornMiddle: nil
        }
    }

    /// What the checker must say, in a word.
    package var expectation: String {
        switch self {
        case .dropAtCap: "documented-limit"
        case .clockSkewed: "nothing"
        default: expectedClass?.rawValue ?? "inconclusive"
        }
    }

    /// The world in which it can strike.
    var shape: Shape {
        switch self {
        case .qos2TwiceOnResend, .qos2TwiceOnRelease, .qos2IDsForgotten:
            Shape().at(2, 2).changed {
                $0.keeping = 100
                $0.publisherCuts = 4...8
            }
        case .resendReversed, .newBeforeResend, .resendInPart:
            Shape().changed {
                $0.keeping = 100
                $0.subscriberCuts = 5...9
                $0.publishers = 2...3
                $0.publishQoS = [1, 1, 2]
                $0.subscribeQoS = [1, 2]
                $0.messages = 20...40
                $0.window = 3...6
                $0.slowAcknowledgements = 0
            }
        case .crashWithoutSync:
            Shape().plain.changed {
                $0.keeping = 100
                $0.subscriberCuts = 0...2
                $0.publisherCuts = 0...1
                $0.window = 1...3
                $0.publishQoS = [1, 2]
                $0.subscribeQoS = [1, 2]
                $0.slowAcknowledgements = 0
            }
        case .copyLeftOut:
            Shape().changed {
                $0.overlapping = 80
                $0.copiesForEach = true
            }
        case .delayedTopic:
            Shape.calm.plain.at(1, 1).changed {
                $0.keeping = 100
                $0.relays = 1...2
                $0.demandsCausalWire = true
            }
        case .inboxTooEager:
            Shape.calm.plain.changed {
                $0.inboxes = 80
                $0.relays = 1...3
                $0.publishQoS = [1, 2]
                $0.subscribeQoS = [1, 2]
            }
        case .stampAltered:
            Shape().changed {
                $0.relays = 1...3
                // Nobody knows what a will carries, so whoever receives one is not judged.
                $0.wills = 0
            }
        case .restless, .drainTimedOut: Shape().plain
        case .lostUpdate, .staleRead, .lostThenCompensated, .badWrite, .doubleUnlock, .releaseByOther, .releaseOfNothing, .overlap,
            .neverReleased, .tokenReuse, .unloggedSection, .finalValueOff:
            Shape().changed { $0.locks = 1...2 }
        case .tokenRegression:
            Shape().changed {
                $0.locks = 1...2
                $0.sections = 40...80
            }
        case .counterLies: Shape().changed { $0.counters = 100 }
        case .orderForgotten, .cancelledAndPacked, .requestDoneTwice, .reservedUnseen, .ghostShipped, .actedUnheard, .soldTwice,
            .stockLeaks, .stockMiscounted, .ordersMiscounted:
            Shape().changed { $0.orders = 6...14 }
        case .clockSkewed: Shape().changed { $0.hosts = 2 }
        case .presentForClean:
            Shape().changed {
                $0.keeping = 30
                $0.subscriberCuts = 2...6
            }
        case .endedSessionResumed:
            Shape().changed {
                $0.switching = 80
                $0.keeping = 20
                $0.version5 = 20
                $0.subscriberCuts = 3...6
            }
        case .stateGone:
            Shape().plain.changed {
                $0.keeping = 100
                $0.subscriberCuts = 3...6
                $0.unsubscribes = 0...0
                $0.lateSubscriptions = 0...0
            }
        case .takeoverLeavesOpen:
            Shape().changed {
                $0.twins = 1...1
                $0.keeping = 0
            }
        case .qos1TwiceWithoutDup, .idReused, .dupOnQoS0: Shape().changed { $0.packets = 100 }
        case .liveResend:
            Shape().changed {
                $0.packets = 100
                $0.version5 = 80
            }
        case .resumeWithoutDup:
            Shape().changed {
                $0.packets = 100
                $0.keeping = 100
                $0.subscriberCuts = 4...8
            }
        case .dupPassedOn:
            Shape().changed {
                $0.packets = 100
                $0.keeping = 100
                $0.publisherCuts = 4...8
                $0.subscriberCuts = 0...1
                $0.retained = 0
            }
        case .pubacksSwapped: Shape().changed { $0.publishQoS = [1, 1, 1, 2] }
        case .retainedStale, .retainedNotCleared, .retainedDropped:
            Shape().changed {
                $0.retained = 40
                $0.keeping = 40
                $0.publishQoS = [1, 2, 2]
                $0.publisherCuts = 0...1
                $0.lateSubscriptions = 4...8
                $0.departures = 1...4
            }
        case .retainForged: Shape().changed { $0.retained = 50 }
        case .willDropped, .willTwice:
            Shape().changed {
                $0.wills = 100
                $0.publisherCuts = 3...6
                $0.willQoS = [1, 2, 2]
                $0.version5 = 20
            }
        case .willAfterDisconnect:
            Shape().changed {
                $0.wills = 100
                $0.farewells = 2...4
            }
        case .sharedTwice:
            Shape().at(2, 2).changed {
                $0.publishQoS = [0, 2]
                $0.members = 2...4
            }
        case .sharedLost:
            Shape().at(1, 2).changed {
                $0.keeping = 0
                $0.members = 3...4
                $0.subscriberCuts = 3...8
                $0.unsubscribes = 0...0
                $0.slowAcknowledgements = 100
                $0.switching = 0
            }
        case .sharedToStranger: Shape().changed { $0.members = 2...4 }
        case .toWithdrawn: Shape().changed { $0.unsubscribes = 8...14 }
        case .ownMessageBack:
            Shape().changed {
                $0.relays = 2...4
                $0.version5 = 100
                $0.relaysReadThemselves = true
            }
        case .qosLowered, .qosRaised:
            Shape().changed {
                $0.members = 0...2
                $0.changesQoS = 30
            }
        case .tornEnd, .tornMiddle: Shape().changed { $0.relays = 1...3 }
        case .dropAtCap, .dropBeyondCount:
            Shape.calm.plain.changed {
                $0.window = 1...2
                $0.queueCap = 2...8
                $0.publishQoS = [0, 1, 1, 2]
                $0.subscribeQoS = [0, 1, 2, 2]
                $0.qos0Loss = 4
            }
        case .deliverRefused: Shape().changed { $0.version5 = 100 }
        case .qos0Twice: Shape().changed { $0.subscribeQoS = [0, 0, 1, 2] }
        case .forbiddenRedelivery: Shape().changed { $0.subscriberCuts = 2...6 }
        case .sessionForgotten: Shape().changed { $0.subscriberCuts = 2...6 }
        case .deliverForeign: Shape().changed { $0.clears = 0 }
        default: Shape()
        }
    }

    /// Whether it strikes at the beginning of streams and so has to be armed early.
    var isEarly: Bool { self == .dropFirst }
}
