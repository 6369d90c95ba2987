"""One round with one system: what is said and written to it, and when its avatar speaks or falls silent."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.live.fakes import Fakes, Mark
from emulators.openai import sound

Json = dict[str, Any]

QUESTION = "Can you tell me how it works?"
# The turn models of both peers take this synthetic voice for finished here, which they do not everywhere.
BARGE_IN = "Please tell me what it costs."
NOD = "Yeah."
LONG = """Sure, I can explain that to you right now. You tell me what the video is about, and I write a short script
for it. Then you choose a face and a voice, or leave that to me. When you agree, I make the video, and it appears in
your thread a few minutes later.""".replace("\n", " ")
SHORT = "Sure, I can explain that to you right now."
WRITTEN = "What does it cost?"
LINE = "Somebody will call you back today."

MEASURED = ("answer", "interrupt", "answer after barge-in", "ask", "say")

SETTLED_SECONDS = 0.6
# LiveKit Agents takes no interruption in the first three seconds of its first speech (echo cancellation warms up).
BARGE_IN_AFTER = 3.5
LATE_SECONDS = 3.0
NOD_SECONDS = 4.0  # words come later than sound, and may interrupt too
ORDER_SECONDS = 30.0


def reply(asked: str) -> str:
    """What the model answers: much to the spoken question, one sentence to everything else."""
    return LONG if "how it works" in asked else SHORT


@dataclass(frozen=True, slots=True)
class Take:
    """One measured moment: seconds from its beginning to its end, cut into named parts that add up to it.

    `provided` is how much of it the providers took.
    """

    seconds: float
    provided: float
    parts: dict[str, float] = field(default_factory=dict)

    @property
    def added(self) -> float:
        """What is left when providers are taken out: the system's own doing."""
        return self.seconds - self.provided


class Contender:
    """A system in its process.

    `busy`: how much of a processor it took during each session. `nods`: whether a "yeah" silenced the avatar.
    """

    def __init__(self, name: str, python: Path, options: Json) -> None:
        self.name = name
        self.described: Json = {}
        self.busy: list[float] = []
        self.nods: list[bool] = []
        self._command = (python, "-m", f"benchmarks.live.with_{name}", json.dumps(options))
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        """Start it, in place of the one that ran before; its errors go to our standard error."""
        if self._process is not None and self._process.returncode is None:
            self._process.kill()
            await self._process.wait()
        root = Path(__file__).parents[2]
        pipe = asyncio.subprocess.PIPE
        self._process = await asyncio.create_subprocess_exec(*self._command, stdin=pipe, stdout=pipe, cwd=root)
        self.described = await self.order("describe")

    async def order(self, do: str, **options: Any) -> Json:
        """Give an order and wait for what came of it; `TimeoutError`, and `RuntimeError` when it has ended."""
        assert self._process is not None
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"do": do, **options}).encode() + b"\n")
        async with asyncio.timeout(ORDER_SECONDS):
            line = await self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self.name} has ended")
        answer: Json = json.loads(line)
        return answer

    async def stop(self) -> None:
        """Let it end."""
        if self._process is None or self._process.stdin is None:
            return
        self._process.stdin.close()
        await self._process.wait()


