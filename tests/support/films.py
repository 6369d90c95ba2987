"""Small real films, made on the spot: a moving picture and a tone, or what is wrong with them."""

from __future__ import annotations

import array
import math
import tempfile
from collections.abc import Iterator
from pathlib import Path

import av

EDGE, RATE, SOUND = 64, 10, 16_000
BLOCK = 1_024


def film(
    seconds: int = 6, *, black: bool = False, still: bool = False, silent: bool = False, sound: bool = True
) -> bytes:
    """An MP4 with its index in front, as HeyGen's files have it."""
    with tempfile.NamedTemporaryFile(suffix=".mp4") as file:
        _write(file.name, seconds, black=black, still=still, silent=silent, sound=sound)
        return Path(file.name).read_bytes()


def _write(path: str, seconds: int, *, black: bool, still: bool, silent: bool, sound: bool) -> None:
    with av.open(path, "w", format="mp4", options={"movflags": "faststart"}) as out:
        picture = out.add_stream("mpeg4", rate=RATE)
        picture.width = picture.height = EDGE
        picture.pix_fmt = "yuv420p"
        voice = out.add_stream("aac", rate=SOUND) if sound else None
        if voice is not None:
            voice.layout = "mono"
        for frame in _pictures(seconds * RATE, black=black, still=still):
            out.mux(picture.encode(frame))
        out.mux(picture.encode())
        if voice is not None:
            for block in _tone(seconds * SOUND, silent=silent):
                out.mux(voice.encode(block))
            out.mux(voice.encode())


def _pictures(count: int, *, black: bool, still: bool) -> Iterator[av.VideoFrame]:
    for number in range(count):
        frame = av.VideoFrame(EDGE, EDGE, "yuv420p")
        brightness = 16 if black else 120 if still else 40 + number * 13 % 180
        for plane, level in zip(frame.planes, (brightness, 128, 128), strict=True):
            plane.update(bytes([level]) * plane.buffer_size)
        frame.pts = number
        yield frame


def _tone(count: int, *, silent: bool) -> Iterator[av.AudioFrame]:
    height = 0 if silent else 8_000
    for start in range(0, count, BLOCK):
        block = av.AudioFrame(format="s16", layout="mono", samples=BLOCK)
        block.sample_rate = SOUND
        wave = (int(height * math.sin(2 * math.pi * 440 * (start + at) / SOUND)) for at in range(BLOCK))
        block.planes[0].update(array.array("h", wave).tobytes())
        block.pts = start
        yield block
