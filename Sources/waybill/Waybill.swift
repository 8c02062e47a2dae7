internal import ArgumentParser
internal import Foundation
internal import Harness
internal import MQTT
internal import Reporting
internal import Shop
internal import Trace
internal import Workload

/// The command line.
@main
struct Waybill: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "waybill",
        abstract: "Loads an MQTT broker and proves what happened.",
        discussion: """
            Every message carries a vector timestamp, every client is traced, and a checker audits the trace: nothing lost or doubled \
            beyond what its QoS allows, order kept.

            Exit codes: 0 all good, 99 a threshold missed, 104 bad profile or option, 105 interrupted, 120 correctness violated, \
            121 inconclusive, 1 anything else.
            """,
        version: Version.text,
        subcommands: [Run.self, Check.self, ServiceCommand.self, ShopCommand.self, Export.self, Bench.self, SelfTestCommand.self])

    static func main() async {
        do {
            var command = try parseAsRoot()
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
        } catch {
            end(with: error)
        }
    }

    /// Every failure ends here: one sentence, and an exit code that says which kind.
    private static func end(with error: any Error) -> Never {
        switch error {
        case let code as Reporting.ExitCode:
            Foundation.exit(code.rawValue)
        case let error as HarnessError:
            complain("\(error)", error.kind == .badInput ? .badInput : .failure)
        case let error as ProfileError:
            complain("\(error)", .badInput)
        case let error as TraceError:
            complain("\(error)", .failure)
        case let error as MQTTError:
            complain("\(error)", .failure)
        case let error as ShopError:
            complain("\(error)", .failure)
        case is CancellationError:
            Foundation.exit(Reporting.ExitCode.interrupted.rawValue)
        default:
            let text = fullMessage(for: error)
            // Help and version were asked for; everything else that the parser says is a usage error.
            guard exitCode(for: error) != .success else {
                print(text)
                Foundation.exit(0)
            }
            FileHandle.standardError.write(Data((text + "\n").utf8))
            Foundation.exit(Reporting.ExitCode.badInput.rawValue)
        }
    }

    private static func complain(_ text: String, _ code: Reporting.ExitCode) -> Never {
        FileHandle.standardError.write(Data("waybill: \(text)\n".utf8))
        Foundation.exit(code.rawValue)
    }
}
