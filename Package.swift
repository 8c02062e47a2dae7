// swift-tools-version: 6.3
import PackageDescription

/// Every target of ours is built alike: Swift 6 mode, and the upcoming features that make isolation and imports explicit.
/// One build serves the program, its benchmarks and the tests, which look into its modules: so a release build can be tested too.
let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("ExistentialAny"),
    .unsafeFlags(["-enable-testing"], .when(configuration: .release)),
]

/// What runs for each message of a load. Debug builds, which the tests are run in too, check at run time that no two accesses to a property overlap; in a
/// release build the check would cost more than some of what it guards.
let hot: [SwiftSetting] = settings + [.unsafeFlags(["-enforce-exclusivity=unchecked"], .when(configuration: .release))]

/// What the tests hold against brute force on tens of thousands of random histories is optimised in debug builds too: without that these tests are most
/// of the time that the suite takes.
let optimised: [SwiftSetting] = hot + [.unsafeFlags(["-O"], .when(configuration: .debug))]

/// Most tests wait for something or compare texts, so in release builds too they are compiled without optimisation, which is sooner done.
let unoptimised: [SwiftSetting] = settings + [.unsafeFlags(["-Onone"], .when(configuration: .release))]

func library(_ name: String, _ dependencies: [Target.Dependency] = [], _ settings: [SwiftSetting] = settings) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: settings)
}

func tests(
    _ name: String, _ dependencies: [Target.Dependency], _ settings: [SwiftSetting] = unoptimised, resources: [Resource] = []
) -> Target {
    .testTarget(name: name, dependencies: dependencies, resources: resources, swiftSettings: settings)
}

let asyncAlgorithms = Target.Dependency.product(name: "AsyncAlgorithms", package: "swift-async-algorithms")
let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let collections = Target.Dependency.product(name: "Collections", package: "swift-collections")
let grdb = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")
let histogram = Target.Dependency.product(name: "Histogram", package: "hdrhistogram-swift")
let nioCore = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let nioHTTP1 = Target.Dependency.product(name: "NIOHTTP1", package: "swift-nio")
let nioPosix = Target.Dependency.product(name: "NIOPosix", package: "swift-nio")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let subprocess = Target.Dependency.product(name: "Subprocess", package: "swift-subprocess")
let systemPackage = Target.Dependency.product(name: "SystemPackage", package: "swift-system")
let yams = Target.Dependency.product(name: "Yams", package: "Yams")

let package = Package(
    name: "waybill",
    products: [
        .executable(name: "waybill", targets: ["waybill"])
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-async-algorithms", from: "1.1.4"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/HdrHistogram/hdrhistogram-swift", from: "0.2.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.2"),
        .package(url: "https://github.com/apple/swift-system", from: "1.8.1"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    ],
    targets: [
        // System
        .target(name: "CLinux"),
        .target(name: "CChecksum"),
        .systemLibrary(name: "CMosquitto", pkgConfig: "libmosquitto", providers: [.apt(["libmosquitto-dev"])]),
        .systemLibrary(name: "COpenSSL", pkgConfig: "openssl", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),

        // What a run is made of
        library("Reactor", ["CLinux", collections], hot),
        library("Causality", ["CZlib"], optimised),
        library("Printing", [], optimised),
        library("Trace", ["Causality", "CChecksum", "CZlib", "Printing", systemPackage], optimised),

        // What uses it
        library("MQTT", ["CMosquitto", "COpenSSL", "Reactor", collections], hot),
        library("Tracing", ["MQTT", "Reactor", "Trace"], hot),
        library("Workload", ["Causality", "CChecksum", "CZlib", "Printing", yams]),
        library("Measurement", [histogram, "CZlib"], hot),
        library("HTTPBorder", [nioCore, nioHTTP1, nioPosix]),
        library("Verification", ["Trace", "Causality", collections], optimised),

        // The system under test that comes with it
        library(
            "Shop",
            ["Causality", "CZlib", "HTTPBorder", "MQTT", "Reactor", "Trace", "Tracing", asyncAlgorithms, collections, grdb, logging]),

        // What proves that the verdict can be trusted
        library("Simulation", ["Trace", "Causality", "Verification"], optimised),

        // What runs it
        library(
            "Harness",
            [
                "Workload", "MQTT", "Shop", "Verification", "Trace", "Tracing", "Causality", "Reactor", "Measurement", "Printing", "CLinux",
                collections,
                logging, subprocess, systemPackage,
            ], hot),
        library("Reporting", ["Measurement", "Verification", "Trace", "Causality", "Printing"]),
        .executableTarget(
            name: "waybill",
            dependencies: [
                "Harness", "MQTT", "Reporting", "Shop", "Verification", "Simulation", "Workload", "Trace", "Measurement", "Causality",
                "Printing", "Reactor", "HTTPBorder", argumentParser, logging,
            ],
            swiftSettings: settings),

        tests("PrintingTests", ["Printing"]),
        tests("CausalityTests", ["Causality"], optimised),
        tests("TraceTests", ["Trace", "Causality", "CChecksum"], resources: [.copy("VersionOne")]),
        tests("VerificationTests", ["Verification", "Trace", "Causality"], optimised),
        tests("SimulationTests", ["Simulation", "Verification", "Trace", "Causality"], optimised),
        tests("WorkloadTests", ["Workload", "Causality"]),
        tests("ReactorTests", ["Reactor"]),
        tests("MQTTTests", ["MQTT", "Reactor", "Harness"]),
        tests("MeasurementTests", ["Measurement"]),
        tests("HTTPBorderTests", ["HTTPBorder", nioCore, .product(name: "NIOEmbedded", package: "swift-nio"), nioHTTP1]),
        tests(
            "ShopTests", ["Shop", "Harness", "MQTT", "Reactor", "Trace", "Causality", "Verification", "Workload", grdb, logging, yams]),
        tests("ReportingTests", ["Reporting", "Measurement", "Verification", "Trace", "Causality"], resources: [.copy("Snapshots")]),
        tests(
            "HarnessTests",
            [
                "Causality", "Harness", "Shop", "Workload", "Verification", "Trace", "Reporting", "Measurement", "MQTT", "Reactor", logging,
                yams,
            ]),
        tests("CommandTests", ["waybill", "Harness", "Trace", "Causality", subprocess, systemPackage], resources: [.copy("Cases")]),
    ]
)

// Built by scripts/fuzz alone: libFuzzer brings the entry point, so this has none of its own.
if Context.environment["WAYBILL_FUZZ"] != nil {
    package.targets.append(
        .executableTarget(
            name: "waybill-fuzz",
            dependencies: [
                "Causality", "CChecksum", "CZlib", "HTTPBorder", "MQTT", "Reporting", "Shop", "Trace", "Verification", "Workload", nioCore,
                .product(name: "NIOEmbedded", package: "swift-nio"),
            ],
            swiftSettings: settings + [.unsafeFlags(["-parse-as-library"])]))
}
