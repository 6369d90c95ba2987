"""How long a recording plays, from its first bytes: WAV and MP3. Pure, bounded, and never raising on garbage.

MP4 sound (`.m4a`) is read like video, by `agent.media`.
"""

from __future__ import annotations

import struct

_LONGEST_SECONDS = 24 * 3600.0
_ID3_HEAD = 10
_SEARCHED = 64 * 1024  # where a first frame has to begin
_BIT_RATES = {
    True: (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),  # MPEG 1, layer 3, in kbit/s
    False: (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),  # MPEG 2 and 2.5
}
_SAMPLE_RATES = {3: (44_100, 48_000, 32_000), 2: (22_050, 24_000, 16_000), 0: (11_025, 12_000, 8_000)}


def sound_seconds(data: bytes, size: int | None) -> float | None:
    """Seconds of the recording that begins with `data` and has `size` bytes; None where its beginning does not tell.

    An MP3 that does not say how many frames it has is taken for one of a constant rate, as nearly all of these are.
    """
    if data[:4] == b"RIFF" and data[8:12] == b"WAVE":
        return _plausible(_wav(data))
    return _plausible(_mp3(data, size))


def _wav(data: bytes) -> float | None:
    """The size of the samples over the bytes a second. Recorders that stream leave the size open."""
    at, rate = 12, 0
    while at + 8 <= len(data):
        kind, length = data[at : at + 4], struct.unpack_from("<I", data, at + 4)[0]
        if kind == b"fmt " and at + 20 <= len(data):
            rate = struct.unpack_from("<I", data, at + 16)[0]
        if kind == b"data":
            return length / rate if rate and 0 < length < 0xFFFF_FFF0 else None
        at += 8 + length + length % 2
    return None


def _mp3(data: bytes, size: int | None) -> float | None:
    start = _behind_tag(data)
    at = next((at for at in range(start, min(start + _SEARCHED, len(data) - 4)) if _frame(data, at)), None)
    if at is None:
        return None
    newest, bit_rate, sample_rate = _frame(data, at) or (True, 0, 1)
    samples = 1152 if newest else 576
    frames = _told_frames(data, at)
    if frames:
        return frames * samples / sample_rate
    return None if size is None else (size - at) * 8 / (bit_rate * 1000)


def _behind_tag(data: bytes) -> int:
    """Where sound may begin: an ID3 tag says its own length, seven bits a byte."""
    if data[:3] != b"ID3" or len(data) < _ID3_HEAD:
        return 0
    length = 0
    for byte in data[6:_ID3_HEAD]:
        length = length << 7 | byte & 0x7F
    return _ID3_HEAD + length


def _frame(data: bytes, at: int) -> tuple[bool, int, int] | None:
    """Whether it is MPEG 1, kbit/s and samples a second of the layer 3 frame at `at`; None where there is none."""
    if data[at] != 0xFF or data[at + 1] & 0xE6 != 0xE2:
        return None
    version, rate, frequency = data[at + 1] >> 3 & 3, data[at + 2] >> 4, data[at + 2] >> 2 & 3
    if version not in _SAMPLE_RATES or rate in (0, 15) or frequency == 3:
        return None
    return version == 3, _BIT_RATES[version == 3][rate], _SAMPLE_RATES[version][frequency]


def _told_frames(data: bytes, at: int) -> int | None:
    """The number of frames that encoders with a varying rate write into the first one."""
    for mark in (b"Xing", b"Info"):
        found = data.find(mark, at, at + 200)
        if found >= 0 and len(data) >= found + 12 and data[found + 7] & 1:
            return int(struct.unpack_from(">I", data, found + 8)[0])
    return None


def _plausible(seconds: float | None) -> float | None:
    return seconds if seconds is not None and 0 < seconds <= _LONGEST_SECONDS else None
