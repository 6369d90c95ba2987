"""LiveAvatar and OpenAI as one process of their own: `python -m tests.soak.live_services`.

It says on its standard output where they are, as one line of JSON, and ends when its standard input does.
"""

from __future__ import annotations

import asyncio
import json
import re
import sys
from collections.abc import Sequence
from typing import Any

from emulators.liveavatar import LiveAvatarEmulator
from emulators.openai import ModelCall, OpenAIEmulator, Say

NUMBER = re.compile(r"number (\d+)")
CAP = 1_000


class QuotingModel(OpenAIEmulator):
    """The planner, but an answer to somebody who gave a number begins with that number."""

    def _contents(self, call: ModelCall) -> Sequence[Any]:
        people = [str(item["content"]) for item in call.asked.items if item.get("role") == "user"]
        number = NUMBER.search(people[-1]) if people else None
        contents = super()._contents(call)
        if number is None:
            return contents
        return [Say(f"You are {number[0]}. {one.text}") if isinstance(one, Say) else one for one in contents]


async def serve() -> None:
    """Until nobody is there any more."""
    liveavatar = LiveAvatarEmulator(cap=CAP, credits=1e6)
    liveavatar.switches.keep_audio_bytes = 0
    liveavatar.switches.viewer_seconds = None  # nobody of this town is in the room
    openai = QuotingModel()
    try:
        urls = {"liveavatar": await liveavatar.start(), "openai": await openai.start()}
        print(json.dumps(urls), flush=True)  # noqa: T201 - whoever started this waits for it
        await asyncio.to_thread(sys.stdin.read)
    finally:
        await liveavatar.stop()
        await openai.stop()


if __name__ == "__main__":
    asyncio.run(serve())
