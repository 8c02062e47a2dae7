// CRC-32C (Castagnoli): polynomial 0x82F63B78 reflected, start and final value 0xFFFFFFFF. Of `123456789` it is 0xE3069283.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// The checksum of `count` more bytes behind those of which it is `crc`; 0 before the first. By the processor's own instruction where it has one.
uint32_t checksum_crc32c(uint32_t crc, const void *bytes, size_t count);

// The same by a table, for processors without the instruction.
uint32_t checksum_crc32c_by_table(uint32_t crc, const void *bytes, size_t count);

// Whether checksum_crc32c uses an instruction of the processor.
bool checksum_crc32c_is_by_instruction(void);
