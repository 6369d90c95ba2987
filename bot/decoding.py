"""Looks into a video file, in a process of its own: `python -m bot.decoding FILE` prints what it found as JSON.

A file is decoded by a library in C. Should a broken one bring that down or keep it busy for ever, it is this process
that ends. PyAV is an extra (`check` in pyproject.toml); without it the exit code is 3. Nothing else of ours is
imported here, so that it starts fast.
"""

from __future__ import annotations

import array
import json
import sys
from collections.abc import Iterator
from typing import Any

PLACES = 8  # spread over the length
EDGE = 24  # pixels of the small copy that is compared
SOUND_SECONDS = 2.0  # from each place
NO_LIBRARY, NO_VIDEO = 3, 4
SAME = 2.0  # mean difference of two pictures in steps of 255 that noise makes


def measure(path: str) -> dict[str, Any]:
    """See `agent.result_check.Measured`. Raises what PyAV raises for a file that is no video."""
    import av

    with av.open(path, metadata_errors="ignore") as file:
        seconds = None if file.duration is None else file.duration / 1_000_000
        readable = max((_end(packet) for packet in file.demux() if packet.size), default=0.0)
    length = min(seconds or readable, readable)
    places = [(number + 0.5) / PLACES * length for number in range(PLACES)]
    pictures, loudest = _pictures(av, path, places), _loudest(av, path, places)
    means = [sum(one) / len(one) for one in pictures]
    moves = any(_differ(pictures[0], other) for other in pictures[1:])
    found = {"seconds": seconds, "readable": readable, "loudest": loudest}
    return {**found, "brightest": max(means, default=None), "pictures": len(pictures), "moves": moves}


def _end(packet: Any) -> float:
    """Until when a packet plays, in seconds."""
    if packet.pts is None or packet.time_base is None:
        return 0.0
    return float((packet.pts + (packet.duration or 0)) * packet.time_base)


def _frames(av: Any, path: str, kind: str, at: float) -> Iterator[Any]:
    """Decoded frames from about `at` on; none where there is no such stream or its data is broken there."""
    with av.open(path, metadata_errors="ignore") as file:
        streams = [stream for stream in file.streams if stream.type == kind]
        if not streams:
            return
        try:
            file.seek(int(at * 1_000_000))
            yield from (frame for frame in file.decode(streams[0]) if frame.time is None or frame.time >= at - 0.5)
        except av.error.FFmpegError:
            return


def _pictures(av: Any, path: str, places: list[float]) -> list[bytes]:
    """Small grey copies of a picture at each place."""
    found: list[bytes] = []
    for at in places:
        frame = next(_frames(av, path, "video", at), None)
        if frame is not None:
            plane = frame.reformat(EDGE, EDGE, "gray").planes[0]
            rows = bytes(plane)
            found.append(b"".join(rows[row * plane.line_size :][:EDGE] for row in range(EDGE)))
    return found


def _differ(one: bytes, other: bytes) -> bool:
    return sum(abs(a - b) for a, b in zip(one, other, strict=True)) / len(one) > SAME


def _loudest(av: Any, path: str, places: list[float]) -> float:
    """The highest sample at any of the places, of 1; 0 where there is no sound at all."""
    resampler = av.AudioResampler(format="s16", layout="mono")
    highest = 0
    for at in places:
        for frame in _frames(av, path, "audio", at):
            if frame.time is not None and frame.time > at + SOUND_SECONDS:
                break
            frame.pts = None
            for piece in resampler.resample(frame):
                samples = array.array("h", bytes(piece.planes[0])[: piece.samples * 2])
                highest = max(highest, max(samples, default=0), -min(samples, default=0))
    return highest / 32_768


def main(path: str) -> int:
    """Print what was found; the exit code says why there is nothing."""
    try:
        import av
    except ImportError:
        return NO_LIBRARY
    try:
        found = measure(path)
    except (av.error.FFmpegError, ValueError):
        return NO_VIDEO
    sys.stdout.write(json.dumps(found))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
