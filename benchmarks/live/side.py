"""One system under measurement in a process of its own: orders come as JSON lines, answers go back the same way.

Only the standard library, as each system has its own environment.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from pathlib import Path
from typing import Any, Protocol

from benchmarks.live.microphone import Microphone, Recording, recording

Json = dict[str, Any]


class System(Protocol):
    """A pipeline from a microphone to an avatar. Sound is s16le mono 24 kHz in frames of 40 ms."""

    def describe(self) -> dict[str, str]:
        """Versions and settings that a reader of the figures has to know."""
        ...

    async def open(self) -> None:
        """Begin a session; returns when it listens and its avatar may speak."""
        ...

    async def hear(self, pcm: bytes) -> None:
        """Take a frame from the microphone."""
        ...

    async def ask(self, text: str) -> None:
        """Take a question that somebody wrote in the thread: the model answers it, the avatar says the answer."""
        ...

    async def say(self, text: str) -> None:
        """Take a line from the thread that the avatar says word by word."""
        ...

    async def close(self) -> None:
        """End the session."""
        ...


class Side:
    """Carries orders out, one after the other."""

    def __init__(self, system: System) -> None:
        self._system = system
        self._microphone: Microphone | None = None
        self._recordings: dict[str, Recording] = {}
        self._opened = (0.0, 0.0)

    async def obey(self, order: Json) -> Json:
        """What came of an order: times in unix seconds; at the end, how long it took and how much of a processor."""
        match order["do"]:
            case "describe":
                return dict(self._system.describe())
            case "open":
                await self._system.open()
                self._opened = time.monotonic(), time.process_time()
                self._microphone = Microphone(self._system.hear)
            case "play":
                assert self._microphone is not None
                played = await self._microphone.play(self._recording(order["path"]))
                return {"from": played.voiced_from, "to": played.voiced_to}
            case "ask" | "say":
                began = time.time()
                await (self._system.ask if order["do"] == "ask" else self._system.say)(order["text"])
                return {"at": began}
            case "close":
                began, spent = self._opened
                used = {"seconds": time.monotonic() - began, "processor": time.process_time() - spent}
                if self._microphone is not None:
                    await self._microphone.close()
                await self._system.close()
                return used
            case other:
                raise ValueError(other)
        return {}

    def _recording(self, path: str) -> Recording:
        if path not in self._recordings:
            self._recordings[path] = recording(Path(path).read_bytes())
        return self._recordings[path]


async def serve(system: System) -> None:
    """Read orders from standard input until it ends. What libraries print goes to standard error."""
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    loop = asyncio.get_running_loop()
    side = Side(system)
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        answer = await side.obey(json.loads(line))
        print(json.dumps(answer), file=answers)
