"""Writes and reads Waybill traces, from docs/trace-format.md alone.

trace_format.py write FILE       writes a small run, with three messages of which the last never arrives
trace_format.py write-all FILE   writes one event of each kind
trace_format.py read FILE        prints one line an event, of a file of version 1 or 2
"""
import struct
import sys
import zlib

MAGIC = bytes.fromhex("574254520D0A1A0A")
CHUNK = b"WBCH"
WORD = (1 << 64) - 1


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc = crc >> 8 ^ CRC32C[(crc ^ byte) & 0xFF]
    return crc ^ 0xFFFFFFFF


def crc32c_entry(n):
    for _ in range(8):
        n = n >> 1 ^ (0x82F63B78 if n & 1 else 0)
    return n


CRC32C = [crc32c_entry(n) for n in range(256)]


def varint(n):
    out = bytearray()
    while n >= 0x80:
        out.append(n & 0x7F | 0x80)
        n >>= 7
    out.append(n)
    return bytes(out)


def zigzag(n):
    return varint(((n << 1) ^ (n >> 63)) & WORD)


def text(s):
    data = s.encode()
    return varint(len(data)) + data


def record(kind, *fields):
    body = b"".join(f if isinstance(f, bytes) else varint(f) for f in fields)
    return bytes([kind]) + varint(len(body)) + body


def header(run, writer, name, host, clock=bytes(16), mono=1, wall=2):
    names = name.encode() + host.encode()
    head = MAGIC + struct.pack("<HHIQQQIHH", 2, 0, 64 + len(names) + 4, run, mono, wall, writer, len(name.encode()), len(host.encode()))
    head += clock + names
    return head + struct.pack("<I", crc32c(head))


def chunk(number, base, events, dictionary=b"", kind=0, count=0):
    payload = events + dictionary
    head = CHUNK + struct.pack("<IQIIIII", number, base, kind, count, len(payload), len(dictionary), crc32c(payload))
    return head + struct.pack("<I", crc32c(head)) + payload


def byte(n):
    return bytes([n])


def follow(lane=None, time=0, sequence=0, second=0):
    """The next event of a lane: the one named, or that of the last event that has one."""
    step, rest = 0x80, b""
    if lane is not None:
        step, rest = step | 0x40, varint(lane)
    for bit, value in ((1, time), (2, sequence), (4, second)):
        if value:
            step, rest = step | bit, rest + zigzag(value)
    return bytes([step]) + rest


def process(number, name):
    return record(1, number, text(name), text("python"))


def topic(number, name):
    return record(2, number, text(name))


def save(path, base, events, dictionary):
    end = struct.pack("<QQ", len(events), 1)
    with open(path, "wb") as file:
        file.write(header(7, 3, "python", "anywhere") + chunk(0, base, b"".join(events), dictionary, 0, len(events)) + chunk(1, 0, end, b"", 1))


def write(path):
    events = []

    def event(kind, *fields):
        events.append(record(kind, zigzag(0 if not events else 1000), *fields))

    event(16, 1, byte(2))
    event(16, 2, byte(2))
    event(19, 2, text("a/#"), byte(1), byte(1), byte(0), 1 + 500)
    event(21 + 64, 0, 1, 0, byte(1), 1, 1, zigzag(-50), (1 << 1) | 1, 1, 1)
    event(23 + 64, 1, 1, 1, 1, byte(0), byte(0))
    for _ in (2, 3):
        events.extend((follow(lane=0, time=1000), follow(lane=1, time=1000)))
    event(24 + 64, 2, 2, 1, 1, 1, 0, byte(1 | 8), 1)
    events.append(follow(time=1000))
    event(26, byte(4), text("quiet"))
    save(path, 1_000_000, events, process(1, "publisher") + process(2, "subscriber") + topic(0, "a/ü"))


def write_all(path):
    events = []

    def event(kind, *fields):
        events.append(record(kind, zigzag(0 if not events else 1000), *fields))

    event(16, 1, byte(1 | 4))
    event(17, 1, byte(135))
    event(18, 1, byte(142), byte(1))
    event(19, 1, text("a/#"), byte(2), byte(1), byte(4 | 8), 1 + 500)
    event(19, 1, text("old"), byte(1), byte(1))
    event(19, 1, text("unsaid"), byte(1), byte(128), byte(0), 0)
    event(20, 1, text("a/#"))
    event(21, 1, 0, byte(2 | 4 | 8), 1 << 40, 2, zigzag(-50), (2 << 1) | 1, 1, 7, 2, 1 << 40)
    event(22, 1, 1 << 40, 2)
    event(23, 1, 1 << 40, 2, byte(1), byte(151))
    event(24, 1, 3, 1 << 40, 2, 0, byte(2 | 4 | 8 | 16), 65535)
    event(25, 1, 0, byte(1), 9, byte(1))
    event(26, byte(7), text("a note"))
    event(27, 1, text("till"), zigzag(-5))
    event(28, 1, text("till"), 1, zigzag(-5), zigzag(-3), 250)
    event(29, 1, text("till"), 1, zigzag(-8), 0)
    event(30, 1, text("order/placed"), zigzag(-1 << 40))
    event(31, 1, 65535)
    event(32, 1, 3, 1 << 40, 2, byte(1))
    event(33, 1, 0, byte(1 | 4), 8, 1)
    event(34, 1, text("order"), text("o-ü"), text("placed"))
    event(35, 1, text("stock"), text("item-1"), text(""), text("on_hand"), 1 << 40, text("o-ü"))
    # A publisher whose own count is one ahead of its sequence, and another process in its past
    event(21 + 64, 0, 1, 0, byte(1), 7, 1, zigzag(-50), (2 << 1) | 1, 1, 8, 2, 5)
    event(21 + 64, 1, 2, 0, byte(2), 7, 1, zigzag(0), (1 << 1) | 1, 2, 7)
    event(23 + 64, 2, 1, 7, 1, byte(0), byte(0))
    event(24 + 64, 3, 1, 3, 9, 1, 0, byte(1), 65534)
    event(31 + 64, 4, 1, 65534)
    events.append(follow())
    events.append(follow(lane=3, time=-1000))
    events.append(follow(time=2000, sequence=-5, second=99))
    events.append(follow(lane=4, second=7))
    events.append(follow(lane=2, sequence=1))
    events.append(follow(lane=0, time=10, second=50))
    events.append(follow(lane=1, sequence=2))
    # Its number is given to another
    event(24 + 64, 3, 1, 3, 9, 1, 0, byte(0), 0)
    events.append(follow())
    save(path, 1_000_000, events, process(1, "client") + topic(0, "a/ü"))


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
         23: "completed", 24: "delivered", 25: "deliveredUnreadable", 26: "mark", 27: "lockCreated", 28: "acquired", 29: "released",
         30: "counted", 31: "acknowledged", 32: "processed", 33: "will", 34: "entered", 35: "moved"}
