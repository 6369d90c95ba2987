"""Stand-in for the OpenAI API with a deterministic planner in place of a model.

Not an AI, and it says so when asked. Both wires (Responses and Chat Completions, plain and streamed), strict about
requests, scriptable, and able to misbehave. Nothing is stored.
"""

from __future__ import annotations

import asyncio
import hmac
import itertools
import json
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.types import Receive, Scope, Send

from emulators.base import Emulator
from emulators.openai import chat, responses
from emulators.openai.audio import Sounds
from emulators.openai.errors import Refusal, usual_body
from emulators.openai.lies import LIES, Liar
from emulators.openai.models import PLANNER_MODEL, available, find_model, known_models
from emulators.openai.planner import decide
from emulators.openai.realtime import Realtime
from emulators.openai.rendering import Ids, Output, Usage, left_incomplete, render
from emulators.openai.script import (
    Answer,
    Call,
    Content,
    CutAfter,
    ErrorEvent,
    Failed,
    HttpError,
    Incomplete,
    MalformedEvent,
    RawArguments,
    Refuse,
    Say,
    Script,
    Stall,
    Step,
)
from emulators.openai.streaming import Sender
from emulators.openai.switches import Switches
from emulators.openai.tokens import PromptCache
from emulators.openai.validate import Asked, Rules, check_responses

__all__ = [
    "LIES",
    "PLANNER_MODEL",
    "Call",
    "CutAfter",
    "ErrorEvent",
    "Failed",
    "HttpError",
    "Incomplete",
    "Liar",
    "MalformedEvent",
    "ModelCall",
    "OpenAIEmulator",
    "RawArguments",
    "Refuse",
    "Rules",
    "Say",
    "Stall",
    "Switches",
]

DEFAULT_KEY = "sk-emulated"
CALL_LIMIT = 10_000
SUMMARY_LIMIT = 200
REQUEST_BUCKET = 10_000
TOKEN_BUCKET = 2_000_000

Json = dict[str, Any]
Wire = Literal["responses", "chat"]
Endpoint = Callable[[Request], Awaitable[Response]]


@dataclass(slots=True)
class ModelCall:
    """One model call that passed the checks: what was asked and what was answered.

    `output` holds items in the Responses shape on both wires; it is empty for a scripted HTTP error. `misdeeds` says
    what switches had to do with it: the planner never misbehaves silently.
    """

    number: int
    at: float
    wire: Wire
    request: Json
    asked: Asked
    answer: Answer
    scripted: bool
    output: list[Json] = field(default_factory=list)
    usage: Usage | None = None
    misdeeds: tuple[str, ...] = ()

    def to_json(self) -> Json:
        """A short JSON-safe account."""
        newest = next((item for item in reversed(self.asked.items) if item.get("role") == "user"), {})
        return {
            "number": self.number,
            "at": self.at,
            "wire": self.wire,
            "model": self.asked.model,
            "stream": self.asked.stream,
            "by": "script" if self.scripted else "planner",
            "misdeeds": list(self.misdeeds),
            "input_items": len(self.asked.items),
            "newest_request": json.dumps(newest.get("content", ""), ensure_ascii=False)[:SUMMARY_LIMIT],
            "tools_offered": len(self.asked.tools),
            "usage": asdict(self.usage) if self.usage else None,
            "output": self.output,
        }


