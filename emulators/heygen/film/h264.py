"""Pictures as H.264 (ITU-T H.264, baseline), without loss and without a library.

Of the many ways to write a block of 16 by 16 points only three are used: as its neighbour's edge goes on, which takes
a few bits; as it was in the picture before, which takes less; or point by point.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from emulators.heygen.film.drawing import Picture

SIDE = 16
PROFILE, CONSTRAINTS, LEVEL = 66, 0xC0, 30
FRAME_NUMBERS = 16
POINT_BY_POINT = 25  # the number of this way among those of a picture that stands alone
OF_ITS_OWN = 5  # that are counted first in a picture which builds on the one before
ALONE, ON_THE_ONE_BEFORE = 7, 5

Block = tuple[bytes, bytes, bytes]


class Bits:
    """Bits in order, then bytes."""

    def __init__(self) -> None:
        self._done = bytearray()
        self._open = ""

    def bits(self, text: str) -> Bits:
        """Append noughts and ones."""
        self._open += text
        return self

    def number(self, value: int, width: int) -> Bits:
        """Append a number of so many bits."""
        return self.bits(f"{value:0{width}b}")

    def golomb(self, *values: int) -> Bits:
        """Append numbers of any size, small ones being short (ue(v) of the standard)."""
        for value in values:
            text = f"{value + 1:b}"
            self._open += "0" * (len(text) - 1) + text
        return self

    def raw(self, *pieces: bytes) -> None:
        """Append whole bytes, from the next whole byte on."""
        self._flush("0")
        for piece in pieces:
            self._done += piece

    def ended(self) -> bytes:
        """Everything, with the mark of the end."""
        self._open += "1"
        self._flush("0")
        return bytes(self._done)

    def _flush(self, filler: str) -> None:
        self._open += filler * (-len(self._open) % 8)
        if self._open:
            self._done += int(self._open, 2).to_bytes(len(self._open) // 8, "big")
            self._open = ""


@dataclass(frozen=True, slots=True)
class Stream:
    """Coded pictures: parameter sets, then one unit for each picture. Only the first can be begun with."""

    sequence: bytes
    picture: bytes
    units: list[bytes]


def coded(pictures: Sequence[Picture]) -> Stream:
    """Code pictures of one size, whose sides are multiples of 16."""
    first = pictures[0]
    columns, rows = first.width // SIDE, first.height // SIDE
    before = _cut_up(first)
    units = [_unit(0x65, _alone(_blocks(before), columns))]
    for number, picture in enumerate(pictures[1:], 1):
        now = _cut_up(picture, before)
        units.append(_unit(0x61, _on_the_one_before(_blocks(before), _blocks(now), number % FRAME_NUMBERS)))
        before = now
    return Stream(_unit(0x67, _sequence(columns, rows)), _unit(0x68, _picture()), units)


def _sequence(columns: int, rows: int) -> bytes:
    bits = Bits().number(PROFILE, 8).number(CONSTRAINTS, 8).number(LEVEL, 8)
    bits.golomb(0, 0, 2, 1).bits("0").golomb(columns - 1, rows - 1)
    return bits.bits("1100").ended()


def _picture() -> bytes:
    bits = Bits().golomb(0, 0).bits("00").golomb(0, 0, 0).bits("000").golomb(0, 0, 0)
    return bits.bits("100").ended()


def _alone(blocks: list[Block], columns: int) -> bytes:
    """A picture that needs no other."""
    bits = Bits().golomb(0, ALONE, 0).number(0, 4).golomb(0).bits("00").golomb(0, 1)
    by_points: list[bool] = []
    for at, block in enumerate(blocks):
        left = at - 1 if at % columns else None
        above = at - columns if at >= columns else None
        if left is not None and block == _going_right(blocks[left]):
            _going_on(bits, 2, 1, _crowd(by_points, left, above))
        elif above is not None and block == _going_down(blocks[above]):
            _going_on(bits, 1, 2, _crowd(by_points, left, above))
        else:
            bits.golomb(POINT_BY_POINT).raw(*block)
            by_points.append(True)
            continue
        by_points.append(False)
    return bits.ended()


def _on_the_one_before(before: list[Block], now: list[Block], number: int) -> bytes:
    """A picture of which only what has changed is written."""
    bits = Bits().golomb(0, ON_THE_ONE_BEFORE, 0).number(number, 4).bits("000").golomb(0, 1)
    same = 0
    for old, new in zip(before, now, strict=True):
        if old == new:
            same += 1
            continue
        bits.golomb(same, OF_ITS_OWN + POINT_BY_POINT).raw(*new)
        same = 0
    return (bits.golomb(same) if same else bits).ended()


def _going_on(bits: Bits, way: int, tint: int, crowd: float) -> None:
    """A block that goes on as a neighbour's edge, without a correction; how that is written depends on the crowd."""
    bits.golomb(way, tint, 0).bits("000011" if crowd >= 8 else "1")


def _crowd(by_points: list[bool], left: int | None, above: int | None) -> float:
    """How much was written of the neighbours on average, where a block point by point counts 16."""
    found = [16 * by_points[at] for at in (left, above) if at is not None]
    return sum(found) / len(found)


def _going_right(block: Block) -> Block:
    return _rows(block[0], SIDE), _rows(block[1], SIDE // 2), _rows(block[2], SIDE // 2)


def _rows(plane: bytes, side: int) -> bytes:
    return b"".join(plane[end : end + 1] * side for end in range(side - 1, side * side, side))


def _going_down(block: Block) -> Block:
    half = SIDE // 2
    return block[0][-SIDE:] * SIDE, block[1][-half:] * half, block[2][-half:] * half


@dataclass(frozen=True, slots=True)
class _Row:
    """A row of blocks, and the planes that it was cut from."""

    planes: Block
    blocks: list[Block]


def _blocks(rows: list[_Row]) -> list[Block]:
    return [block for row in rows for block in row.blocks]


def _cut_up(picture: Picture, before: list[_Row] | None = None) -> list[_Row]:
    """The picture's rows of blocks; those that look as in the picture before are taken from there, which is faster."""
    rows = picture.height // SIDE
    found = []
    for number in range(rows):
        luma, blue, red = (_strip(plane, number, rows) for plane in (picture.luma, picture.blue, picture.red))
        old = before[number] if before else None
        same = old is not None and old.planes == (luma, blue, red)
        found.append(old if old is not None and same else _row((luma, blue, red), picture.width))
    return found


def _strip(plane: bytearray, number: int, rows: int) -> bytes:
    size = len(plane) // rows
    return bytes(plane[number * size : (number + 1) * size])


def _row(planes: Block, width: int) -> _Row:
    bright, *tints = planes
    cut = [_pieces(bright, width, SIDE), *(_pieces(tint, width // 2, SIDE // 2) for tint in tints)]
    return _Row(planes, [(luma, blue, red) for luma, blue, red in zip(*cut, strict=True)])


def _pieces(strip: bytes, width: int, side: int) -> list[bytes]:
    lines = [strip[start : start + width] for start in range(0, width * side, width)]
    return [b"".join([line[left : left + side] for line in lines]) for left in range(0, width, side)]


def _unit(kind: int, payload: bytes) -> bytes:
    """A unit of the stream, in which no three bytes look like the beginning of another."""
    return bytes([kind]) + re.sub(rb"\0\0(?=[\0-\3])", b"\0\0\3", payload)
