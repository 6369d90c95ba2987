"""Pictures as planes of a YUV 4:2:0 image: plain colours, a face, and letters."""

from __future__ import annotations

import hashlib
import zlib
from dataclasses import dataclass, field
from struct import pack

from emulators.heygen.film.letters import ADVANCE, HEIGHT, points

Colour = tuple[int, int, int]  # brightness 16 to 235, then how blue and how red, 128 being neither

WHITE: Colour = (235, 128, 128)
DARK: Colour = (40, 128, 128)
SKIN: Colour = (178, 108, 150)
HAIR: Colour = (58, 118, 142)
SHIRT: Colour = (196, 132, 124)


@dataclass(slots=True)
class Picture:
    """One picture; both sides are even."""

    width: int
    height: int
    luma: bytearray = field(init=False)
    blue: bytearray = field(init=False)
    red: bytearray = field(init=False)

    def __post_init__(self) -> None:
        size = self.width * self.height
        self.luma, self.blue, self.red = bytearray(size), bytearray(size // 4), bytearray(size // 4)

    def copy(self) -> Picture:
        """Another one that looks the same."""
        other = Picture(self.width, self.height)
        other.luma[:], other.blue[:], other.red[:] = self.luma, self.blue, self.red
        return other

    def fill(self, left: int, top: int, width: int, height: int, colour: Colour) -> None:
        """Paint a rectangle; its colour is as exact as two points."""
        for row in range(top, top + height):
            _span(self.luma, self.width, row, left, width, colour[0])
        for row in range(top // 2, (top + height + 1) // 2):
            _span(self.blue, self.width // 2, row, left // 2, (width + 1) // 2, colour[1])
            _span(self.red, self.width // 2, row, left // 2, (width + 1) // 2, colour[2])

    def ellipse(self, centre: tuple[int, int], radii: tuple[int, int], colour: Colour) -> None:
        """Paint an ellipse."""
        for offset in range(-radii[1], radii[1], 2):
            half = int(radii[0] * (1 - ((offset + 1) / radii[1]) ** 2) ** 0.5) & ~1
            self.fill(centre[0] - half, centre[1] + offset, 2 * half, 2, colour)

    def write(self, text: str, left: int, top: int, size: int) -> None:
        """Write a line of letters, each point being `size` wide, in white."""
        for place, letter in enumerate(text):
            for column, row in points(letter):
                at = left + (place * ADVANCE + column) * size
                for line in range(size):
                    _span(self.luma, self.width, top + row * size + line, at, size, WHITE[0])

    def png(self) -> bytes:
        """The picture as a PNG."""
        seen = _Colours()
        rows = bytearray()
        for row in range(self.height):
            start, half = row * self.width, row // 2 * (self.width // 2)
            pairs = range(half, half + self.width // 2)
            wide = [(self.blue[at], self.red[at]) for at in pairs for _ in (0, 1)]
            bright = self.luma[start : start + self.width]
            rows += b"\0" + b"".join(seen[light, *tint] for light, tint in zip(bright, wide, strict=True))
        header = pack(">IIBBBBB", self.width, self.height, 8, 2, 0, 0, 0)
        chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(bytes(rows))), (b"IEND", b""))
        return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, data) for kind, data in chunks)


LINE_HEIGHT = HEIGHT + 3


def background(name: str) -> Colour:
    """A dark colour that differs by `name`."""
    first, second, third = hashlib.sha256(name.encode()).digest()[:3]
    return 62 + first % 24, 96 + second % 72, 92 + third % 64


class _Colours(dict[Colour, bytes]):
    """Red, green and blue of each colour that was asked for."""

    def __missing__(self, colour: Colour) -> bytes:
        light, blue, red = 1.164 * (colour[0] - 16), colour[1] - 128, colour[2] - 128
        parts = light + 1.596 * red, light - 0.392 * blue - 0.813 * red, light + 2.017 * blue
        self[colour] = found = bytes(min(255, max(0, round(part))) for part in parts)
        return found


def _span(plane: bytearray, width: int, row: int, left: int, count: int, value: int) -> None:
    begin, end = max(0, left), min(width, left + count)
    if 0 <= row < len(plane) // width and begin < end:
        plane[row * width + begin : row * width + end] = bytes([value]) * (end - begin)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return pack(">I", len(data)) + kind + data + pack(">I", zlib.crc32(kind + data))
