"""An MP4 around coded pictures and sound: the header first, then the pictures, then the sound."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from struct import pack

from emulators.heygen.film import flac
from emulators.heygen.film.h264 import Stream
from emulators.heygen.media import TIMESCALE, UNITY_MATRIX, box

LANGUAGE = 0x55C4  # undetermined


@dataclass(frozen=True, slots=True)
class Track:
    """One track: its samples, how long each lasts in units of `scale`, and how it is described."""

    kind: bytes
    scale: int
    samples: Sequence[bytes]
    durations: Sequence[int]
    description: bytes
    size: tuple[int, int] = (0, 0)

    @property
    def seconds(self) -> float:
        """How long it lasts."""
        return sum(self.durations) / self.scale


def video(stream: Stream, durations: Sequence[int], size: tuple[int, int]) -> Track:
    """The pictures' track; durations are milliseconds."""
    samples = [pack(">I", len(unit)) + unit for unit in stream.units]
    return Track(b"vide", TIMESCALE, samples, durations, _described_pictures(stream, size), size)


def audio(frames: Sequence[bytes], total: int) -> Track:
    """The sound's track, of so many samples."""
    durations = [min(flac.BLOCK, total - start) for start in range(0, total, flac.BLOCK)]
    return Track(b"soun", flac.RATE, frames, durations, _described_sound(total))


def file(tracks: Sequence[Track], seconds: float) -> bytes:
    """The whole file, which says that it lasts `seconds`."""
    brands = box("ftyp", b"isom", pack(">I", 0x200), b"isomiso2avc1mp41")
    data = [b"".join(track.samples) for track in tracks]
    begins = len(brands) + len(_header(tracks, [0 for _ in tracks], seconds)) + 8
    offsets = [begins + sum(map(len, data[:place])) for place in range(len(tracks))]
    return brands + _header(tracks, offsets, seconds) + box("mdat", *data)


def _header(tracks: Sequence[Track], offsets: Sequence[int], seconds: float) -> bytes:
    duration = round(seconds * TIMESCALE)
    times = pack(">5I", 0, 0, 0, TIMESCALE, duration)
    movie = box("mvhd", times, pack(">IH10x", 0x10000, 0x0100), UNITY_MATRIX, bytes(24), pack(">I", len(tracks) + 1))
    made = [
        _track(number, track, offset) for number, (track, offset) in enumerate(zip(tracks, offsets, strict=True), 1)
    ]
    return box("moov", movie, *made)


def _track(number: int, track: Track, offset: int) -> bytes:
    volume = 0x0100 if track.kind == b"soun" else 0
    times = pack(">6I", 7, 0, 0, number, 0, round(track.seconds * TIMESCALE))
    width, height = track.size
    header = box(
        *("tkhd", times, bytes(8), pack(">4H", 0, 0, volume, 0), UNITY_MATRIX),
        pack(">II", width << 16, height << 16),
    )
    media = box("mdhd", pack(">5IHH", 0, 0, 0, track.scale, sum(track.durations), LANGUAGE, 0))
    handler = box("hdlr", bytes(8), track.kind, bytes(12), b"\0")
    about = box("smhd", bytes(8)) if track.kind == b"soun" else box("vmhd", pack(">I4H", 1, 0, 0, 0, 0))
    reference = box("dinf", box("dref", pack(">II", 0, 1), box("url ", pack(">I", 1))))
    return box("trak", header, box("mdia", media, handler, box("minf", about, reference, _table(track, offset))))


def _table(track: Track, offset: int) -> bytes:
    """Where the samples are and how long each lasts; all of them are one chunk."""
    runs = [(len(list(run)), duration) for duration, run in groupby(track.durations)]
    count = len(track.samples)
    parts = [
        box("stsd", pack(">II", 0, 1), track.description),
        box("stts", pack(">II", 0, len(runs)), *(pack(">II", *run) for run in runs)),
        box("stsc", pack(">5I", 0, 1, 1, count, 1)),
        box("stsz", pack(">III", 0, 0, count), *(pack(">I", len(sample)) for sample in track.samples)),
        box("stco", pack(">III", 0, 1, offset)),
    ]
    if track.kind == b"vide":
        parts.append(box("stss", pack(">III", 0, 1, 1)))  # only the first picture stands alone
    return box("stbl", *parts)


def _described_pictures(stream: Stream, size: tuple[int, int]) -> bytes:
    profile = stream.sequence[1:4]
    sets = b"\xe1" + pack(">H", len(stream.sequence)) + stream.sequence
    sets += b"\x01" + pack(">H", len(stream.picture)) + stream.picture
    about = bytes(6) + pack(">H16xHHIIIH32sHh", 1, *size, 0x480000, 0x480000, 0, 1, b"", 0x18, -1)
    return box("avc1", about, box("avcC", b"\x01" + profile + b"\xff" + sets))


def _described_sound(total: int) -> bytes:
    about = bytes(6) + pack(">H8xHHHHI", 1, 1, 16, 0, 0, flac.RATE << 16)
    information = flac.stream_information(total)
    return box("fLaC", about, box("dfLa", bytes(4), b"\x80", len(information).to_bytes(3, "big"), information))
