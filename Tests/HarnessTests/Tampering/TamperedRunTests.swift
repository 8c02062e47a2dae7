import Causality
import Harness
import MQTT
import Synchronization
import Testing
import Trace
import Verification
import Workload

/// Whole runs of the wire engine against a real mosquitto, with a proxy in between that does one thing wrong: exactly that is found. And nothing is found
/// where it does nothing.
@Suite(.timeLimit(.minutes(5))) struct TamperedRunTests {
    @Test(arguments: TamperedCase.ofMessages + TamperedCase.ofStates)
    func exactlyTheFaultIsFound(_ fault: TamperedCase) async throws {
        try await withTemporaryDirectory { directory in
            try await EmbeddedBroker.with(
                settings: ["max_inflight_messages 0", "max_queued_messages 0"], directory: directory
            ) { broker in
                let proxy = TamperingProxy(to: broker.port, fault.fault())
                defer { proxy.close() }
                let outcome = try await Scenario(
                    """
                    name: tampered
                    target: {broker: "mqtt://127.0.0.1:\(proxy.port)"}
                    groups:
                    \(fault.groups)
                    phases: {drain: {quiet: 500ms, limit: 10s}}
                    expectations: {\(fault.expectations)}
                    """
                ).run()
                #expect(
                    Set(outcome.classes.keys) == Set([fault.expected].compactMap(\.self)), "\(outcome.check.anomalies.map(\.witnesses))")
                if fault.expected == nil { #expect(outcome.check.verdict == .pass, "\(outcome.check.doubts)") }
            }
        }
    }
}
