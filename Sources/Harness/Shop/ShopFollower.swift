internal import MQTT
internal import Reactor
internal import Shop

/// A vendor that follows everything about its item, and says nothing.
final class ShopFollower: TracedClient {
    private let item: Item
    private let context: ShopContext

    init(vendor: Int, context: ShopContext) {
        item = Catalogue.items[vendor]
        self.context = context
        super.init(
            process: context.plan.process(ofVendor: vendor), name: "vendor of \(item)", group: "vendors",
            configuration: context.plan.session(clientID: "vendor-\(context.plan.hexadecimalID)-\(vendor)"),
            filters: [ShopTopic.filter(following: item)], requested: context.plan.qos, record: context)
    }

    override var name: String { "vendor of \(item)" }

    override func received(_ topic: Span<UInt8>, _ payload: Span<UInt8>, _ delivery: Delivery) {
        _ = note(topic, payload, delivery, at: MonotonicClock.now, in: context)
    }

    /// What it waits for, in a few words; `nil` when at rest.
    var whatItAwaits: String? { session.isConnected ? nil : "the \(name) is not connected" }
}
