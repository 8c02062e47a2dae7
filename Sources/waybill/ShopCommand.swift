internal import ArgumentParser
internal import Foundation
internal import Harness
internal import MQTT
internal import Reporting
internal import Shop
internal import Synchronization
internal import Workload

/// `waybill shop`.
struct ShopCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "shop",
        abstract: "Show the state of a running shop: orders by state, stock, rates.",
        discussion: """
            Reads what the services say of themselves twice a second, from the broker, and shows it until Ctrl-C, which is its end and no failure.

            Exit codes: 0 the state was shown, 104 bad option, 105 interrupted before that, 1 anything else, such as no services there.
            """)

    @OptionGroup(title: "Connection (default: mqtt://127.0.0.1:1883)")
    var connection: ConnectionOptions

    @Flag(help: "Show the state once, when every service has been heard, and end.")
    var once = false

    @Option(help: "How long --once waits for the services, in seconds.")
    var wait = 5.0

    func run() async throws {
        let (url, tls) = try connection.targetOrLoopback(ServiceSettings(ProcessInfo.processInfo.environment))
        var session = SessionConfiguration(
            host: url.host, port: url.port, clientID: "waybill-shop-\(ProcessInfo.processInfo.processIdentifier)")
        if let user = url.user { session.credentials = .init(user: user, password: url.password) }
        session.tls = tls
        let watch = StateWatch(session)
        let board = ShopBoard()
        let sentence = once ? "nothing is shown." : "the watching ends."
        do {
            try await Interrupts.cancelling(sentence) { try await observe(watch, board) }
        } catch is CancellationError where !once && StandardStream.output.failure == nil {
            return
        }
        if once {
            guard board.isComplete else {
                throw HarnessError(
                    .failure, "No state of \(board.missing) came within \(wait) s: are the services of the shop running at \(url)?")
            }
            StandardStream.output.write(board.view(at: Date()).text(width: Terminal.outputWidth))
        }
    }

    /// Takes what the services say until all is known that was asked for.
    private func observe(_ watch: StateWatch, _ board: ShopBoard) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                try await watch.run { state in
                    board.take(state)
                    return !(once && board.isComplete)
                }
            }
            group.addTask { try await show(board) }
            defer { group.cancelAll() }
            try await group.next()
        }
    }

    /// Shows the board once a second; with `--once`, just waits.
    private func show(_ board: ShopBoard) async throws {
        if once { return try await Task.sleep(for: .seconds(wait)) }
        // On a terminal the picture stays in its place; elsewhere one follows the other.
        let clear = StandardStream.output.isTerminal && !Terminal.isDumb ? "\u{1B}[H\u{1B}[2J" : ""
        while true {
            try await Task.sleep(for: .seconds(1))
            guard StandardStream.output.write(clear + board.view(at: Date()).text(width: Terminal.outputWidth) + "\n") else { return }
        }
    }
}

/// What is known of each service, and what was known at the look before.
final class ShopBoard: Sendable {
    private struct State {
        var latest: [ServiceName: ServiceState] = [:]
        var before: [ServiceName: (processed: Int, at: Date)] = [:]
    }

    private let state = Mutex(State())

    func take(_ new: ServiceState) { state.withLock { $0.latest[new.service] = new } }

    var isComplete: Bool { state.withLock { $0.latest.count == ServiceName.allCases.count } }

    /// The services that have not been heard.
    var missing: String {
        state.withLock { state in ServiceName.allCases.filter { state.latest[$0] == nil }.map(\.rawValue).joined(separator: ", ") }
    }

    func view(at now: Date) -> ShopView {
        state.withLock { state in
            ShopView(
                services: ServiceName.allCases.map { name in
                    var service = ShopView.Service(name: name.rawValue)
                    guard let latest = state.latest[name] else { return service }
                    service.run = latest.run
                    service.life = latest.life
                    service.processed = latest.processed
                    service.repeated = latest.repeated
                    service.unanswered = latest.unanswered
                    service.held = latest.held
                    service.isAtRest = latest.isAtRest
                    service.orders = latest.orders
                    service.stock = latest.stock
                    if let before = state.before[name], now > before.at, latest.processed >= before.processed {
                        service.rate = Double(latest.processed - before.processed) / now.timeIntervalSince(before.at)
                    }
                    state.before[name] = (latest.processed, now)
                    return service
                })
        }
    }
}