# v: varint, b: byte, t: text, z: zigzag; capitals may be absent
FIELDS = {16: "vb", 17: "vb", 18: "vbb", 19: "vtbbBV", 20: "vt", 21: "vvbvvz", 22: "vvv", 23: "vvvbb", 24: "vvvvvbv", 25: "vvbvb", 26: "bt",
          27: "vtz", 28: "vtvzzv", 29: "vtvzv", 30: "vtz", 31: "vv", 32: "vvvvb", 33: "vvbvv", 34: "vttt", 35: "vttttvt"}


def packet_behind(last, step):
    return (0 if last == 0 else 1 if last == 65535 else last + 1) + step


class Lane:
    """What the next event of a lane has, from the one before."""

    def __init__(self, kind, values, stamp):
        self.kind, self.values = kind, values
        if kind == 21:
            own = [count for process, count in stamp[1] if process == values[0]]
            self.ahead = own[0] - values[3] if own else None
            self.alone = stamp[0] and len(stamp[1]) == 1 and bool(own)

    def next(self, sequence, second):
        values = self.values = list(self.values)
        if self.kind == 31:
            assert sequence == 0
            values[1] = packet_behind(values[1], second)
            return values, None
        place = {21: 3, 23: 1, 24: 2}[self.kind]
        values[place] = values[place] + 1 + sequence & WORD
        if self.kind == 21:
            # A signed word
            values[5] = (values[5] + second + (1 << 63) & WORD) - (1 << 63)
            return values, (self.alone, [(values[0], values[3] + self.ahead & WORD)])
        if self.kind == 24:
            values[6] = packet_behind(values[6], second)
        else:
            assert second == 0
        return values, None


def events(reader, base, has_lanes):
    """The events of a chunk: kind, time, fields, stamp."""
    time, lanes, lane = base, [], None
    while reader.at < len(reader.data):
        kind = reader.byte()
        if has_lanes and kind & 0x80:
            assert kind & 0x38 == 0
            if kind & 0x40:
                lane = lanes[reader.varint()]
            steps = [reader.zigzag() if kind & bit else 0 for bit in (1, 2, 4)]
            time = time + steps[0] & WORD
            values, stamp = lane.next(*steps[1:])
            yield lane.kind, time, values, stamp
            continue
        body = Reader(reader.take(reader.varint()))
        time = time + body.zigzag() & WORD
        number = None
        if has_lanes and kind - 64 in (21, 23, 24, 31):
            kind, number = kind - 64, body.varint()
        fields = {"v": body.varint, "b": body.byte, "t": body.text, "z": body.zigzag}
        values = [fields[f.lower()]() if body.at < len(body.data) or f.islower() else 0 for f in FIELDS[kind]]
        stamp = None
        if kind == 21:
            head, process, entries = body.varint(), 0, []
            for _ in range(head >> 1):
                process += body.varint()
                entries.append((process, body.varint()))
            stamp = (head & 1 == 1, entries)
        if number is not None:
            assert number <= len(lanes)
            lane = Lane(kind, values, stamp)
            lanes[number:number + 1] = [lane]
        yield kind, time, values, stamp


def read(path):
    data = open(path, "rb").read()
    assert data[:8] == MAGIC
    version = struct.unpack_from("<H", data, 8)[0]
    checksum = {1: zlib.crc32, 2: crc32c}[version]
    length = struct.unpack_from("<I", data, 12)[0]
    assert checksum(data[:length - 4]) == struct.unpack_from("<I", data, length - 4)[0]
    at, total = length, 0
    while True:
        number, base, kind, count, size, names, crc, own = struct.unpack_from("<IQIIIIII", data, at + 4)
        payload = data[at + 40:at + 40 + size]
        assert data[at:at + 4] == CHUNK and own == checksum(data[at:at + 36]) and crc == checksum(payload)
        at += 40 + size
        if kind == 1:
            assert struct.unpack("<QQ", payload) == (total, number) and at == len(data)
            return
        total += count
        for kind, time, values, stamp in events(Reader(payload[:size - names]), base, version == 2):
            count -= 1
            more = [f"{process}={n}" for process, n in stamp[1]] + ["full" if stamp[0] else "part"] if stamp else []
            print(NAMES[kind], time, *values, *more)
        assert count == 0


if __name__ == "__main__":
    {"write": write, "write-all": write_all, "read": read}[sys.argv[1]](sys.argv[2])
