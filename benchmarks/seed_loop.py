"""Waiting by asking the model again and again, beside ours: the same wish, the same emulated services, at once.

Run it with `python -m benchmarks.seed_loop [SECONDS]`: three translations that take so long (default 60), with a model
that takes a second for each answer. The other side is the usual loop of an agent with tools: the model is given a tool
that asks for a job's state and calls it until all are done. It runs twice, the second time with one 429 in between,
which that loop answers with a pause and another question to the model. What counts are the ratios.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

import httpx2
from openai import AsyncOpenAI, OpenAIError

from bot import observability, playground
from bot.app import Tempo
from emulators.base import Fault
from emulators.heygen import HeyGenEmulator
from emulators.openai import Call, OpenAIEmulator, Say
from emulators.scenarios import Stage
from heygen import Client, HeyGenError, HttpTransport, RateLimited, Source

SECONDS = 60.0
MODEL_SECONDS = 1.0
PATIENCE = 300.0
LANGUAGES = ("French", "German", "Japanese")
NAMES = ("French (France)", "German (Germany)", "Japanese (Japan)")
WISH = "Translate {video} into French, German and Japanese. Wait for them to finish and give me the URLs."
KEY = "hg-key-1"
RESET_SECONDS = 5.0  # what the loop takes where nobody says when the limit ends

Json = dict[str, Any]


@dataclass(slots=True)
class Figures:
    """What one side needed; `late` is from the last job's end to the answer, in seconds."""

    outcome: str
    model_calls: int
    prompt_tokens: int
    heygen_requests: int
    late: float | None


class PatientModel(OpenAIEmulator):
    """Orders what was asked for, then asks for the state of what is not done, all at once, until everything is."""

    def _contents(self, call: Any) -> Sequence[Any]:
        outputs = [
            json.loads(item["output"]) for item in call.asked.items if item.get("type") == "function_call_output"
        ]
        ordered = [out["video_translation_id"] for out in outputs if "video_translation_id" in out]
        done = {out["id"] for out in outputs if out.get("status") == "completed"}
        if not ordered:
            return [Call("create_translation", {"language": name}) for name in NAMES]
        if waiting := [one for one in ordered if one not in done]:
            return [Call("get_translation", {"id": one}) for one in waiting]
        return [Say("All three are done.")]


def _tool(name: str, argument: str) -> Json:
    parameters = {"type": "object", "properties": {argument: {"type": "string"}}, "required": [argument]}
    return {"type": "function", "function": {"name": name, "description": name, "parameters": parameters}}


TOOLS = [_tool("create_translation", "language"), _tool("get_translation", "id")]


class PollingLoop:
    """The usual loop, with the messages as it keeps them."""

    def __init__(self, model: AsyncOpenAI, heygen: Client, video: str) -> None:
        self._model = model
        self._heygen = heygen
        self._video = video
        self._keys = itertools.count(1)
        self._messages: list[Any] = [{"role": "user", "content": WISH.format(video=video)}]

    async def run(self) -> str:
        """Until the model has nothing more to call; what came of it."""
        while True:
            try:
                answer = await self._ask()
                if not answer.tool_calls:
                    return "answered"
                for call in answer.tool_calls:
                    result = await self._tool(call.function.name, json.loads(call.function.arguments))
                    self._messages.append({"role": "tool", "tool_call_id": call.id, "content": json.dumps(result)})
            except RateLimited as error:
                await asyncio.sleep(error.retry_after or RESET_SECONDS)
            except (OpenAIError, HeyGenError) as error:
                return f"gave up: {type(error).__name__}"

    async def _ask(self) -> Any:
        reply = await self._model.chat.completions.create(
            model="emulated-planner",
            messages=self._messages,
            tools=TOOLS,  # type: ignore[arg-type]
        )
        answer = reply.choices[0].message
        self._messages.append(answer.model_dump(exclude_none=True, include={"role", "content", "tool_calls"}))
        return answer

    async def _tool(self, name: str, arguments: Json) -> Json:
        if name == "create_translation":
            ids = await self._heygen.create_translation(
                video=Source(url=self._video),
                output_languages=[arguments["language"]],
                idempotency_key=f"seed-{next(self._keys)}",
            )
            return {"video_translation_id": ids[0]}
        found = await self._heygen.get_translation(arguments["id"])
        return {"id": arguments["id"], "status": found.status_word, "video_url": found.video_url}


