"""Small but well-formed media: MP4 files with a given duration, captions, and HTTP byte ranges."""

from __future__ import annotations

import hashlib
import re
import struct
import zlib

from starlette.responses import Response

TIMESCALE = 1000
UNKNOWN_DURATION = 0xFFFF_FFFF
UNITY_MATRIX = struct.pack(">9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x4000_0000)
MP3_FRAME_SECONDS = 1152 / 44_100
SRT_BEGINNING = re.compile(rb"(?:\xef\xbb\xbf)?\s*\d+\s*\r?\n\d+:\d\d:\d\d[,.]\d{1,3} --> \d+:\d\d:\d\d[,.]\d{1,3}")
GIF = (
    b"GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;"
)
SILENT_MP3_FRAME = b"\xff\xfb\x90\x64" + bytes(413)


def box(kind: str, *parts: bytes) -> bytes:
    """One ISO base media box."""
    payload = b"".join(parts)
    return struct.pack(">I4s", 8 + len(payload), kind.encode()) + payload


def mp4(name: str, seconds: float | None, *, size: int = 2_000, moov_last: bool = False) -> bytes:
    """An MP4 of about `size` bytes whose header says `seconds` (None: that the duration is unknown).

    The content differs by `name`. `moov_last` puts the header behind the data, as cameras do.
    """
    brands = box("ftyp", b"isom", struct.pack(">I", 0x200), b"isomiso2mp41")
    header, data = _moov(seconds), box("mdat", filler(name, size))
    return brands + (data + header if moov_last else header + data)


def filler(name: str, size: int) -> bytes:
    """`size` repeatable bytes that differ by `name`."""
    return hashlib.shake_128(name.encode()).digest(size)


def mp4_seconds(content: bytes) -> float | None:
    """The duration an MP4's header tells, or None where it tells none (or this is not an MP4)."""
    at = content.find(b"mvhd")
    if at < 0 or len(content) < at + 24:
        return None
    timescale, duration = struct.unpack_from(">II", content, at + 16)
    return None if duration in (0, UNKNOWN_DURATION) or not timescale else duration / timescale


def _moov(seconds: float | None) -> bytes:
    duration = UNKNOWN_DURATION if seconds is None else round(seconds * TIMESCALE)
    return box("moov", _mvhd(duration), _video_track(duration))


def _mvhd(duration: int) -> bytes:
    times = struct.pack(">5I", 0, 0, 0, TIMESCALE, duration)
    volume = struct.pack(">IH10x", 0x10000, 0x0100)
    return box("mvhd", times, volume, UNITY_MATRIX, bytes(24), struct.pack(">I", 2))


def _video_track(duration: int) -> bytes:
    """A video track without samples: enough for every header reader."""
    times = struct.pack(">6I", 7, 0, 0, 1, 0, duration)
    header = box("tkhd", times, bytes(8), struct.pack(">4H", 0, 0, 0, 0), UNITY_MATRIX, _size(1280, 720))
    media = box("mdhd", struct.pack(">5IHH", 0, 0, 0, TIMESCALE, duration, 0x55C4, 0))
    handler = box("hdlr", bytes(8), b"vide", bytes(12), b"VideoHandler\0")
    reference = box("dinf", box("dref", struct.pack(">II", 0, 1), box("url ", struct.pack(">I", 1))))
    information = box("minf", box("vmhd", struct.pack(">I4H", 1, 0, 0, 0, 0)), reference, _empty_samples())
    return box("trak", header, box("mdia", media, handler, information))


def _size(width: int, height: int) -> bytes:
    return struct.pack(">II", width << 16, height << 16)


def _empty_samples() -> bytes:
    tables = [box(kind, bytes(8)) for kind in ("stsd", "stts", "stsc", "stco")]
    return box("stbl", *tables, box("stsz", bytes(12)))


def png(name: str, width: int = 64, height: int = 36) -> bytes:
    """A picture of one colour, which differs by `name`."""
    colour = hashlib.sha256(name.encode()).digest()[:3]
    rows = (b"\0" + colour * width) * height
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = (("IHDR", header), ("IDAT", zlib.compress(rows)), ("IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind.encode(), data) for kind, data in chunks)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def mp3(seconds: float) -> bytes:
    """Silence of about that length."""
    return SILENT_MP3_FRAME * max(1, round(seconds / MP3_FRAME_SECONDS))


def wav_seconds(header: bytes) -> float | None:
    """The length that a WAV file's 44 bytes of header tell."""
    if len(header) < 44 or header[:4] != b"RIFF" or header[36:40] != b"data":
        return None
    rate = struct.unpack_from("<I", header, 28)[0]
    return float(struct.unpack_from("<I", header, 40)[0] / rate) if rate else None


def is_srt(content: bytes) -> bool:
    """Whether text looks like SubRip: a number, then two times with an arrow between them."""
    return SRT_BEGINNING.match(content) is not None


def srt(language: str, seconds: float) -> str:
    """Captions with one cue over the whole video."""
    return f"1\n{_stamp(0, ',')} --> {_stamp(seconds, ',')}\nEmulated captions in {language}.\n"


def vtt(language: str, seconds: float) -> str:
    """The same as `srt` in WebVTT."""
    return f"WEBVTT\n\n{_stamp(0, '.')} --> {_stamp(seconds, '.')}\nEmulated captions in {language}.\n"


def _stamp(seconds: float, separator: str) -> str:
    whole, milliseconds = divmod(round(seconds * 1000), 1000)
    return f"{whole // 3600:02}:{whole // 60 % 60:02}:{whole % 60:02}{separator}{milliseconds:03}"


def ranged(content: bytes, media_type: str, asked: str | None) -> Response:
    """`content` or the single byte range `asked` for (a Range header's value): 200, 206 or 416."""
    headers = {"Accept-Ranges": "bytes"}
    match = re.fullmatch(r"bytes=(\d*)-(\d*)", asked or "")
    if match is None or not (match[1] or match[2]):
        return Response(content, media_type=media_type, headers=headers)
    span = _span(match[1], match[2], len(content))
    if span is None:
        return Response(status_code=416, headers=headers | {"Content-Range": f"bytes */{len(content)}"})
    first, last = span
    headers["Content-Range"] = f"bytes {first}-{last}/{len(content)}"
    return Response(content[first : last + 1], 206, headers, media_type)


def _span(first: str, last: str, size: int) -> tuple[int, int] | None:
    """First and last byte position of a range, or None where it cannot be satisfied."""
    if not first:
        return (max(0, size - int(last)), size - 1) if int(last) and size else None
    start, end = int(first), min(int(last), size - 1) if last else size - 1
    return (start, end) if start <= end else None