class Stage:
    """The fakes, and recordings of what is said to every system."""

    def __init__(self, fakes: Fakes, folder: Path) -> None:
        self.fakes = fakes
        self._folder = folder
        for text in (LONG, SHORT, LINE):
            sound.speech(text)  # made once, not while somebody waits for it
        for text in (QUESTION, BARGE_IN, NOD):
            self._path(text).write_bytes(sound.speech(text))

    async def try_play(self, contender: Contender) -> dict[str, Take | None]:
        """Like `play`; a system that fails is started anew, and nothing counts of what it did."""
        try:
            return await self.play(contender)
        except (TimeoutError, RuntimeError) as error:
            print(f"{contender.name} failed: {error!r}", file=sys.stderr)
            await contender.start()
            return dict.fromkeys(MEASURED)

    async def play(self, contender: Contender) -> dict[str, Take | None]:
        """One session: a question, a barge-in, a question and a line from the thread. None is what never came."""
        takes = {"answer": await self._begin(contender)}
        broken = await self._speak(contender, BARGE_IN)
        takes["interrupt"] = await self._until_silenced(broken["from"])
        takes["answer after barge-in"] = await self._until_spoken(broken["to"])
        for kind, text in (("ask", WRITTEN), ("say", LINE)):
            await self.fakes.quiet(SETTLED_SECONDS)
            written = await contender.order(kind, text=text)
            takes[kind] = await self._until_spoken(written["at"])
        await self.fakes.quiet(SETTLED_SECONDS)
        used = await contender.order("close")
        contender.busy.append(used["processor"] / used["seconds"])
        return takes

    async def nod(self, contender: Contender) -> bool:
        """A session in which the person says "yeah" to what they hear: whether that silences the avatar."""
        await self._begin(contender)
        nodded = await self._speak(contender, NOD)
        silenced = await self.fakes.first("agent.interrupt", nodded["from"], NOD_SECONDS)
        await contender.order("close")
        return silenced is not None

    async def _begin(self, contender: Contender) -> Take | None:
        """Open a session, ask, and let the avatar speak for a while."""
        self.fakes.forget()
        await contender.order("open")
        await asyncio.sleep(SETTLED_SECONDS)
        asked = await self._speak(contender, QUESTION)
        taken = await self._until_spoken(asked["to"])
        if taken:
            await asyncio.sleep(max(0.0, asked["to"] + taken.seconds + BARGE_IN_AFTER - time.time()))
        return taken

    async def warm_up(self, contender: Contender) -> None:
        """A session of which nothing is kept: whatever is loaded or compiled at the first use."""
        self.fakes.forget()
        await contender.order("open")
        asked = await self._speak(contender, QUESTION)
        await self.fakes.first("agent.speak", asked["to"])
        await contender.order("close")

    async def _speak(self, contender: Contender, text: str) -> Json:
        self.fakes.openai.heard = text
        return await contender.order("play", path=str(self._path(text)))

    async def _until_spoken(self, began: float) -> Take | None:
        spoken = await self.fakes.first("agent.speak", began)
        return spoken and take(self.fakes.marks(), began, spoken.at)

    async def _until_silenced(self, began: float) -> Take | None:
        silenced = await self.fakes.first("agent.interrupt", began, LATE_SECONDS)
        return silenced and Take(silenced.at - began, 0.0)

    def _path(self, text: str) -> Path:
        return self._folder / f"{text[:4].lower().strip()}.pcm"


def take(marks: Iterable[Mark], began: float, spoken: float) -> Take:
    """The way to the first sound, through ears, model and voice as far as they were asked."""
    known = [mark for mark in marks if mark.call and began <= mark.at <= spoken]
    voice = _call(known, "voice", spoken, earliest=True)
    model = _call(known, "model", voice[0] if voice else spoken)
    ears = _call(known, "ears", model[0] if model else spoken)
    parts: dict[str, float] = {}
    at = began
    for name, before, call in (("ears", "turn", ears), ("model", "model asked", model), ("voice", "cut", voice)):
        if call:
            parts |= {before: call[0] - at, name: call[1] - call[0]}
            at = call[1]
    parts["gather"] = spoken - at
    provided = sum(parts.get(name, 0.0) for name in ("ears", "model", "voice"))
    return Take(spoken - began, provided, parts)


def _call(marks: Iterable[Mark], provider: str, until: float, *, earliest: bool = False) -> tuple[float, float] | None:
    """When the last (or the earliest) call that had answered by then was asked and answered."""
    asked = {mark.call: mark.at for mark in marks if mark.kind == f"{provider}.asked"}
    answered = [mark for mark in marks if mark.kind == f"{provider}.first" and mark.at <= until and mark.call in asked]
    if not answered:
        return None
    chosen = answered[0] if earliest else answered[-1]
    return asked[chosen.call], chosen.at
