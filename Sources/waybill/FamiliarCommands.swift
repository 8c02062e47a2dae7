internal import ArgumentParser
internal import Foundation
internal import Harness
internal import Workload

/// `waybill pub`: publishers alone, with the flags of emqtt_bench.
struct PubCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pub",
        abstract: "Publish alone, with the flags of emqtt_bench pub and mosquitto_pub.",
        discussion: """
            What is verified is what a publisher sees: that each message was acknowledged as its QoS says, and that no connection was lost. What is \
            never received cannot be proved delivered: for that there is 'waybill load'. Payloads are Waybill's own, so a profile or 'waybill load' \
            elsewhere does not take them for its messages.

            \(ExitCodes.ofRuns)
            """,
        helpNames: .long)

    @Option(
        name: [.customShort("t"), .long],
        help: "The topic. %i is the client's number from 0, %c its identifier, %u the user, %s the message's number.")
    var topic: String

    @Option(name: [.customShort("s"), .long], help: "The payload in bytes.")
    var size = "256"

    @Option(name: [.customShort("q"), .long], parsing: .unconditional, help: "The QoS, 0, 1 or 2.")
    var qos = "0"

    @Option(
        name: [.customShort("I"), .customLong("interval_of_msg"), .customLong("interval-of-msg")], parsing: .unconditional,
        help: "Milliseconds from one message of a client to the next. 0: as fast as the window lets it.")
    var messageInterval = 1_000

    @Option(
        name: [.customShort("L"), .long], parsing: .unconditional,
        help: "So many messages of all clients together, in equal shares; then it is over. 0: as many as the time allows.")
    var limit = 0

    @Option(name: [.customShort("r"), .long], help: "Whether the broker retains each message: true or false.")
    var retain = false

    @OptionGroup
    var load: FamiliarLoad

    func run() async throws {
        let count = load.clients.count
        var publish = ["topic: \(MadeProfile.quoted(topic))", "qos: \(qos)", "size: \(MadeProfile.quoted(size))", "retain: \(retain)"]
        guard messageInterval >= 0 else { throw HarnessError(.badInput, "--interval_of_msg is \(messageInterval); expected 0 or more.") }
        publish.append("rate: \(messageInterval == 0 ? "unlimited" : FamiliarOptions.rate(everyMilliseconds: messageInterval))")
        if limit != 0 {
            guard limit > 0, count > 0, limit.isMultiple(of: count) else {
                throw HarnessError(
                    .badInput,
                    "--limit \(limit) does not come out even for \(count) clients; expected a multiple of --count, as \(max(1, limit / max(1, count)) * count)."
                )
            }
            publish.append("messages: \(limit / count)")
        }
        try await load.run(
            "pub", asking: "Does the broker take every message?", "publishers", "publish: { \(publish.joined(separator: ", ")) }",
            endsItself: limit != 0)
    }
}

/// `waybill sub`: subscribers to what others send, with the flags of emqtt_bench.
struct SubCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sub",
        abstract: "Subscribe to what others send, with the flags of emqtt_bench sub and mosquitto_sub.",
        discussion: """
            What comes is counted. That it was complete, once and in order cannot be verified, since nobody knows what the others sent; verified is that \
            it matches a subscription, and that no connection was lost. Where nothing comes the run is inconclusive.

            \(ExitCodes.ofRuns)
            """,
        helpNames: .long)

    @Option(
        name: [.customShort("t"), .long],
        help: "A topic filter, as often as it is given. %i is the client's number from 0, %c its identifier, %u the user.")
    var topic: [String]

    @Option(name: [.customShort("q"), .long], parsing: .unconditional, help: "The QoS to ask for, 0, 1 or 2.")
    var qos = "0"

    @OptionGroup
    var load: FamiliarLoad

    func run() async throws {
        let filters = topic.map(MadeProfile.quoted).joined(separator: ", ")
        try await load.run(
            "sub", asking: "How much comes of what others send?", "subscribers",
            "subscribe: { filters: [\(filters)], qos: \(qos), strangers: true }")
    }
}

/// `waybill conn`: connections alone, with the flags of emqtt_bench.
struct ConnCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "conn",
        abstract: "Connect and stay, with the flags of emqtt_bench conn.",
        discussion: """
            Verified is that every client connected and that no connection was lost. Nothing is sent, so nothing is verified about messages.

            \(ExitCodes.ofRuns)
            """,
        helpNames: .long)

    @OptionGroup
    var load: FamiliarLoad

    func run() async throws {
        try await load.run("conn", asking: "Does every client get a connection and keep it?", "clients", "idle: true")
    }
}
