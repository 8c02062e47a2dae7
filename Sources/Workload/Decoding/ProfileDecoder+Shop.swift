internal import Yams

extension ProfileDecoder {
    /// The shop of a profile, or `nil` where it has none or one of its values cannot be read.
    func shop(_ profile: MappingReader) -> Profile.Shop? {
        guard let reader = profile.mapping("shop", .shop) else { return nil }
        for (key, expected) in [
            ("orders", "the number of orders of all customers"), ("rate", "orders in a time, as 200/s"),
            ("stock", "how many of each item there are"),
        ] {
            reader.require(key, expected: expected)
        }
        let customers = reader.integer("customers", 1...100_000, expected: "a number of customers from 1 to 100000")
        let connections = reader.integer("connections", 1...100_000, expected: "a number of connections from 1 to 100000")
        let vendors = reader.integer("vendors", 0...Profile.Shop.items, expected: "a number of vendors from 0 to \(Profile.Shop.items)")
        let orders = reader.integer("orders", 1...100_000_000, expected: "a number of orders from 1 to 100000000")
        let rate = reader.value("rate", expected: "a rate above 0 as 50/s, 6000/min or 0.5/s", parse: Rate.init)
        let stock = reader.integer("stock", 0...1_000_000_000, expected: "a number from 0 to 1000000000")
        let shape = ShopValues(self, reader)
        let kills = kills(reader, orders: orders, rate: rate)
        guard let orders, let rate, let stock, reader.has("customers") == (customers != nil),
            reader.has("connections") == (connections != nil), reader.has("kills") == (kills != nil)
        else { return nil }
        let ordering = customers ?? 9
        return Profile.Shop(
            customers: ordering, connections: connections ?? min(ordering, Profile.Shop.usualConnections), vendors: vendors ?? 0,
            orders: orders, rate: rate,
            arrival: reader.choice("arrival", ArrivalProcess.Kind.self) ?? .constant, quantity: shape.quantity ?? 1...3, stock: stock,
            cancel: shape.share("cancel") ?? 0, cancelWithin: duration(reader, "cancel_within") ?? .milliseconds(100),
            duplicate: shape.share("duplicate") ?? 0, qos: shape.qos ?? .init(all: 1), protocolVersion: protocolVersion(reader) ?? .v5,
            packingTime: duration(reader, "packing_time") ?? .milliseconds(20),
            resendAfter: shape.wait("resend_after") ?? .seconds(2), causalTimeout: duration(reader, "causal_timeout") ?? .seconds(1),
            workers: reader.integer("workers", 1...64, expected: "a number of workers from 1 to 64") ?? 4,
            durability: reader.choice("durability", Profile.Shop.Durability.self) ?? .full, processes: reader.bool("processes") ?? false,
            bridged: reader.bool("bridged") ?? false, kills: kills)
    }

    private func kills(_ shop: MappingReader, orders: Int?, rate: Rate?) -> Profile.Shop.Kills? {
        guard let reader = shop.mapping("kills", .kills) else { return nil }
        reader.require("count", expected: "how many times a service is killed")
        let count = reader.integer("count", 1...10_000, expected: "a number of kills from 1 to 10000")
        let over = duration(reader, "over")
        if over == .zero { reader.report("over", "expected a duration above 0s") }
        guard let count, reader.has("over") == (over != nil) else { return nil }
        guard let over else {
            // Without a span of its own, all the time for which orders are placed; what is wrong with that has been reported.
            guard let orders, let rate else { return .init(count: count, over: .seconds(1)) }
            let microseconds = Double(orders) / rate.perSecond * 1e6
            return .init(count: count, over: .microseconds(Int64(max(1, min(microseconds.rounded(.down), 3e13)))))
        }
        return .init(count: count, over: over)
    }
}

/// Values of a shop that have a form of their own.
private struct ShopValues {
    let decoder: ProfileDecoder
    let reader: MappingReader

    init(_ decoder: ProfileDecoder, _ reader: MappingReader) {
        self.decoder = decoder
        self.reader = reader
    }

    /// `0.1` or `10%`.
    func share(_ key: String) -> Double? {
        reader.value(key, expected: ShareFormat.expected, parse: ShareFormat.parse)
    }

    /// A duration that cannot be nothing.
    func wait(_ key: String) -> Duration? {
        let length = decoder.duration(reader, key)
        if length == .zero { reader.report(key, "expected a duration above 0s") }
        return length
    }

    /// One number, or the least and the greatest.
    var quantity: ClosedRange<Int>? {
        let expected = "a quantity from 1 to 1000000"
        guard case .mapping? = reader["quantity"] else {
            return reader.integer("quantity", 1...1_000_000, expected: "\(expected), or min and max").map { $0...$0 }
        }
        guard let range = reader.mapping("quantity", .quantityRange) else { return nil }
        range.require("min", expected: expected)
        range.require("max", expected: expected)
        guard let least = range.integer("min", 1...1_000_000, expected: expected),
            let greatest = range.integer("max", 1...1_000_000, expected: expected)
        else { return nil }
        guard least <= greatest else {
            range.report("max", "is \(greatest), less than min, \(least); expected at least min")
            return nil
        }
        return least...greatest
    }

    /// One QoS for everybody, or one for each of those that are named.
    var qos: Profile.Shop.QoS? {
        guard case .mapping? = reader["qos"] else {
            return reader.integer("qos", UInt8(0)...2, expected: "0, 1 or 2, or one for each service and the customers")
                .map(Profile.Shop.QoS.init(all:))
        }
        guard let each = reader.mapping("qos", .shopQoS) else { return nil }
        var qos = Profile.Shop.QoS(all: 1)
        for key in each.keys {
            guard let value = each.integer(key, UInt8(0)...2, expected: "0, 1 or 2") else { continue }
            switch key {
            case "order": qos.order = value
            case "packaging": qos.packaging = value
            case "shipping": qos.shipping = value
            case "notification": qos.notification = value
            default: qos.customers = value
            }
        }
        return qos
    }
}
