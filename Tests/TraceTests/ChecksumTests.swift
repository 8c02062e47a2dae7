import CChecksum
import Testing

@Suite struct ChecksumTests {
    @Test func theCheckValueIsRight() {
        let digits = Array("123456789".utf8)
        #expect(checksum_crc32c(0, digits, 9) == 0xE306_9283)
        #expect(checksum_crc32c_by_table(0, digits, 9) == 0xE306_9283)
        #expect(checksum_crc32c(0, digits, 0) == 0 && checksum_crc32c_by_table(0, digits, 0) == 0)
    }

    /// Every length and every offset to a word, in one part and in two.
    @Test func theProcessorAgreesWithTheTable() {
        var random = SplitMix(state: 7)
        let bytes = (0..<300).map { _ in UInt8(truncatingIfNeeded: random.next()) }
        for start in 0..<9 {
            for count in 0..<200 {
                let part = Array(bytes[start..<start + count])
                let table = checksum_crc32c_by_table(0, part, count)
                let cut = count / 3
                let inTwo = part[cut...].withUnsafeBufferPointer {
                    checksum_crc32c(checksum_crc32c(0, part, cut), $0.baseAddress, $0.count)
                }
                #expect(
                    bytes[start...].withUnsafeBufferPointer { checksum_crc32c(0, $0.baseAddress, count) } == table, "\(start), \(count)")
                #expect(inTwo == table, "\(start), \(count)")
            }
        }
    }

    #if arch(x86_64)
        /// Every processor that runs this has SSE 4.2, so the table is not what is measured and used.
        @Test func theInstructionIsUsed() {
            #expect(checksum_crc32c_is_by_instruction())
        }
    #endif
}
