"""What the first bytes of a media file tell: its type and, for MP4, MOV, WebM and Matroska, how long it plays.

Pure and bounded: it reads the bytes it is given, never raises on garbage, and says which bytes it would need next.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

NEXT_BYTES = 256 * 1024
UNKNOWN_TYPE = "application/octet-stream"
_BOX_LIMIT = 2_000
_LONGEST_SECONDS = 14 * 24 * 3600.0


@dataclass(frozen=True, slots=True)
class Range:
    """`length` bytes from `start`."""

    start: int
    length: int


@dataclass(frozen=True, slots=True)
class MediaFacts:
    """`duration` is seconds. `complete`: more bytes would tell nothing new. `wanted`: the bytes to read next, from
    which `sniff` goes on with `offset=wanted.start`."""

    content_type: str
    duration: float | None = None
    complete: bool = True
    wanted: Range | None = None


def sniff(data: bytes, content_type: str | None, *, offset: int = 0) -> MediaFacts:
    """Judge `data`, the bytes of a file from `offset` on. `content_type` is what the server claims (any header form).

    The bytes win over the claim, which counts only where they say nothing. An `offset` other than 0 must be the
    start of a range that was wanted for an MP4 file.
    """
    claimed = (content_type or "").partition(";")[0].strip().lower()
    if offset:
        return _mp4(data, claimed, offset)
    if data[4:8] == b"ftyp" or (data[4:8] in _OLD_FIRST_BOXES and data[0] < _FIRST_LETTER):
        return _mp4(data, _brand(data), 0)
    if data.startswith(_EBML):
        return _matroska(data)
    return MediaFacts(_by_magic(data) or claimed or UNKNOWN_TYPE)


# -- other types ---------------------------------------------------------------------------------------------------

_MAGIC: tuple[tuple[int, bytes, str], ...] = (
    (0, b"\x89PNG\r\n\x1a\n", "image/png"),
    (0, b"\xff\xd8\xff", "image/jpeg"),
    (0, b"GIF8", "image/gif"),
    (8, b"WEBP", "image/webp"),
    (8, b"AVI ", "video/x-msvideo"),
    (8, b"WAVE", "audio/wav"),
    (0, b"%PDF-", "application/pdf"),
    (0, b"PK\x03\x04", "application/zip"),
    (0, b"\x1f\x8b", "application/gzip"),
    (0, b"ID3", "audio/mpeg"),
    (0, b"\xff\xfb", "audio/mpeg"),
    (0, b"\xff\xf3", "audio/mpeg"),
    (0, b"\xff\xf1", "audio/aac"),
    (0, b"fLaC", "audio/flac"),
    (0, b"OggS", "audio/ogg"),
    (0, b"FLV\x01", "video/x-flv"),
    (0, b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "video/x-ms-wmv"),
    (0, b"\x00\x00\x01\xba", "video/mpeg"),
    (0, b"\x00\x00\x01\xb3", "video/mpeg"),
    (0, b"#EXTM3U", "application/vnd.apple.mpegurl"),
)
_MARKUP = (b"<!doctype html", b"<html", b"<head", b"<body", b"<script", b"<!--")


def _by_magic(data: bytes) -> str | None:
    for at, magic, content_type in _MAGIC:
        if data.startswith(magic, at) and (at == 0 or data.startswith(b"RIFF")):
            return content_type
    if len(data) > 376 and data[0] == data[188] == data[376] == 0x47:
        return "video/mp2t"
    text = data[:512].removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if text.startswith(_MARKUP):
        return "text/html"
    if text.startswith(b"<?xml"):
        return "text/html" if b"<html" in text else "application/xml"
    return None


# -- MP4 and MOV ---------------------------------------------------------------------------------------------------

# Files older than `ftyp`. A size that begins with a letter would be a text such as “The free …”.
_FIRST_LETTER = 0x20
_OLD_FIRST_BOXES = frozenset({b"moov", b"mdat", b"free", b"skip", b"wide", b"pnot"})
_LONGEST_HEAD = 16
_BRANDS: dict[bytes, str] = {
    b"qt  ": "video/quicktime",
    b"M4A ": "audio/mp4",
    b"M4B ": "audio/mp4",
    b"avif": "image/avif",
    b"heic": "image/heic",
    b"heix": "image/heic",
    b"mif1": "image/heif",
    b"3gp4": "video/3gpp",
    b"3gp5": "video/3gpp",
}


@dataclass(frozen=True, slots=True)
class _Box:
    """One box: its type, where it starts, where its content starts, and where it ends (None: with the file)."""

    kind: bytes
    start: int
    content: int
    end: int | None


def _brand(data: bytes) -> str:
    if data[4:8] != b"ftyp":
        return "video/quicktime"
    return _BRANDS.get(data[8:12], "video/mp4")


def _mp4(data: bytes, content_type: str, offset: int) -> MediaFacts:
    """Look for the movie header among the top boxes; where it lies beyond `data`, want the bytes there."""
    at = 0
    for box in _boxes(data, 0, len(data)):
        if box.kind == b"moov":
            return _movie(data, box, content_type, offset)
        if box.end is None:
            return MediaFacts(content_type)
        at = box.end
    is_no_box = at + _LONGEST_HEAD <= len(data)
    if is_no_box or (offset and not at):
        return MediaFacts(content_type)
    return MediaFacts(content_type, complete=False, wanted=Range(offset + at, NEXT_BYTES))


def _movie(data: bytes, moov: _Box, content_type: str, offset: int) -> MediaFacts:
    end = len(data) if moov.end is None else min(moov.end, len(data))
    children = {box.kind: box for box in reversed([*_boxes(data, moov.content, end)])}
    duration = _header_duration(data, children.get(b"mvhd"), children.get(b"mvex"))
    if duration is not None or moov.end is None or moov.end <= len(data) or (offset and moov.start == 0):
        return MediaFacts(content_type, duration)
    return MediaFacts(content_type, complete=False, wanted=Range(offset + moov.start, NEXT_BYTES))


def _header_duration(data: bytes, header: _Box | None, extends: _Box | None) -> float | None:
    """Seconds from `mvhd`, or for a fragmented file from `mvex/mehd` in the same unit."""
    if header is None:
        return None
    version = data[header.content : header.content + 1]
    layout, skip, unknown = (">IQ", 20, 2**64 - 1) if version == b"\x01" else (">II", 12, 2**32 - 1)
    numbers = _unpack(layout, data, header.content + skip)
    if numbers is None or not numbers[0] or numbers[1] == unknown:
        return None
    return _plausible((numbers[1] or _fragments_duration(data, extends)) / numbers[0])


def _fragments_duration(data: bytes, extends: _Box | None) -> int:
    if extends is None:
        return 0
    end = len(data) if extends.end is None else min(extends.end, len(data))
    header = next((box for box in _boxes(data, extends.content, end) if box.kind == b"mehd"), None)
    if header is None:
        return 0
    layout = ">Q" if data[header.content : header.content + 1] == b"\x01" else ">I"
    numbers = _unpack(layout, data, header.content + 4)
    return numbers[0] if numbers else 0


def _boxes(data: bytes, at: int, end: int) -> Iterator[_Box]:
    """The boxes that start in `data[at:end]`; stops at the first that is none."""
    for _ in range(_BOX_LIMIT):
        head = _unpack(">I4s", data, at) if at + 8 <= end else None
        if head is None:
            return
        size, kind = head
        content = at + 8
        if size == 1:
            large = _unpack(">Q", data, content)
            if large is None:
                return
            size, content = large[0], content + 8
        if size and size < content - at:
            return
        yield _Box(kind, at, content, at + size if size else None)
        if not size:
            return
        at += size


# -- WebM and Matroska ---------------------------------------------------------------------------------------------

_EBML = b"\x1a\x45\xdf\xa3"
_DOC_TYPE = 0x4282
_SEGMENT = 0x18538067
_CLUSTER = 0x1F43B675
_INFO = 0x1549A966
_TIMESTAMP_SCALE = 0x2AD7B1
_DURATION = 0x4489
_DEFAULT_SCALE = 1_000_000


def _matroska(data: bytes) -> MediaFacts:
    elements = list(_elements(data, 0, len(data), stop_at=_SEGMENT))
    head = elements[0] if elements else None
    doc_type = _child(data, head, _DOC_TYPE)
    content_type = "video/webm" if doc_type == b"webm" else "video/x-matroska"
    segment = next((element for element in elements if element[0] == _SEGMENT), None)
    if segment is None:
        return MediaFacts(content_type, complete=False)
    for element in _elements(data, segment[1], segment[2], stop_at=_CLUSTER):
        if element[0] == _INFO:
            return MediaFacts(content_type, _info_duration(data, element))
        if element[0] == _CLUSTER:
            return MediaFacts(content_type)  # recorded live: nobody knew the length when the header was written
    return MediaFacts(content_type, complete=False)


def _info_duration(data: bytes, info: tuple[int, int, int]) -> float | None:
    """Seconds: a float in units of the timestamp scale, which counts nanoseconds."""
    raw = _child(data, info, _DURATION) or b""
    layout = {4: ">f", 8: ">d"}.get(len(raw))
    if layout is None:
        return None
    scale = int.from_bytes((_child(data, info, _TIMESTAMP_SCALE) or b"")[:8], "big") or _DEFAULT_SCALE
    return _plausible(float(struct.unpack(layout, raw)[0]) * scale / 1e9)


def _child(data: bytes, parent: tuple[int, int, int] | None, wanted: int) -> bytes | None:
    if parent is None:
        return None
    found = (data[start:end] for kind, start, end in _elements(data, parent[1], parent[2]) if kind == wanted)
    return next(found, None)


def _elements(data: bytes, at: int, end: int, *, stop_at: int | None = None) -> Iterator[tuple[int, int, int]]:
    """(id, content start, content end within `data`) of the elements in `data[at:end]`, `stop_at` being the last."""
    end = min(end, len(data))
    for _ in range(_BOX_LIMIT):
        identifier = _variable(data, at, 4, keep_marker=True)
        size = identifier and _variable(data, at + identifier[1], 8, keep_marker=False)
        if not identifier or not size or at >= end:
            return
        start = at + identifier[1] + size[1]
        is_unknown = size[0] == 2 ** (7 * size[1]) - 1
        at = end if is_unknown else start + size[0]
        yield identifier[0], start, min(at, end)
        if identifier[0] == stop_at:
            return


def _variable(data: bytes, at: int, longest: int, *, keep_marker: bool) -> tuple[int, int] | None:
    """A number of variable length and the bytes it takes; the position of the first set bit is its length."""
    if at >= len(data) or not data[at]:
        return None
    length = 9 - data[at].bit_length()
    if length > longest or at + length > len(data):
        return None
    value = int.from_bytes(data[at : at + length], "big")
    return (value if keep_marker else value & ((1 << (7 * length)) - 1)), length


# -- numbers -------------------------------------------------------------------------------------------------------


def _unpack(layout: str, data: bytes, at: int) -> tuple[Any, ...] | None:
    try:
        return struct.unpack_from(layout, data, at)
    except struct.error:
        return None


def _plausible(seconds: float) -> float | None:
    """None for what no real video has: nothing, no number, weeks."""
    return seconds if math.isfinite(seconds) and 0 < seconds <= _LONGEST_SECONDS else None
