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

            \(ExitCodes.ofRuns)
            """,
        version: Version.text,
        subcommands: [
            Run.self, FindLimitCommand.self, LoadCommand.self, PubCommand.self, SubCommand.self, ConnCommand.self, Check.self,
            ServiceCommand.self,
            ShopCommand.self, Export.self, Bench.self, SelfTestCommand.self,
        ])

    /// Not async: what has to be so before there is a second thread is done first, and then this thread waits for signals.
    static func main() {
        StandardStream.occupyClosedDescriptors()
        let signals = Interrupts.begin()
        Task.detached { await perform() }
        Interrupts.attend(signals)
    }

    private static func perform() async -> Never {
        var command: any ParsableCommand
        do {
            command = try parseAsRoot()
        } catch {
            end(asTheParserSays: error)
        }
        do {
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
            end(.ok)
        } catch {
            end(with: error)
        }
    }

    /// Every failure ends here: one sentence, and an exit code that says which kind.
    private static func end(with error: any Error) -> Never {
        switch error {
        case let code as Reporting.ExitCode:
            end(code)
        case let error as HarnessError:
            end(error.kind == .badInput ? .badInput : .failure, "\(error)")
        case let error as ProfileError:
            end(.badInput, "\(error)")
        case is TraceError, is MQTTError, is ShopError:
            end(.failure, "\(error)")
        case is Interrupted:
            end(.interrupted, "The run had not begun to send, and has left nothing.")
        case is CancellationError:
            end(.interrupted)
        case is ValidationError:
            end(asTheParserSays: error)
        default:
            // Help is a command too.
            if exitCode(for: error) == .success { end(asTheParserSays: error) }
            let path = (error as NSError).userInfo[NSFilePathErrorKey] as? String
            end(.failure, (path.map { "\($0) cannot be used: " } ?? "") + "\(systemReason(of: error)).")
        }
    }

    /// Help and version were asked for; everything else that the parser says is a usage error.
    private static func end(asTheParserSays error: any Error) -> Never {
        let text = fullMessage(for: error)
        guard exitCode(for: error) != .success else {
            StandardStream.output.write(text + "\n")
            end(.ok)
        }
        let prefix = "Error: "
        end(.badInput, text.hasPrefix(prefix) ? String(text.dropFirst(prefix.count)) : text)
    }

    /// Ends the process. What could not be printed is no success.
    private static func end(_ code: Reporting.ExitCode, _ complaint: String? = nil) -> Never {
        Interrupts.finish()
        if let complaint { StandardStream.error.complain(complaint) }
        // A reader who has gone has what it wanted.
        if let failure = StandardStream.output.failure, failure != EPIPE {
            StandardStream.error.complain("The standard output cannot be written: \(String(cString: strerror(failure))).")
        }
        let isPrinted = StandardStream.output.failure == nil
        Foundation.exit(code == .ok && !isPrinted ? Reporting.ExitCode.failure.rawValue : code.rawValue)
    }
}
