import Foundation
import Harness
import Testing

/// Services as processes that are killed for real, and the command that runs one.
@Suite(.serialized) struct ServiceCommandTests {
    /// A shop of few orders whose services are killed while these flow.
    private func profile(kills: Int, orders: Int = 200) -> String {
        """
        name: crash
        shop:
          customers: 6
          orders: \(orders)
          rate: 60/s
          arrival: poisson
          stock: 40
          cancel: 10%
          duplicate: 10%
          qos: 1
          resend_after: 1s
          durability: process
          processes: true
          kills: { count: \(kills) }
        phases: { drain: { quiet: 500ms, limit: 60s } }
        """
    }

    private func run(_ profile: String, _ arguments: [String] = []) async throws -> (code: Int32, result: [String: Any], error: String) {
        try await withTemporaryDirectory { directory in
            try profile.write(toFile: directory + "/shop.yaml", atomically: true, encoding: .utf8)
            let run = try await Tool.run(
                ["run", "shop.yaml", "--out", "out", "--format", "json", "--quiet"] + arguments, directory: directory)
            let result = try JSONSerialization.jsonObject(with: Data(run.output.utf8)) as? [String: Any]
            return (run.code, result ?? [:], "\(run.error)\n\(run.output.suffix(4000))")
        }
    }

    private func classes(_ result: [String: Any]) -> [String: Int] {
        var counts: [String: Int] = [:]
        for anomaly in result["anomalies"] as? [[String: Any]] ?? [] {
            if let name = anomaly["class"] as? String { counts[name] = anomaly["count"] as? Int }
        }
        return counts
    }

    @Test(arguments: [UInt64(1), 2]) func killedServicesLoseAndDoubleNothing(seed: UInt64) async throws {
        let (code, result, error) = try await run(profile(kills: 8), ["--seed", "\(seed)"])
        #expect(code == 0, "seed \(seed): \(error)")
        #expect(result["verdict"] as? String == "pass")
        let shop = try #require(result["shop"] as? [String: Any])
        #expect((shop["kills"] as? [Any])?.count == 8)
        let orders = try #require(shop["orders"] as? [String: Int])
        #expect(orders["placed"] == 200 && orders["unconfirmed"] == 0)
        let lives = (shop["services"] as? [[String: Any]])?.compactMap { $0["life"] as? Int } ?? []
        // A service that is killed again before it has begun anew has no life in between.
        #expect((5...12).contains(lives.reduce(0, +)), "\(lives)")
    }

    /// Acknowledged before it is stored: what a service had received when it was killed is gone.
    @Test func withoutTheCommitBeforeTheAcknowledgementMessagesAreLost() async throws {
        let (code, result, error) = try await run(profile(kills: 12, orders: 300), ["--defect", "acknowledges-before-commit"])
        #expect(code == 120, "\(error)")
        let classes = classes(result)
        #expect((classes["lost"] ?? 0) + (classes["unseen"] ?? 0) > 0, "\(classes)")
    }

    /// The services connect as the profile says: to a broker with TLS, whose authority nobody else trusts.
    @Test func servicesInProcessesConnectWithTLS() async throws {
        try await withTemporaryDirectory { directory in
            let made = try await Tool.shell(
                """
                openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost \
                    -addext subjectAltName=DNS:localhost -keyout server.key -out server.pem && chmod 644 server.key
                """, directory: directory)
            try #require(made.code == 0, "\(made)")
            try await ForeignBroker.mosquitto(settings: ["certfile \(directory)/server.pem", "keyfile \(directory)/server.key"]) { broker in
                let yaml =
                    profile(kills: 1, orders: 60)
                    + "\ntarget: { broker: 'mqtts://localhost:\(broker.port)', tls: { ca_file: server.pem } }\n"
                try yaml.write(toFile: directory + "/shop.yaml", atomically: true, encoding: .utf8)
                let run = try await Tool.run(["run", "shop.yaml", "--out", "out", "--quiet"], directory: directory)
                #expect(run.code == 0, "\(run)")
            }
        }
    }

    /// Thousands who connect take no descriptor that the service needs for its store, its trace or its broker.
    @Test func whoConnectsTakesNoDescriptorThatTheServiceNeeds() async throws {
        try await ForeignBroker.mosquitto { broker in
            try await withTemporaryDirectory { directory in
                let port = try #require(Loopback.freePort())
                let command = "\"$WAYBILL\" service packaging --broker mqtt://127.0.0.1:\(broker.port) --http \(port)"
                let service = try await Tool.shell(
                    """
                    (ulimit -n 64; exec \(command)) 2>log & service=$!
                    well() { "$WAYBILL" service packaging --http \(port) --health 2>/dev/null; }
                    until well; do kill -0 $service || exit 2; done
                    # Each of these takes a connection and says nothing.
                    for i in $(seq 200); do exec {idle}<>/dev/tcp/127.0.0.1/\(port) || exit 3; done
                    well || exit 4
                    ls /proc/$service/fd | wc -l
                    kill -TERM $service; wait $service
                    """, directory: directory)
                #expect(service.code == 0, "\(service)")
                #expect(try #require(Int(service.output.trimmingCharacters(in: .whitespacesAndNewlines))) < 48, "\(service)")
                let log = try String(contentsOfFile: directory + "/log", encoding: .utf8)
                #expect(log.contains("stopped") && !log.contains("Too many open files"), "\(log)")
            }
        }
    }

    @Test func anUnknownServiceOrSettingIsOneSentence() async throws {
        let service = try await Tool.run(["service", "billing"])
        #expect(
            service.code == 104
                && service.error == "waybill: 'billing' is no service: expected order, packaging, shipping or notification.\n")
        let setting = try await Tool.shell("WAYBILL_QOS=3 $WAYBILL service order")
        #expect(setting.code == 104 && setting.error == "waybill: WAYBILL_QOS is '3'; expected 0, 1, 2.\n")
        let option = try await Tool.run(["service", "order", "--workers", "0"])
        #expect(option.code == 104 && option.error == "waybill: --workers is '0'; expected 1 to 64.\n")
        let unreachable = try await Tool.shell("cd $(mktemp -d) && $WAYBILL service order --broker mqtt://127.0.0.1:9")
        #expect(unreachable.code == 1 && unreachable.error.contains("No connection to 127.0.0.1:9"), "\(unreachable)")
        let health = try await Tool.run(["service", "order", "--health", "--http", "9"])
        #expect(health.code == 1 && health.error.contains("not well, or not there"))
        let shop = try await Tool.run(["shop", "--once", "--broker", "mqtt://127.0.0.1:9"])
        #expect(shop.code == 1 && shop.error.contains("No connection to 127.0.0.1:9"), "\(shop)")
    }
}
