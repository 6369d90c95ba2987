"""LiveKit Agents as its example for LiveAvatar builds it, with OpenAI's services and no LiveKit server.

Sound comes in through a custom audio input; the room, of which the avatar's plugin wants the name only, is a stand-in.
Runs in an environment of its own.
"""

from __future__ import annotations

import asyncio
import importlib.metadata
import json
import logging
import sys
from types import SimpleNamespace
from typing import Any

from livekit import rtc
from livekit.agents import Agent, AgentSession, utils
from livekit.agents.voice import io
from livekit.plugins import liveavatar, openai

from benchmarks.live import side

READY_SECONDS = 15.0
STOP_SECONDS = 5.0
WAITING_FRAMES = 250


class Room:
    """What the avatar's session asks of the room that the agent is in."""

    name = "benchmark"
    local_participant = SimpleNamespace(identity="agent")
    remote_participants: dict[str, Any]

    def __init__(self) -> None:
        self.remote_participants = {}

    def isconnected(self) -> bool:
        """Whether the agent is in it."""
        return True

    def on(self, *_: Any) -> None:
        """Nothing ever happens here."""

    def off(self, *_: Any) -> None:
        """See `on`."""


class MicrophoneInput(io.AudioInput):
    """A custom audio input: frames in the order in which they come."""

    def __init__(self) -> None:
        super().__init__(label="Microphone")
        self.frames: asyncio.Queue[rtc.AudioFrame] = asyncio.Queue(WAITING_FRAMES)

    async def __anext__(self) -> rtc.AudioFrame:
        return await self.frames.get()


class WithLiveKit:
    """See `side.System`."""

    def __init__(self, options: dict[str, str]) -> None:
        self._options = options
        self._openai: dict[str, Any] = {"base_url": options["openai_url"], "api_key": options["openai_key"]}
        self._stack: Any = None
        self._session: AgentSession | None = None
        self._microphone: MicrophoneInput | None = None

    def describe(self) -> dict[str, str]:
        """See `side.System`."""
        version = importlib.metadata.version
        return {
            "version": f"livekit-agents {version('livekit-agents')}, "
            f"livekit-plugins-liveavatar {version('livekit-plugins-liveavatar')}",
            "detector": "Silero of livekit-local-inference; start 0.05 s, stop 0.25 s, activation 0.5 (defaults)",
            "end of turn": "turn-detector v1-mini, local (default without LiveKit's cloud), 0.3 to 2.5 s",
            "interruption": "0.5 s of voice (default outside LiveKit's cloud), not in the first 3 s of all speech",
            "ears": "openai.STT, over HTTP",
            "model": "openai.LLM, Chat Completions; begins before the turn has ended (default)",
            "voice": "openai.TTS, whole sentences (default), as PCM (the default is MP3)",
            "first sound": "0.6 s",
        }

    async def open(self) -> None:
        """See `side.System`."""
        self._http = utils.http_context.open()
        await self._http.__aenter__()
        self._session = AgentSession(
            stt=openai.STT(model="gpt-transcribe", **self._openai),
            llm=openai.LLM(model=self._options["model"], **self._openai),
            tts=openai.TTS(response_format="pcm", **self._openai),
            turn_handling={"interruption": {"resume_false_interruption": False}},  # as in the plugin's example
        )
        self._avatar = liveavatar.AvatarSession(
            avatar_id=self._options["avatar_id"],
            api_url=f"{self._options['avatar_url']}/v1/sessions",
            api_key=self._options["avatar_key"],
        )
        server = {"livekit_url": "ws://127.0.0.1:9", "livekit_api_key": "key", "livekit_api_secret": "s" * 32}
        await self._avatar.start(self._session, Room(), **server)
        self._microphone = MicrophoneInput()
        self._session.input.audio = self._microphone
        await self._session.start(agent=Agent(instructions="You are helpful."))
        async with asyncio.timeout(READY_SECONDS):
            await self._avatar._session_connected.wait()  # there is no other way to know

    async def hear(self, pcm: bytes) -> None:
        """See `side.System`."""
        assert self._microphone is not None
        frame = rtc.AudioFrame(data=pcm, sample_rate=24_000, num_channels=1, samples_per_channel=len(pcm) // 2)
        self._microphone.frames.put_nowait(frame)

    async def ask(self, text: str) -> None:
        """See `side.System`."""
        assert self._session is not None
        self._session.generate_reply(user_input=text)

    async def say(self, text: str) -> None:
        """See `side.System`."""
        assert self._session is not None
        self._session.say(text)

    async def close(self) -> None:
        """See `side.System`."""
        assert self._session is not None
        await self._session.aclose()
        if self._avatar._main_atask is not None:
            await asyncio.wait([self._avatar._main_atask], timeout=STOP_SECONDS)  # it stops LiveAvatar's session
        await self._avatar.aclose()
        await self._http.__aexit__(None, None, None)


if __name__ == "__main__":
    logging.basicConfig(level=logging.ERROR, stream=sys.stderr)
    asyncio.run(side.serve(WithLiveKit(json.loads(sys.argv[1]))))
