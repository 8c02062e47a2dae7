"""Writes and reads Waybill traces, from docs/trace-format.md alone.

trace_format.py write FILE   writes a small run, with three messages of which the last never arrives
trace_format.py read FILE    prints one line an event
"""
import struct
import sys
import zlib

MAGIC = bytes.fromhex("574254520D0A1A0A")
CHUNK = b"WBCH"


def varint(n):
    out = bytearray()
    while n >= 0x80:
        out.append(n & 0x7F | 0x80)
        n >>= 7
    out.append(n)
    return bytes(out)


def zigzag(n):
    return varint(((n << 1) ^ (n >> 63)) & (1 << 64) - 1)


def text(s):
    data = s.encode()
    return varint(len(data)) + data


def record(kind, *fields):
    body = b"".join(f if isinstance(f, bytes) else varint(f) for f in fields)
    return bytes([kind]) + varint(len(body)) + body


def header(run, writer, name, host, clock=bytes(16), mono=1, wall=2):
    names = name.encode() + host.encode()
    head = MAGIC + struct.pack("<HHIQQQIHH", 1, 0, 64 + len(names) + 4, run, mono, wall, writer, len(name.encode()), len(host.encode()))
    head += clock + names
    return head + struct.pack("<I", zlib.crc32(head))


def chunk(number, base, events, dictionary=b"", kind=0, count=0):
    payload = events + dictionary
    head = CHUNK + struct.pack("<IQIIIII", number, base, kind, count, len(payload), len(dictionary), zlib.crc32(payload))
    return head + struct.pack("<I", zlib.crc32(head)) + payload


def byte(n):
    return bytes([n])


def write(path):
    base, events = 1_000_000, []

    def event(kind, *fields):
        events.append(record(kind, zigzag(0 if not events else 1000), *fields))

    event(16, 1, byte(2))
    event(16, 2, byte(2))
    event(19, 2, text("a/#"), byte(1), byte(1))
    for n in (1, 2, 3):
        event(21, 1, 0, byte(1), n, 1, zigzag(-50), (1 << 1) | (n == 1), 1, n)
        event(23, 1, n, 1, byte(0), byte(0))
    for n in (1, 2):
        event(24, 2, 1, n, 1, 0, byte(1 | 8), n)
    event(26, byte(4), text("quiet"))
    dictionary = record(1, 1, text("publisher"), text("python")) + record(1, 2, text("subscriber"), text("python")) + record(2, 0, text("a/ü"))
    end = struct.pack("<QQ", len(events), 1)
    with open(path, "wb") as file:
        file.write(header(7, 3, "python", "anywhere") + chunk(0, base, b"".join(events), dictionary, 0, len(events)) + chunk(1, 0, end, b"", 1))


class Reader:
    def __init__(self, data):
        self.data, self.at = data, 0

    def byte(self):
        self.at += 1
        return self.data[self.at - 1]

    def varint(self):
        value = shift = 0
        while True:
            b = self.byte()
            value |= (b & 0x7F) << shift
            shift += 7
            if b < 0x80:
                return value

    def zigzag(self):
        n = self.varint()
        return (n >> 1) ^ -(n & 1)

    def take(self, n):
        self.at += n
        return self.data[self.at - n:self.at]

    def text(self):
        return self.take(self.varint()).decode()


NAMES = {16: "connected", 17: "connectionRefused", 18: "disconnected", 19: "subscribed", 20: "unsubscribed", 21: "published", 22: "resent",
         23: "completed", 24: "delivered", 25: "deliveredUnreadable", 26: "mark"}
FIELDS = {16: "vb", 17: "vb", 18: "vbb", 19: "vtbb", 20: "vt", 21: "vvbvvz", 22: "vvv", 23: "vvvbb", 24: "vvvvvbv", 25: "vvbvb", 26: "bt"}


def read(path):
    data = open(path, "rb").read()
    assert data[:8] == MAGIC
    length = struct.unpack_from("<I", data, 12)[0]
    assert zlib.crc32(data[:length - 4]) == struct.unpack_from("<I", data, length - 4)[0]
    at, total = length, 0
    while True:
        number, base, kind, count, size, names, crc, own = struct.unpack_from("<IQIIIIII", data, at + 4)
        payload = data[at + 40:at + 40 + size]
        assert data[at:at + 4] == CHUNK and own == zlib.crc32(data[at:at + 36]) and crc == zlib.crc32(payload)
        at += 40 + size
        if kind == 1:
            assert struct.unpack("<QQ", payload) == (total, number) and at == len(data)
            return
        total += count
        time, reader = base, Reader(payload[:size - names])
        while reader.at < size - names:
            kind, body = reader.byte(), Reader(reader.take(reader.varint()))
            time += body.zigzag()
            values = [{"v": body.varint, "b": body.byte, "t": body.text, "z": body.zigzag}[f]() for f in FIELDS[kind]]
            if kind == 21:
                head, process = body.varint(), 0
                for _ in range(head >> 1):
                    process += body.varint()
                    values.append(f"{process}={body.varint()}")
                values.append("full" if head & 1 else "part")
            print(NAMES[kind], time, *values)


if __name__ == "__main__":
    {"write": write, "read": read}[sys.argv[1]](sys.argv[2])
