"""Pipecat as its example for HeyGen's video service builds it, with OpenAI's services.

Sound comes in, and sound and pictures go out, through a transport of ours, as others come through Daily's or WebRTC.
Runs in an environment of its own.
"""

from __future__ import annotations

import asyncio
import importlib.metadata
import json
import sys

import aiohttp
from loguru import logger
from pipecat.audio.utils import create_stream_resampler
from pipecat.audio.vad.silero import SileroVADAnalyzer
from pipecat.frames.frames import (
    InputAudioRawFrame,
    LLMMessagesAppendFrame,
    OutputAudioRawFrame,
    OutputImageRawFrame,
    StartFrame,
    TTSSpeakFrame,
)
from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.worker import PipelineParams, PipelineWorker
from pipecat.processors.aggregators.llm_context import LLMContext
from pipecat.processors.aggregators.llm_response_universal import LLMContextAggregatorPair, LLMUserAggregatorParams
from pipecat.services.heygen.api_liveavatar import LiveAvatarApi, LiveAvatarNewSessionRequest
from pipecat.services.heygen.client import ServiceType
from pipecat.services.heygen.video import HeyGenVideoService
from pipecat.services.openai.llm import OpenAILLMService
from pipecat.services.openai.stt import OpenAISTTService
from pipecat.services.openai.tts import OpenAITTSService
from pipecat.transports.base_input import BaseInputTransport
from pipecat.transports.base_output import BaseOutputTransport
from pipecat.transports.base_transport import TransportParams
from pipecat.workers.runner import WorkerRunner

from benchmarks.live import side

PIPELINE_RATE = 16_000  # Pipecat's default for sound that comes in
READY_SECONDS = 15.0


class MicrophoneIn(BaseInputTransport):
    """What a transport does with a microphone: pass its frames on."""

    async def start(self, frame: StartFrame) -> None:
        """See the base class."""
        await super().start(frame)
        await self.set_transport_ready(frame)


class ScreenOut(BaseOutputTransport):
    """What a transport does with sound and pictures for the person: it takes them; nobody looks."""

    def __init__(self, params: TransportParams) -> None:
        super().__init__(params)
        self.ready = asyncio.Event()

    async def start(self, frame: StartFrame) -> None:
        """See the base class."""
        await super().start(frame)
        await self.set_transport_ready(frame)
        self.ready.set()

    async def write_audio_frame(self, frame: OutputAudioRawFrame) -> bool:
        """Take sound as slowly as a device does."""
        await asyncio.sleep(len(frame.audio) / 2 / frame.sample_rate)
        return True

    async def write_video_frame(self, frame: OutputImageRawFrame) -> bool:
        """Take a picture."""
        return True


class WithPipecat:
    """See `side.System`."""

    def __init__(self, options: dict[str, str]) -> None:
        self._options = options
        LiveAvatarApi.BASE_URL = f"{options['avatar_url']}/v1"
        self._openai = {"base_url": options["openai_url"], "api_key": options["openai_key"]}
        self._worker: PipelineWorker | None = None
        self._input: MicrophoneIn | None = None
        self._running: asyncio.Task[None] | None = None
        self._session: aiohttp.ClientSession | None = None

    def describe(self) -> dict[str, str]:
        """See `side.System`."""
        return {
            "version": f"pipecat-ai {importlib.metadata.version('pipecat-ai')}",
            "detector": "Silero of the package; start 0.2 s, stop 0.2 s, confidence 0.7 (defaults)",
            "end of turn": "smart-turn v3.2 local model (default), which may wait up to 3 s",
            "interruption": "any 0.2 s of voice (default)",
            "ears": "OpenAISTTService, over HTTP",
            "model": "OpenAILLMService, Chat Completions",
            "voice": "OpenAITTSService, whole sentences (default)",
            "first sound": "0.4 s",
        }

    async def open(self) -> None:
        """See `side.System`."""
        self._session = aiohttp.ClientSession()
        params = TransportParams(
            audio_in_enabled=True,
            audio_out_enabled=True,
            video_out_enabled=True,
            video_out_is_live=True,
            video_out_width=640,  # as the emulated picture: nothing has to be scaled
            video_out_height=360,
        )
        self._input, output = MicrophoneIn(params), ScreenOut(params)
        avatar = HeyGenVideoService(
            api_key=self._options["avatar_key"],
            service_type=ServiceType.LIVE_AVATAR,
            session=self._session,
            session_request=LiveAvatarNewSessionRequest(avatar_id=self._options["avatar_id"]),
        )
        stt = OpenAISTTService(**self._openai)
        llm = OpenAILLMService(
            **self._openai,
            settings=OpenAILLMService.Settings(model=self._options["model"], system_instruction="You are helpful."),
        )
        tts = OpenAITTSService(**self._openai)
        users, assistants = LLMContextAggregatorPair(
            LLMContext(), user_params=LLMUserAggregatorParams(vad_analyzer=SileroVADAnalyzer())
        )
        pipeline = Pipeline([self._input, stt, users, llm, tts, avatar, output, assistants])
        self._worker = PipelineWorker(
            pipeline, params=PipelineParams(enable_metrics=True, enable_usage_metrics=True), idle_timeout_secs=None
        )
        runner = WorkerRunner(handle_sigint=False)
        await runner.add_workers(self._worker)
        self._running = asyncio.create_task(runner.run(), name="pipecat")
        async with asyncio.timeout(READY_SECONDS):
            await output.ready.wait()
        self._resampler = create_stream_resampler()

    async def hear(self, pcm: bytes) -> None:
        """See `side.System`."""
        assert self._input is not None
        sound = await self._resampler.resample(pcm, 24_000, PIPELINE_RATE)
        await self._input.push_audio_frame(InputAudioRawFrame(sound, PIPELINE_RATE, 1))

    async def ask(self, text: str) -> None:
        """See `side.System`."""
        message = {"role": "user", "content": text}
        await self._queue(LLMMessagesAppendFrame(messages=[message], run_llm=True))

    async def say(self, text: str) -> None:
        """See `side.System`."""
        await self._queue(TTSSpeakFrame(text))

    async def close(self) -> None:
        """See `side.System`."""
        assert self._worker is not None
        assert self._running is not None
        assert self._session is not None
        await self._worker.cancel()
        await self._running
        await self._session.close()

    async def _queue(self, frame: LLMMessagesAppendFrame | TTSSpeakFrame) -> None:
        assert self._worker is not None
        await self._worker.queue_frame(frame)


if __name__ == "__main__":
    logger.remove()
    logger.add(sys.stderr, level="ERROR")
    asyncio.run(side.serve(WithPipecat(json.loads(sys.argv[1]))))
