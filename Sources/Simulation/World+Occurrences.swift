/// What came up in a world, so that a run that should show something can be told from one that does not.
extension World {
    /// How many QoS 1 messages were acknowledged after a later one of their publisher.
    var acknowledgedLate: Int {
        messages.indices.count { number in
            guard let completed = messages[number].completed, messages[number].qos == 1 else { return false }
            return messages[number...].contains {
                $0.client == messages[number].client && $0.qos == 1 && $0.sent > messages[number].sent && $0.completed ?? .max < completed
            }
        }
    }

    /// How many pairs of a session and a message have so many copies as asked for.
    func copyCounts(where fits: (_ qos: UInt8, _ count: Int, _ message: Message) -> Bool) -> Int {
        var counts: [(session: BrokerSession, message: Int, qos: UInt8, count: Int)] = []
        for delivery in deliveries {
            if let index = counts.firstIndex(where: { $0.session === delivery.session && $0.message == delivery.message }) {
                counts[index].count += 1
            } else {
                counts.append((delivery.session, delivery.message, delivery.qos, 1))
            }
        }
        return counts.count { fits($0.qos, $0.count, messages[$0.message]) }
    }

    /// How many deliveries members of groups had.
    var copiesToGroups: Int { deliveries.count { plan.clients[$0.session.client].group == "members" } }

    /// How many deliveries came after one of a later message of the same stream and fit.
    func overtaken(where fits: (_ late: Message, _ earlier: Message) -> Bool) -> Int {
        pairs { $0.sharesStream(with: $1) && fits($0, $1) }
    }

    /// How many deliveries of QoS 1 and 2 came after one of a later QoS 0 message on the same topic.
    func overtakenAcrossQoS() -> Int {
        pairs { $0.qos > 0 && $1.qos == 0 && $0.client == $1.client && $0.topic == $1.topic }
    }

    private func pairs(where fits: (_ late: Message, _ earlier: Message) -> Bool) -> Int {
        var count = 0
        for (position, delivery) in deliveries.enumerated() {
            let isOvertaken = deliveries[..<position].contains {
                $0.session === delivery.session && $0.message > delivery.message && fits(messages[delivery.message], messages[$0.message])
            }
            if isOvertaken { count += 1 }
        }
        return count
    }
}
