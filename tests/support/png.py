"""PNG read by its specification: chunks with their checksums, and pixels through zlib."""
import struct
import zlib

SIGNATURE = b"\x89PNG\r\n\x1a\n"


class Png:
    """8-bit grey, RGB, palette or RGBA, not interlaced: what a picture of ours can be."""

    def __init__(self, data):
        if data[:8] != SIGNATURE:
            raise ValueError("does not begin as a PNG does")
        self.chunks = []
        at = 8
        while at < len(data):
            length, = struct.unpack_from(">I", data, at)
            kind, body = data[at + 4:at + 8], data[at + 8:at + 8 + length]
            crc, = struct.unpack_from(">I", data, at + 8 + length)
            if zlib.crc32(kind + body) != crc:
                raise ValueError(f"checksum of {kind!r} is wrong")
            self.chunks.append((kind.decode("ascii"), body))
            at += 12 + length
        if self.chunks[0][0] != "IHDR" or self.chunks[-1] != ("IEND", b""):
            raise ValueError("does not run from IHDR to IEND")
        (self.width, self.height, self.depth, self.color, _, _,
         self.interlace) = struct.unpack(">IIBBBBB", self.chunks[0][1])

    def chunk(self, kind):
        for name, body in self.chunks:
            if name == kind:
                return body
        return None

    @property
    def texts(self):
        """tEXt, zTXt and iTXt, by keyword."""
        found = {}
        for kind, body in self.chunks:
            key, _, rest = body.partition(b"\0")
            if kind == "tEXt":
                found[key.decode("latin-1")] = rest.decode("latin-1")
            elif kind == "zTXt":
                found[key.decode("latin-1")] = zlib.decompress(rest[1:]).decode("latin-1")
            elif kind == "iTXt":
                packed, _, after = rest[0], rest[1], rest[2:]
                _, _, after = after.partition(b"\0")
                _, _, text = after.partition(b"\0")
                found[key.decode("latin-1")] = (zlib.decompress(text) if packed else text).decode("utf-8")
        return found

    def rows(self):
        """Lists of bytes, one a row, filters undone."""
        channels = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[self.color]
        if self.depth != 8 or self.interlace:
            raise ValueError("is of a kind that is not read here")
        raw = zlib.decompress(b"".join(body for kind, body in self.chunks if kind == "IDAT"))
        stride = self.width * channels
        if len(raw) != (stride + 1) * self.height:
            raise ValueError("has too few or too many pixels")
        before = bytearray(stride)
        for y in range(self.height):
            start = y * (stride + 1)
            line = bytearray(raw[start + 1:start + 1 + stride])
            unfilter(raw[start], line, before, channels)
            yield line
            before = line

    def colors(self, step=4):
        """The distinct pixels of every step-th row and column."""
        channels = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[self.color]
        seen = set()
        for y, line in enumerate(self.rows()):
            if y % step == 0:
                seen.update(bytes(line[x:x + channels]) for x in range(0, len(line), channels * step))
        return seen


def unfilter(kind, line, before, channels):
    if kind == 1:
        for i in range(channels, len(line)):
            line[i] = (line[i] + line[i - channels]) & 255
    elif kind == 2:
        for i, up in enumerate(before):
            line[i] = (line[i] + up) & 255
    elif kind == 3:
        for i in range(len(line)):
            left = line[i - channels] if i >= channels else 0
            line[i] = (line[i] + (left + before[i]) // 2) & 255
    elif kind == 4:
        for i in range(len(line)):
            left = line[i - channels] if i >= channels else 0
            corner = before[i - channels] if i >= channels else 0
            guess = left + before[i] - corner
            near = min((abs(guess - left), 0, left), (abs(guess - before[i]), 1, before[i]),
                       (abs(guess - corner), 2, corner))
            line[i] = (line[i] + near[2]) & 255
    elif kind != 0:
        raise ValueError(f"row filter {kind} is none")
