import Foundation
import Testing

/// INT, TERM, HUP and QUIT: the first says what happens and ends things properly, the second ends them at once.
@Suite(.timeLimit(.minutes(2))) struct SignalTests {
    private static let longProfile = shortProfile.replacingOccurrences(of: "hold: 1s", with: "hold: 10m")
    /// The subscriber reads nothing, so that the end of a run takes as long as it may.
    private static let stalledProfile = longProfile.replacingOccurrences(of: "qos: 2}}", with: "qos: 2, stall: {after: 100ms, for: 9m}}}")
        .replacingOccurrences(of: "count: 2, subscribe", with: "count: 2, keepalive: 0s, subscribe")

    /// Starts a command in the background, with job control: without it a shell has it ignore INT and QUIT. Then runs `script`, in which `$!` is its
    /// process, and waits for it to end.
    private func signalled(_ command: String, profile: String = longProfile, _ script: String, in directory: String) async throws
        -> Finished
    {
        try profile.write(toFile: directory + "/p.yaml", atomically: true, encoding: .utf8)
        return try await Tool.shell(
            "set -m; \(command) >output 2>errors & set +m; \(script); wait $!; code=$?; cat output; cat errors >&2; exit $code",
            directory: directory)
    }

    /// Waits until the run has brought a part of its trace to the disk, so that it is in the middle of its work.
    private static let begun = "until [ \"$(cat out/latest/*.trace 2>/dev/null | wc -c)\" -ge 1000 ]; do sleep 0.02; done"
    /// Waits until signals are taken. The thread that waits for them shows none as blocked while it does, and the others do.
    private static let taken = "until grep -qs SigBlk:.*[1-9a-f] /proc/$!/task/*/status; do :; done"

    private func expectNoBroker(in directory: String) async throws {
        let text = try String(contentsOfFile: directory + "/out/latest/broker.pid", encoding: .utf8)
        let broker = try #require(Int32(text.trimmingCharacters(in: .whitespacesAndNewlines)))
        var lives = true
        for _ in 0..<200 where lives {
            lives = kill(broker, 0) == 0
            if lives { try await Task.sleep(for: .milliseconds(50)) }
        }
        #expect(!lives)
    }

    @Test(arguments: [("INT", "interrupted"), ("TERM", "SIGTERM"), ("HUP", "SIGHUP"), ("QUIT", "SIGQUIT")])
    func theFirstEndsARunProperly(signal: String, name: String) async throws {
        try await withTemporaryDirectory { directory in
            let run = try await signalled(
                "\"$WAYBILL\" run p.yaml --out out --quiet", "\(Self.begun); kill -\(signal) $!", in: directory)
            #expect(run.code == 105, "\(run)")
            #expect(run.output.hasPrefix("PASS") && run.output.contains("interrupted"), "\(run)")
            #expect(run.error == "waybill: \(name): the run ends within 5 s, and is then checked; once more ends it at once.\n")
            let result = try String(contentsOfFile: directory + "/out/latest/result.json", encoding: .utf8)
            #expect(result.contains("\"interrupted\" : true"))
            try await expectNoBroker(in: directory)
        }
    }

    @Test func theSecondEndsARunAtOnce() async throws {
        try await withTemporaryDirectory { directory in
            let run = try await signalled(
                "\"$WAYBILL\" run p.yaml --out out --quiet", profile: Self.stalledProfile,
                "\(Self.begun); kill -INT $!; until grep -q once errors; do sleep 0.01; done; kill -TERM $!", in: directory)
            #expect(run.code == 105 && run.output.isEmpty, "\(run)")
            #expect(run.error.hasSuffix("waybill: SIGTERM once more: ended at once. What was recorded stays.\n"), "\(run)")
            #expect(!FileManager.default.fileExists(atPath: directory + "/out/latest/result.json"))
            try await expectNoBroker(in: directory)
        }
    }

    /// Nobody takes what the first signal is answered with, so the thread that waits for signals is held up while the second comes.
    @Test func theSecondCountsWhileTheFirstIsStillTold() async throws {
        try await withTemporaryDirectory { directory in
            let run = try await signalled(
                "{ mkfifo full; exec 3<>full; head -c 65536 /dev/zero >&3; exec \"$WAYBILL\" run p.yaml --out out --quiet 2>&3; }",
                profile: Self.stalledProfile, "\(Self.begun); kill -INT $!; sleep 0.05; kill -TERM $!", in: directory)
            #expect(run.code == 105, "\(run)")
            try await expectNoBroker(in: directory)
        }
    }

    /// As a broker that answers nothing any more, whose connections stand.
    @Test func aFrozenBrokerHoldsNoRunUp() async throws {
        try await withTemporaryDirectory { directory in
            let run = try await signalled(
                "\"$WAYBILL\" run p.yaml --out out",
                // A row comes every second: behind the second one a whole second has passed without an answer.
                "\(Self.begun); kill -STOP $(cat out/latest/broker.pid); rows=$(grep -c hold errors); "
                    + "until [ $(grep -c hold errors) -ge $((rows + 2)) ]; do sleep 0.02; done; kill -TERM $!", in: directory)
            #expect(run.code == 105, "\(run)")
            #expect(run.output.hasPrefix("INCONCLUSIVE") && run.output.contains("interrupted"), "\(run)")
            try await expectNoBroker(in: directory)
        }
    }

    @Test func aRunThatWaitsForItsBrokerEndsAndLeavesNothing() async throws {
        try await withTemporaryDirectory { directory in
            // Connections are made and never answered.
            let mute = try MuteListener()
            let run = try await signalled(
                "\"$WAYBILL\" run p.yaml --out out --broker mqtt://127.0.0.1:\(mute.port)",
                // Its connection stands (state 01), so it waits for an answer.
                "until grep -q \"\(String(format: "0100007F:%04X 01", mute.port))\" /proc/net/tcp; do sleep 0.02; done; kill -INT $!",
                in: directory)
            #expect(run.code == 105 && run.output.isEmpty, "\(run)")
            #expect(run.error.contains("waybill: interrupted: the run ends"), "\(run)")
            #expect(run.error.hasSuffix("waybill: The run had not begun to send, and has left nothing.\n"), "\(run)")
            #expect(try FileManager.default.contentsOfDirectory(atPath: directory + "/out").isEmpty)
        }
    }

    /// In the first moments there may be a run or not; it ends as one that was interrupted all the same.
    @Test(arguments: [60, 120, 250]) func earlySignalsAreTakenToo(milliseconds: Int) async throws {
        try await withTemporaryDirectory { directory in
            let run = try await signalled(
                "\"$WAYBILL\" run p.yaml --out out --quiet",
                "\(Self.taken); sleep 0.\(String(format: "%03d", milliseconds)); kill -INT $!",
                in: directory)
            #expect(run.code == 105, "\(run)")
            #expect(run.error.hasPrefix("waybill: interrupted: "), "\(run)")
        }
    }

    @Test func nohupStaysWhatItIs() async throws {
        try await withTemporaryDirectory { directory in
            let run = try await signalled(
                "nohup \"$WAYBILL\" run p.yaml --out out --quiet", "\(Self.begun); kill -HUP $!; kill -TERM $!", in: directory)
            #expect(run.code == 105 && run.error.contains("waybill: SIGTERM: ") && !run.error.contains("SIGHUP"), "\(run)")
        }
    }

    @Test func aSelfTestEndsAndRemovesItsTraces() async throws {
        try await withTemporaryDirectory { directory in
            let test = try await signalled(
                "TMPDIR=$PWD/scratch \"$WAYBILL\" selftest --runs 100000",
                "mkdir -p scratch; until [ -n \"$(ls scratch/waybill-selftest-* 2>/dev/null)\" ]; do sleep 0.02; done; kill -TERM $!",
                in: directory)
            #expect(test.code == 105 && test.output.isEmpty, "\(test)")
            #expect(test.error == "waybill: SIGTERM: the self-test ends without a verdict.\n")
            #expect(try FileManager.default.contentsOfDirectory(atPath: directory + "/scratch").isEmpty)
        }
    }

    @Test func aCheckEndsAtOnce() async throws {
        try await withTemporaryDirectory { directory in
            // Nobody ever writes into the pipe, so opening it waits.
            try #require(mkfifo(directory + "/pipe.trace", 0o600) == 0)
            let check = try await signalled(
                "\"$WAYBILL\" check pipe.trace",
                "until grep -qs wait_for_partner /proc/$!/task/*/wchan; do sleep 0.02; done; kill -HUP $!", in: directory)
            #expect(check.code == 105 && check.output.isEmpty, "\(check)")
            #expect(check.error == "waybill: SIGHUP: the check ends without a verdict.\n")
        }
    }

    @Test func watchingAndServingEndWithoutAFailure() async throws {
        try await withTemporaryDirectory { directory in
            /// Sends a signal once the command has a connection, so that it is in the middle of its work.
            func ended(_ command: String, by signal: String) async throws -> Finished {
                let mute = try MuteListener()
                let connection = String(format: "0100007F:%04X 01", mute.port)
                return try await signalled(
                    "\"$WAYBILL\" \(command) --broker mqtt://127.0.0.1:\(mute.port)",
                    "until grep -q '\(connection)' /proc/net/tcp; do sleep 0.02; done; kill -\(signal) $!", in: directory)
            }
            let shop = try await ended("shop", by: "TERM")
            #expect(shop.code == 0 && shop.error == "waybill: SIGTERM: the watching ends.\n", "\(shop)")
            let service = try await ended("service order", by: "HUP")
            #expect(service.code == 0, "\(service)")
            #expect(service.error.contains("waybill: SIGHUP: the service stores what it has received and ends.\n"), "\(service)")
            let once = try await ended("shop --once --wait 60", by: "INT")
            #expect(once.code == 105 && once.error == "waybill: interrupted: nothing is shown.\n", "\(once)")
        }
    }
}

/// Takes connections on loopback and says nothing.
final class MuteListener {
    let port: UInt16
    private let descriptor: CInt

    init() throws {
        descriptor = socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let descriptor = descriptor
        let isBound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, length) == 0 && listen(descriptor, 64) == 0 && getsockname(descriptor, $0, &length) == 0
            }
        }
        try #require(isBound)
        port = UInt16(bigEndian: address.sin_port)
    }

    deinit { close(descriptor) }
}
