"""Speaking to ears and listening to voices, for tests of both."""

from __future__ import annotations

import asyncio

from agent.live.ears import Ears, Final, Heard
from agent.live.voice import Voice
from emulators.openai import sound

SENTENCE = "Please make a video about our new product."
OTHER = "How much does that cost?"
PERSON = "hash-of-somebody"
CHUNK = 1_920  # 40 ms, as a browser sends it
PAUSE = sound.silence(1.2)


async def say(ears: Ears, *parts: bytes) -> None:
    """Speak into the ears as a browser does, in small pieces."""
    whole = b"".join(parts)
    for at in range(0, len(whole), CHUNK):
        await ears.feed(whole[at : at + CHUNK])
        await asyncio.sleep(0)


async def until_final(ears: Ears, count: int = 1) -> list[Heard]:
    """What is heard up to this many final texts."""
    heard: list[Heard] = []
    async with asyncio.timeout(10):
        async for one in ears.heard():
            heard.append(one)
            if sum(isinstance(past, Final) for past in heard) == count:
                break
    return heard


def finals(heard: list[Heard]) -> list[Final]:
    return [one for one in heard if isinstance(one, Final)]


async def spoken(voice: Voice, text: str) -> bytes:
    return b"".join([chunk async for chunk in voice.speak(text)])
