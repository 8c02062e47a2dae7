internal import Foundation
internal import Glibc

/// What a run needs of the machine, checked before it starts, so that it does not fail halfway.
struct Preflight {
    /// Descriptors of a client on libmosquitto beside its socket: a pair of its own.
    static let descriptorsOfLibrary = 2
    /// Descriptors beside the clients': reactors, traces, the broker's pipes, result files.
    static let otherDescriptors = 48
    /// Memory of one client, measured with 1,000 connected clients at a window of 64, rounded up.
    static let memoryPerClient = 64 << 10
    /// Memory beside the clients': histograms and trace buffers.
    static let otherMemory = 96 << 20
    /// Trace bytes of one message: its publish, its outcome, and a delivery of each of a few copies.
    static let traceBytesPerMessage = 160

    /// What an order of a shop costs, in the services and in the checker. Measured with 20,000 orders of 10,000 customers that all are open at once.
    static let memoryPerOrder = 11 << 10
    /// What it costs more for each connection of customers: the stamp of nearly every message names all of them. Measured with 1,000 customers and as
    /// many connections.
    static let memoryPerOrderAndConnection = 100

    var clients: Int
    /// How many of them are on libmosquitto.
    var libraryClients = 0
    /// Connections that customers of a shop order through.
    var connections = 0
    /// Orders that they will place.
    var orders = 0
    /// Messages that will be published, as far as the profile tells.
    var messages: Int
    var directory: String

    /// - Throws: ``HarnessError`` that names what is missing and how to get it.
    func check() throws(HarnessError) {
        try checkDescriptors()
        try checkMemory()
        try checkDisk()
    }

    private func checkDescriptors() throws(HarnessError) {
        let needed = clients + libraryClients * Self.descriptorsOfLibrary + Self.otherDescriptors
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0, limit.rlim_cur < UInt(needed) else { return }
        if limit.rlim_max >= UInt(needed) {
            limit.rlim_cur = limit.rlim_max
            if setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 { return }
        }
        throw HarnessError(
            .failure,
            "This run needs \(needed) file descriptors (one for each of \(clients) clients, "
                + (libraryClients > 0 ? "\(Self.descriptorsOfLibrary) more for each of \(libraryClients) on libmosquitto, " : "")
                + "and \(Self.otherDescriptors) others), and the limit is \(limit.rlim_cur): raise it with 'ulimit -n \(needed)' or lower the counts of the profile."
        )
    }

    private func checkMemory() throws(HarnessError) {
        let stamps = orders * connections * Self.memoryPerOrderAndConnection
        let needed = clients * Self.memoryPerClient + orders * Self.memoryPerOrder + stamps + Self.otherMemory
        guard let free = availableMemory(), free < needed else { return }
        if stamps > needed / 2, connections > 1 {
            throw HarnessError(
                .failure,
                "This shop needs about \(mebibytes(needed)) MiB of memory, as its messages carry stamps that name each of \(connections) connections of customers, and "
                    + "\(mebibytes(free)) MiB are available: lower shop.connections, which any number of customers can share, or shop.orders."
            )
        }
        throw HarnessError(
            .failure,
            "This run needs about \(mebibytes(needed)) MiB of memory for \(clients) clients, and \(mebibytes(free)) MiB are available: "
                + "free some or lower the counts of the profile.")
    }

    private func checkDisk() throws(HarnessError) {
        let needed = max(16 << 20, messages * Self.traceBytesPerMessage)
        var status = statvfs()
        guard statvfs(directory, &status) == 0 else { return }
        let free = Int(status.f_bavail) * Int(status.f_frsize)
        guard free < needed else { return }
        throw HarnessError(
            .failure,
            "The trace of about \(messages) messages needs some \(mebibytes(needed)) MiB, and \(directory) has \(mebibytes(free)) MiB left: "
                + "free some or choose another disk with --out.")
    }

    private func availableMemory() -> Int? {
        guard let text = try? String(contentsOfFile: "/proc/meminfo", encoding: .utf8) else { return nil }
        let line = text.split(separator: "\n").first { $0.hasPrefix("MemAvailable:") }
        return line?.split(whereSeparator: { !$0.isNumber }).first.flatMap { Int($0) }.map { $0 * 1_024 }
    }

    private func mebibytes(_ bytes: Int) -> Int { bytes >> 20 }
}
