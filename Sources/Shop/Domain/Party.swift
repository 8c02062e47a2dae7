/// Who takes part in the shop: the second and third level of every topic.
public enum Party: String, Codable, CaseIterable, Sendable {
    /// Whoever orders: the harness's customers, or a user's.
    case customer
    /// Takes orders in.
    case order
    /// Keeps the stock, reserves, packs.
    case packaging
    /// Ships what is packed.
    case shipping
    /// Tells customers.
    case notification
    /// Who begins and ends runs.
    case harness
    /// Who watches the state of the services.
    case monitor
}

/// The four services.
public enum ServiceName: String, Codable, CaseIterable, Sendable {
    /// Takes orders in.
    case order
    /// Keeps the stock, reserves, packs.
    case packaging
    /// Ships what is packed.
    case shipping
    /// Tells customers.
    case notification

    /// The service as a party of a topic.
    public var party: Party {
        switch self {
        case .order: .order
        case .packaging: .packaging
        case .shipping: .shipping
        case .notification: .notification
        }
    }

    /// Its process number in every trace of a run; customers and followers have those from 16 on.
    public var process: UInt32 {
        switch self {
        case .order: 1
        case .packaging: 2
        case .shipping: 3
        case .notification: 4
        }
    }
}

/// What the last level of a topic says about the event.
public enum EventKind: String, Codable, CaseIterable, Sendable {
    /// Please do your part of this order.
    case request
    /// Please do not, if you have not yet.
    case cancel
    /// Its stock is set aside.
    case reserved
    /// There is not enough stock.
    case failed
    /// It was cancelled in time, and its stock is free again.
    case cancelled
    /// It has left.
    case shipped
    /// What became of it, to its customer.
    case status
    /// The events named in it are stored.
    case receipt
}