async def polling(seconds: float, *, limited: bool) -> Figures:
    """The loop's side."""
    openai, heygen = PatientModel(), HeyGenEmulator(speed="step")
    await openai.start()
    await heygen.start()
    _slow(openai)
    if limited:
        body = {"error": {"code": "rate_limit_exceeded", "message": "Too many requests"}}
        late = Fault("before", "/v3/video-translations/[^/]+", "GET", 429, body, {"Retry-After": "1"}, skip=20)
        heygen.faults.append(late)
    async with (
        httpx2.AsyncClient() as http,
        AsyncOpenAI(api_key=openai.api_key, base_url=openai.base_url, max_retries=0) as model,
    ):
        client = Client(HttpTransport(heygen.url, KEY, http, "benchmark"))
        loop = PollingLoop(model, client, f"{heygen.url}/sources/launch.mp4")
        figures = await _measured(openai, heygen, seconds, loop.run)
    await heygen.stop()
    await openai.stop()
    return figures


async def ours(seconds: float) -> Figures:
    """The product's side: the same wish in a thread."""
    async with playground.opened(Tempo()) as (stage, _):
        stage.heygen.set_speed("step")
        _slow(stage.openai)
        return await _measured(stage.openai, stage.heygen, seconds, lambda: _in_thread(stage))


async def _in_thread(stage: Stage) -> str:
    text = f"<@{stage.slack.bot_user}> {WISH.format(video=f'{stage.heygen.url}/sources/launch.mp4')}"
    root = stage.slack.say("alice", "videos", text)
    person = f"<@{stage.slack.workspace.person('alice').id}>"

    def closing() -> bool:
        return any(one.from_app and person in one.text for one in stage.slack.thread("videos", root))

    await stage.slack.journal.wait_for(closing, PATIENCE)
    return "answered"


async def _measured(
    openai: OpenAIEmulator, heygen: HeyGenEmulator, seconds: float, run: Callable[[], Awaitable[str]]
) -> Figures:
    ending = asyncio.create_task(_end_jobs(heygen, seconds))
    async with asyncio.timeout(PATIENCE):
        outcome = await run()
        answered = time.monotonic()
    ended = ending.result() if ending.done() else None
    ending.cancel()
    tokens = sum(call.usage.input_tokens for call in openai.calls if call.usage is not None)
    requests = [entry for entry in heygen.journal.entries if entry.path.startswith("/v3/video-translations")]
    late = None if ended is None else answered - ended
    return Figures(outcome, len(openai.calls), tokens, len(requests), late)


async def _end_jobs(heygen: HeyGenEmulator, seconds: float) -> float:
    """End the three one after the other, the last `seconds` after they began; when that was."""
    await heygen.journal.wait_for(lambda: len(heygen.charges) >= len(LANGUAGES), PATIENCE)
    for number, job in enumerate([*heygen.state.jobs]):
        await asyncio.sleep(seconds * (0.8 if number == 0 else 0.1))
        heygen.finish(job)
    return time.monotonic()


def _slow(openai: OpenAIEmulator) -> None:
    openai.faults.append(Fault("delay", r"/v1/(responses|chat/completions)", seconds=MODEL_SECONDS, times=1_000_000))


def _row(name: str, figures: Figures) -> str:
    late = "never" if figures.late is None else f"{figures.late:.2f} s"
    counts = f"{figures.model_calls:>11} {figures.prompt_tokens:>13} {figures.heygen_requests:>15}"
    return f"{name:<28} {counts} {late:>8}  {figures.outcome}"


async def main(seconds: float) -> None:
    """All sides at once, so that they share the machine's moods."""
    observability.configure("warning")
    loop, limited, own = await asyncio.gather(
        polling(seconds, limited=False), polling(seconds, limited=True), ours(seconds)
    )
    print(f"three translations of {seconds:.0f} s, a model that takes {MODEL_SECONDS:.0f} s")
    print(f"{'':<28} {'model calls':>11} {'prompt tokens':>13} {'HeyGen requests':>15} {'late':>8}  outcome")
    print(_row("polling by the model", loop))
    print(_row("the same, one 429 meanwhile", limited))
    print(_row("greenroom", own))
    calls, tokens = loop.model_calls / own.model_calls, loop.prompt_tokens / own.prompt_tokens
    requests = loop.heygen_requests / own.heygen_requests
    print(f"polling : greenroom = {calls:.1f} model calls, {tokens:.1f} prompt tokens, {requests:.1f} HeyGen requests")


if __name__ == "__main__":
    asyncio.run(main(float(sys.argv[1]) if len(sys.argv) > 1 else SECONDS))
