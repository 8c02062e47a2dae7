/// How the harness begins and ends a run of the shop: plain JSON on topics of its own, sent at QoS 1 and never traced.
///
/// The harness asks on `shop/harness/{service}/run/{run}/{verb}`, a service answers on `shop/{service}/harness/run/{run}/{verb}`.
public enum RunControl {
    /// What the topics of all requests begin with.
    static let prefix = "shop/\(Party.harness.rawValue)/"

    /// The filter by which a service hears the harness.
    public static func filter(for service: ServiceName) -> String { "shop/harness/\(service.rawValue)/run/#" }
    /// The filter by which the harness hears the services.
    public static let harnessFilter = "shop/+/harness/run/#"

    /// What the harness asks for.
    public enum Request: Equatable, Sendable {
        /// Forget what was before, and begin.
        case begin(RunPlan)
        /// Close the trace: nothing more will come. With the run that is meant.
        case end(run: UInt64)
    }

    /// What a service answers.
    public enum Answer: String, Sendable {
        /// It has subscribed and is traced.
        case ready
        /// Its trace is closed.
        case closed
        /// It cannot; the payload says why in one sentence.
        case failed
    }

    /// What a run needs to know of the shop.
    public struct RunPlan: Codable, Equatable, Sendable {
        /// The number of the run, in hexadecimal digits, as in the trace.
        public var run: String
        /// What is on hand of each item, by its name (`car/bmw`); items that are not named have none.
        public var stock: [String: Int]
        /// How long packing takes, in milliseconds. An order can be cancelled until then.
        public var packingMilliseconds: Int
        /// The QoS at which services publish and subscribe, 0, 1 or 2; for a service that is not named, that of its own configuration.
        public var qos: [String: Int]
        /// The version of MQTT, `3.1.1` or `5.0`; `nil` for that of the service's own configuration.
        public var protocolVersion: String?
        /// After how many milliseconds without a receipt an event is sent again.
        public var resendMilliseconds: Int
        /// How long a causal inbox waits for what is missing, in milliseconds.
        public var causalTimeoutMilliseconds: Int

        /// Makes a plan.
        public init(
            run: UInt64, stock: [String: Int], packingMilliseconds: Int = 20, qos: [String: Int] = [:], protocolVersion: String? = nil,
            resendMilliseconds: Int = 2000, causalTimeoutMilliseconds: Int = 1000
        ) {
            self.run = String(run, radix: 16)
            self.stock = stock
            self.packingMilliseconds = packingMilliseconds
            self.qos = qos
            self.protocolVersion = protocolVersion
            self.resendMilliseconds = resendMilliseconds
            self.causalTimeoutMilliseconds = causalTimeoutMilliseconds
        }

        /// The number of the run; `nil` where it is no hexadecimal number.
        public var runNumber: UInt64? { EventSchema.run(run) }
    }

    /// The topic of a request.
    public static func topic(_ request: Request, to service: ServiceName) -> String {
        switch request {
        case .begin(let plan): "shop/harness/\(service.rawValue)/run/\(plan.run)/begin"
        case .end(let run): "shop/harness/\(service.rawValue)/run/\(String(run, radix: 16))/end"
        }
    }

    /// The topic of an answer.
    public static func topic(_ answer: Answer, run: UInt64, from service: ServiceName) -> String {
        "shop/\(service.rawValue)/harness/run/\(String(run, radix: 16))/\(answer.rawValue)"
    }

    /// Reads an answer's topic; `nil` for any other.
    public static func answer(topic: String) -> (service: ServiceName, run: UInt64, answer: Answer)? {
        guard let levels = topic.topicLevels(6), levels[0] == "shop", let service = ServiceName(rawValue: levels[1]),
            levels[2] == "harness",
            levels[3] == "run", let run = EventSchema.run(levels[4]), let answer = Answer(rawValue: levels[5])
        else { return nil }
        return (service, run, answer)
    }
}