class OpenAIEmulator(Emulator):
    """The API under `{url}/v1`.

    `calls` lists the model calls that passed the checks, `switches` make the planner misbehave, `rules` say how strict
    the checks are, `models` maps model ids to shutdown dates, `pace` is the pause between streamed events in seconds,
    `sounds` knows what was spoken and heard, `realtime` is the websocket.
    """

    name = "openai"
    websockets = "websockets-sansio"

    def __init__(self, *, seed: int = 1, api_key: str = DEFAULT_KEY, rules: Rules | None = None) -> None:
        # The routes, which the base asks for at once, need it.
        self.sounds = Sounds(lambda: self.clock.now(), lambda: self.pace, lambda: self.journal.wake())
        self.realtime = Realtime(self.sounds, lambda: self.api_key, lambda: self.pace)
        super().__init__(seed=seed)
        self.api_key = api_key
        self.default_rules = rules or Rules()
        self.pace = 0.0
        self.script_queue = Script()
        self.cache = PromptCache()
        self._released = asyncio.Event()
        self._begin()

    def _begin(self) -> None:
        self.rules = self.default_rules
        self.models = known_models()
        self.switches = Switches()
        self.calls: deque[ModelCall] = deque(maxlen=CALL_LIMIT)
        self._numbers = itertools.count(1)

    @property
    def _all_models(self) -> dict[str, str | None]:
        return self.models | self.sounds.models

    @property
    def base_url(self) -> str:
        """What a client takes as its base URL."""
        return f"{self.url}/v1"

    def script(self, answers: Sequence[Step | Sequence[Step]]) -> None:
        """Queue answers, one entry per model call; see `emulators.openai.script`."""
        self.script_queue.add(answers)

    @property
    def pending_script(self) -> list[Answer]:
        """Scripted answers that nobody asked for yet."""
        return self.script_queue.pending

    @property
    def strict_script(self) -> bool:
        """Whether a model call beyond the script is answered with an error instead of the planner's answer."""
        return self.script_queue.strict

    @strict_script.setter
    def strict_script(self, strict: bool) -> None:
        self.script_queue.strict = strict

    def release(self) -> None:
        """End every stall that is going on."""
        self._released.set()
        self._released = asyncio.Event()

    def reset(self) -> None:
        """Forget calls, script, switches, cache and everything of the base; stalls end."""
        super().reset()
        self.script_queue.clear()
        self.cache.clear()
        self.sounds.clear()
        self.realtime.clear()
        self.pace = 0.0
        self.release()
        self._begin()

    def snapshot(self) -> Json:
        """The visible state, JSON-safe."""
        return {
            "label": "deterministic planner, not an AI",
            "calls": [call.to_json() for call in self.calls],
            "pending_script": len(self.pending_script),
            "switches": asdict(self.switches),
        }

    def error_body(self, status: int) -> Any:
        """See `Emulator.error_body`."""
        return usual_body(status)

    async def stop(self) -> None:
        """See `Emulator.stop`."""
        self.release()
        await super().stop()

    def routes(self) -> list[BaseRoute]:
        """The vendor's routes, and the snapshot for tools in other processes."""
        return [
            Route("/v1/responses", self._guarded(self._post_responses), methods=["POST"]),
            Route("/v1/chat/completions", self._guarded(self._post_chat), methods=["POST"]),
            Route("/v1/audio/speech", self._guarded(self.sounds.post_speech), methods=["POST"]),
            Route("/v1/audio/transcriptions", self._guarded(self.sounds.post_transcription), methods=["POST"]),
            WebSocketRoute("/v1/realtime", self.realtime.serve),
            Route("/v1/models", self._guarded(self._get_models)),
            Route("/v1/models/{model:path}", self._guarded(self._get_model)),
            Route("/_emulator/snapshot", self._get_snapshot),
            Route("/{path:path}", self._guarded(self._unknown), methods=["GET", "POST", "PUT", "PATCH", "DELETE"]),
        ]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request; the connection is kept where a script can cut it."""
        transport = getattr(getattr(receive, "__self__", None), "transport", None)
        await super().__call__({**scope, "emulator.transport": transport}, receive, send)

    def _guarded(self, endpoint: Endpoint) -> Endpoint:
        """The endpoint behind the key, with refusals in the vendor's shape and the usual headers."""

        async def answer(request: Request) -> Response:
            try:
                self._check_key(request)
                response = await endpoint(request)
            except Refusal as refusal:
                response = JSONResponse(refusal.body(), refusal.status, refusal.headers)
            for name, value in self._headers().items():
                response.headers.setdefault(name, value)
            return response

        return answer

    def _check_key(self, request: Request) -> None:
        scheme, _, key = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not key:
            raise Refusal("You didn't provide an API key.", code=None, status=401)
        if not hmac.compare_digest(key.encode(), self.api_key.encode()):
            raise Refusal("Incorrect API key provided.", code="invalid_api_key", status=401)

    def _headers(self) -> dict[str, str]:
        used = len(self.calls)
        tokens = sum(call.usage.input_tokens for call in self.calls if call.usage)
        return {
            "x-request-id": Ids(self.random).new("req", 32),
            "openai-processing-ms": "12",
            "openai-version": "2020-10-01",
            "x-ratelimit-limit-requests": str(REQUEST_BUCKET),
            "x-ratelimit-remaining-requests": str(max(0, REQUEST_BUCKET - used)),
            "x-ratelimit-reset-requests": "6ms",
            "x-ratelimit-limit-tokens": str(TOKEN_BUCKET),
            "x-ratelimit-remaining-tokens": str(max(0, TOKEN_BUCKET - tokens)),
            "x-ratelimit-reset-tokens": "30ms",
        }

    async def _post_responses(self, request: Request) -> Response:
        call = self._admit("responses", check_responses(await _json(request), self.rules))
        sender = self._sender(request, call)
        output, usage = await self._generate(call, sender)
        ending = call.answer.ending or output.incomplete
        response = responses.response_object(call.asked, self._id("resp"), call.at)
        final = responses.finished(response, output, usage, ending, self.clock.now())
        if call.asked.stream:
            events = responses.events(response, final, output, ending)
            return _stream(sender.frames([responses.frame(event) for event in events]), "text/event-stream")
        if isinstance(ending, ErrorEvent):
            raise Refusal(ending.message, code=ending.code, status=500, kind="server_error")
        return self._plain(final, sender)

    async def _post_chat(self, request: Request) -> Response:
        call = self._admit("chat", chat.check_chat(await _json(request), self.rules))
        sender = self._sender(request, call)
        output, usage = await self._generate(call, sender)
        ending, head = call.answer.ending, (call.asked, self._id("chatcmpl"), call.at)
        failure = ending if isinstance(ending, ErrorEvent | Failed) else None
        if call.asked.stream:
            frames = [chat.frame(chunk) for chunk in chat.chunks(*head, output, usage)]
            last = chat.DONE
            if failure:
                frames = frames[:-1]
                last = chat.frame(usual_body(500, failure.code, failure.message))
            return _stream(sender.frames([*frames, last]), "text/event-stream")
        if failure:
            raise Refusal(failure.message, code=failure.code, status=500, kind="server_error")
        return self._plain(chat.completion(*head, output, usage), sender)

    def _admit(self, wire: Wire, asked: Asked) -> ModelCall:
        """Note a request that passed the checks, with the answer it will get from the script, if any."""
        find_model(self.models, asked.model, self.clock.now())
        scripted = self.script_queue.take()
        answer = scripted or Answer()
        call = ModelCall(
            next(self._numbers), self.clock.now(), wire, asked.body, asked, answer, scripted=scripted is not None
        )
        self.calls.append(call)
        self.journal.wake()
        return call

    async def _generate(self, call: ModelCall, sender: Sender) -> tuple[Output, Usage]:
        """The output of a call, after the accidents that come before it."""
        await sender.before_headers()
        if error := call.answer.http_error:
            raise _http_error(error)
        output = render(self._contents(call), call.asked, Ids(self.random), self.switches.split_chunks)
        if isinstance(call.answer.ending, Incomplete):
            output = left_incomplete(output, call.answer.ending)
        cached = self.cache.cached_tokens(call.asked.model, call.asked.prompt)
        usage = Usage(call.asked.input_tokens, cached, output.tokens(), output.reasoning_tokens())
        call.output, call.usage = output.item_bodies, usage
        self.journal.wake()
        return output, usage

    def _contents(self, call: ModelCall) -> Sequence[Content]:
        if call.answer.contents is not None:
            return call.answer.contents
        if isinstance(call.answer.ending, Failed | ErrorEvent):
            return ()
        asked = call.asked
        decision = decide(
            asked.instructions,
            asked.items,
            asked.tools,
            asked.tool_choice,
            parallel=asked.parallel,
            switches=self.switches,
        )
        call.misdeeds = decision.misdeeds
        return decision.contents

    def _sender(self, request: Request, call: ModelCall) -> Sender:
        transport = request.scope.get("emulator.transport")

        def drop() -> None:
            if transport is None:
                raise ConnectionAbortedError("the script cuts this connection")
            transport.abort()

        return Sender(call.answer, self.pace, drop, self._released)

    def _plain(self, body: Json, sender: Sender) -> Response:
        """The whole answer in one piece, or what is left of it when the script breaks it."""
        if sender.answer.broken is None:
            return JSONResponse(body)
        raw = json.dumps(body).encode()
        return _stream(sender.frames([raw[: len(raw) // 2]]), "application/json")

    def _id(self, prefix: str) -> str:
        return Ids(self.random).new(prefix)

    async def _get_models(self, request: Request) -> Response:
        return JSONResponse({"object": "list", "data": available(self._all_models, self.clock.now())})

    async def _get_model(self, request: Request) -> Response:
        return JSONResponse(find_model(self._all_models, request.path_params["model"], self.clock.now()))

    async def _get_snapshot(self, request: Request) -> Response:
        return JSONResponse(self.snapshot())

    async def _unknown(self, request: Request) -> Response:
        sentence = f"Invalid URL ({request.method} {request.url.path})"
        raise Refusal(sentence, code=None, status=404)


async def _json(request: Request) -> Any:
    try:
        return json.loads(await request.body())
    except ValueError as error:
        raise Refusal("We could not parse the JSON body of your request.", code=None) from error


def _stream(frames: AsyncIterator[bytes], media_type: str) -> Response:
    return StreamingResponse(frames, media_type=media_type)


def _http_error(error: HttpError) -> Refusal:
    body = usual_body(error.status, error.code, error.message)["error"]
    return Refusal(
        body["message"], code=body["code"], status=error.status, kind=body["type"], headers=dict(error.headers)
    )
