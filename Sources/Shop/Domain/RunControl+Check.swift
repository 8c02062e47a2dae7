internal import Foundation

extension RunControl.RunPlan {
    /// The longest that a plan may have something take, in milliseconds: 30 days.
    public static let longestMilliseconds = 2_592_000_000
    /// The most of one item that there may be at the beginning.
    public static let greatestStock = 1_000_000_000

    /// What is wrong with the plan, in a few words; `nil` where a service may store it and begin.
    public var flaw: String? {
        guard let number = EventSchema.run(run), number > 0 else { return "its run is not 1 to 16 hexadecimal digits" }
        let durations = 0...Self.longestMilliseconds
        guard stock.count <= Self.greatestItems, stock.keys.allSatisfy({ Item($0) != nil }) else {
            return "its stock names something that is no item, or more than \(Self.greatestItems)"
        }
        guard stock.values.allSatisfy((0...Self.greatestStock).contains) else {
            return "its stock is not from 0 to \(Self.greatestStock) of each item"
        }
        guard durations.contains(packingMilliseconds), durations.contains(causalTimeoutMilliseconds), resendMilliseconds > 0,
            durations.contains(resendMilliseconds)
        else { return "one of its times is not from 0 to \(Self.longestMilliseconds) ms, or it sends again without a pause" }
        guard qos.allSatisfy({ ServiceName(rawValue: $0.key) != nil && (0...2).contains($0.value) }) else {
            return "its QoS are not 0, 1 or 2 for a service"
        }
        return protocolVersion.map { ["3.1.1", "5.0"].contains($0) } ?? true ? nil : "its version of MQTT is neither 3.1.1 nor 5.0"
    }

    private static var greatestItems: Int { 1_000 }
}

extension RunControl {
    /// What a message on the topic of a request turned out to be.
    enum Received: Equatable {
        /// A request that may be obeyed.
        case request(Request)
        /// A request to begin that cannot be obeyed, with the run that it is about and why, in one sentence.
        case refused(run: UInt64, String)
        /// None.
        case unreadable
    }

    /// Reads what came on the topic of a request to a service.
    static func read(topic: String, payload: [UInt8], to service: ServiceName) -> Received {
        guard let levels = topic.topicLevels(6), levels[0] == "shop", levels[1] == Party.harness.rawValue, levels[2] == service.rawValue,
            levels[3] == "run", let run = EventSchema.run(levels[4]), payload.count <= EventSchema.greatestPayload
        else { return .unreadable }
        switch levels[5] {
        case "begin":
            guard let plan = try? JSONDecoder().decode(RunPlan.self, from: Data(payload)) else {
                return .refused(run: run, "The plan of the run is not the JSON of one.")
            }
            if let flaw = plan.flaw { return .refused(run: run, "The plan of the run cannot be: \(flaw).") }
            guard plan.runNumber == run else { return .refused(run: run, "The plan is of another run than its topic.") }
            return .request(.begin(plan))
        case "end": return .request(.end(run: run))
        default: return .unreadable
        }
    }

    /// Reads the names of trace files from a service's answer: those of its own lives in a run, and nothing that leads elsewhere.
    /// - Returns: the names, relative to the directory of traces; `nil` where one of them is none, or there are none.
    public static func traceNames(_ payload: [UInt8], run: UInt64, of service: ServiceName) -> [String]? {
        guard payload.count <= 8 * EventSchema.greatestPayload, let names = try? JSONDecoder().decode([String].self, from: Data(payload)),
            !names.isEmpty, Set(names).count == names.count
        else { return nil }
        let prefix = "\(String(run, radix: 16))/\(service.rawValue)-"
        return names.allSatisfy { isTraceName($0, prefix) } ? names : nil
    }

    /// `<run>/<service>-<n>(-locks)?.trace`.
    private static func isTraceName(_ name: String, _ prefix: String) -> Bool {
        guard name.utf8.starts(with: prefix.utf8) else { return false }
        var rest = name.utf8.dropFirst(prefix.utf8.count)
        let life = rest.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        guard EventSchema.number(Substring(life), upTo: UInt64(UInt32.max)) != nil else { return false }
        rest = rest.dropFirst(life.count)
        return rest.elementsEqual(".trace".utf8) || rest.elementsEqual("-locks.trace".utf8)
    }

    /// What a service says of why it cannot go on, as it can be shown.
    public static func reason(_ payload: [UInt8]) -> String {
        guard let text = String(validating: payload, as: UTF8.self), EventSchema.isSentence(text) else {
            return "it says why in \(payload.count) bytes that cannot be shown."
        }
        return text
    }
}

extension ServiceState {
    /// Reads what came on the topic of a state; `nil` where it is no state, or one that cannot be.
    public static func read(topic: String, payload: [UInt8]) -> ServiceState? {
        guard let levels = topic.topicLevels(6), levels[0] == "shop", let service = ServiceName(rawValue: levels[1]),
            topic == ServiceState.topic(service), payload.count <= EventSchema.greatestPayload,
            let state = try? JSONDecoder().decode(ServiceState.self, from: Data(payload)), state.service == service, state.isValid
        else { return nil }
        return state
    }

    /// Whether each figure is a count, and each text can be shown.
    private var isValid: Bool {
        let counts = [
            life, processed, repeated, published, unanswered, held, concurrent, corrupt, foreign, passedOver, setAside,
        ]
        let tables = [orders, stock]
        return (counts + tables.flatMap(\.values)).allSatisfy { $0 >= 0 && UInt64($0) <= EventSchema.greatestNumber }
            && tables.allSatisfy { $0.count <= 1_000 } && orders.keys.allSatisfy(EventSchema.isName)
            && stock.keys.allSatisfy { Item($0) != nil }
            && run.map { EventSchema.run($0) != nil } ?? true
            && [instance, owes ?? "", reason ?? ""].allSatisfy { EventSchema.isSentence($0) }
    }
}
