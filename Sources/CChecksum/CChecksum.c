#include "CChecksum.h"

#include <string.h>

#if defined(__x86_64__)
#include <nmmintrin.h>
#define WITH_INSTRUCTION __attribute__((target("sse4.2")))
static bool has_instruction(void) { return __builtin_cpu_supports("sse4.2"); }
#define STEP_64(crc, word) _mm_crc32_u64(crc, word)
#define STEP_8(crc, byte) _mm_crc32_u8((uint32_t)(crc), byte)
#elif defined(__aarch64__)
#include <arm_acle.h>
#include <sys/auxv.h>
#define WITH_INSTRUCTION __attribute__((target("crc")))
// HWCAP_CRC32, whose name is in a header of the kernel that not every system installs.
static bool has_instruction(void) { return getauxval(AT_HWCAP) & (1 << 7); }
#define STEP_64(crc, word) __crc32cd((uint32_t)(crc), word)
#define STEP_8(crc, byte) __crc32cb((uint32_t)(crc), byte)
#endif

// What four bits that leave the register at its low end do to the rest of it.
static const uint32_t table[16] = {
    0x00000000, 0x105EC76F, 0x20BD8EDE, 0x30E349B1, 0x417B1DBC, 0x5125DAD3, 0x61C69362, 0x7198540D,
    0x82F63B78, 0x92A8FC17, 0xA24BB5A6, 0xB21572C9, 0xC38D26C4, 0xD3D3E1AB, 0xE330A81A, 0xF36E6F75,
};

uint32_t checksum_crc32c_by_table(uint32_t crc, const void *bytes, size_t count) {
    const uint8_t *next = bytes;
    crc = ~crc;
    for (; count > 0; count--) {
        crc ^= *next++;
        crc = crc >> 4 ^ table[crc & 15];
        crc = crc >> 4 ^ table[crc & 15];
    }
    return ~crc;
}

#ifdef WITH_INSTRUCTION
WITH_INSTRUCTION static uint32_t by_instruction(uint32_t crc, const void *bytes, size_t count) {
    const uint8_t *next = bytes;
    uint64_t sum = (uint32_t)~crc;
    for (; count >= 8; count -= 8, next += 8) {
        uint64_t word;
        memcpy(&word, next, 8);
        sum = STEP_64(sum, word);
    }
    for (; count > 0; count--) sum = STEP_8(sum, *next++);
    return ~(uint32_t)sum;
}

// Found out once, before main: a check at each call would cost as much as a short checksum.
static uint32_t (*chosen)(uint32_t, const void *, size_t) = checksum_crc32c_by_table;

__attribute__((constructor)) static void choose(void) {
    if (has_instruction()) chosen = by_instruction;
}

uint32_t checksum_crc32c(uint32_t crc, const void *bytes, size_t count) { return chosen(crc, bytes, count); }

bool checksum_crc32c_is_by_instruction(void) { return chosen != checksum_crc32c_by_table; }
#else
uint32_t checksum_crc32c(uint32_t crc, const void *bytes, size_t count) { return checksum_crc32c_by_table(crc, bytes, count); }

bool checksum_crc32c_is_by_instruction(void) { return false; }
#endif
