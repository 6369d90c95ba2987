"""What a viewer sees and hears: a face at 25 pictures a second, and the audio that is being spoken."""

from __future__ import annotations

import array
import asyncio
import fractions
import time

from aiortc.mediastreams import MediaStreamError, MediaStreamTrack
from av import AudioFrame, VideoFrame

from emulators.liveavatar.room.picture import HEIGHT, WIDTH, face

SAMPLE_RATE = 24_000
SAMPLES = 480  # 20 ms
PICTURES_PER_SECOND = 25
VIDEO_CLOCK = 90_000
LOUD = 9_000.0
UNPLAYED_BYTES = 30_000_000


class Listener:
    """Sound on its way to one viewer, who hears it in real time."""

    def __init__(self) -> None:
        self.loudness = 0.0
        self._pcm = bytearray()

    def play(self, pcm: bytes) -> None:
        """Append 24 kHz, 16 bit, mono."""
        if len(self._pcm) < UNPLAYED_BYTES:
            self._pcm += pcm

    def hush(self) -> None:
        """Forget what has not been heard."""
        self._pcm.clear()

    def take(self, size: int) -> bytes:
        """The next `size` bytes (an even number), silence where there is nothing to hear."""
        taken = bytes(self._pcm[:size])
        del self._pcm[:size]
        samples = array.array("h", taken[: len(taken) // 2 * 2])
        self.loudness = sum(map(abs, samples)) / max(1, len(samples))
        return taken + bytes(size - len(taken))


class Pace:
    """Waits until the next frame of a track is due, and counts."""

    def __init__(self, per_second: float) -> None:
        self.number = -1
        self._per_second = per_second
        self._began = time.monotonic()

    async def next(self) -> int:
        """The number of the frame that is due now, from 0."""
        self.number += 1
        await asyncio.sleep(max(0.0, self._began + self.number / self._per_second - time.monotonic()))
        return self.number


class VoiceTrack(MediaStreamTrack):
    """What a listener is given, or silence."""

    kind = "audio"

    def __init__(self, listener: Listener) -> None:
        super().__init__()
        self._listener = listener
        self._pace = Pace(SAMPLE_RATE / SAMPLES)

    async def recv(self) -> AudioFrame:
        """The next 20 ms."""
        if self.readyState != "live":
            raise MediaStreamError
        number = await self._pace.next()
        frame = AudioFrame(format="s16", layout="mono", samples=SAMPLES)
        frame.planes[0].update(self._listener.take(SAMPLES * 2))
        frame.sample_rate, frame.pts = SAMPLE_RATE, number * SAMPLES
        frame.time_base = fractions.Fraction(1, SAMPLE_RATE)
        return frame


class FaceTrack(MediaStreamTrack):
    """The face; its mouth follows what the listener hears."""

    kind = "video"

    def __init__(self, listener: Listener) -> None:
        super().__init__()
        self._listener = listener
        self._pace = Pace(PICTURES_PER_SECOND)

    async def recv(self) -> VideoFrame:
        """The next picture."""
        if self.readyState != "live":
            raise MediaStreamError
        number = await self._pace.next()
        frame = VideoFrame(WIDTH, HEIGHT, "yuv420p")
        for plane, pixels in zip(frame.planes, face(self._listener.loudness / LOUD, number), strict=True):
            plane.update(pixels)
        frame.pts, frame.time_base = number * VIDEO_CLOCK // PICTURES_PER_SECOND, fractions.Fraction(1, VIDEO_CLOCK)
        return frame
