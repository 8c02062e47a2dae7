import Glibc
import Testing

@testable import Measurement

@Suite("Process usage")
struct ProcessUsageTests {
    /// Work until the thread's own clock says that 50 ms of CPU time were used; how long that takes does not matter.
    private func burn() {
        let begin = ProcessUsage.threadCPUSeconds()
        while ProcessUsage.threadCPUSeconds() - begin < 0.05 {}
    }

    @Test("Work shows in the clocks of the thread, of the process, and of the process by its id")
    func cpu() throws {
        let thread = ProcessUsage.threadCPUSeconds()
        let own = ProcessUsage.cpuSeconds()
        let byId = try #require(ProcessUsage.cpuSeconds(ofProcess: getpid()))
        burn()
        #expect(ProcessUsage.threadCPUSeconds() - thread >= 0.05)
        #expect(ProcessUsage.cpuSeconds() - own >= 0.05)
        #expect(try #require(ProcessUsage.cpuSeconds(ofProcess: getpid())) - byId >= 0.05)
        #expect(ProcessUsage.cpuSeconds() >= ProcessUsage.threadCPUSeconds())
    }

    @Test("Another process has a clock of its own, and none once it is gone")
    func otherProcess() throws {
        var pid = pid_t()
        var arguments: [UnsafeMutablePointer<CChar>?] = [strdup("sleep"), strdup("60"), nil]
        defer { for argument in arguments { free(argument) } }
        try #require(posix_spawnp(&pid, "sleep", nil, nil, &arguments, environ) == 0)
        // A process that sleeps uses next to nothing, and this one, whose clock it must not be, more than that.
        burn()
        let seconds = ProcessUsage.cpuSeconds(ofProcess: pid)
        kill(pid, SIGKILL)
        waitpid(pid, nil, 0)
        #expect(try #require(seconds) < 0.05)
        #expect(ProcessUsage.cpuSeconds(ofProcess: pid) == nil)
    }

    @Test("Peak memory grows with the memory that is touched")
    func memory() throws {
        let before = try #require(ProcessUsage.peakMemoryBytes())
        let size = before + 64 << 20
        // Touched page by page, the allocation alone exceeds everything before it.
        let block = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 4096)
        defer { block.deallocate() }
        memset(block, 1, size)
        #expect(try #require(ProcessUsage.peakMemoryBytes()) > before)
    }
}
