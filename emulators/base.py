"""What every emulator has: a journal of requests, faults on demand, a clock that can be moved, reset.

An emulator is a Starlette application with state. Around it sits `Emulator.__call__`, a plain ASGI layer that
records each request and plays the armed faults, so that no route has to know about either. Routes under
`/_emulator/` are the control plane for tests and tools in other processes.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import itertools
import json
import random
import re
import socket
import time
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any, Literal, get_args
from urllib.parse import parse_qsl

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import Message, Receive, Scope, Send

JOURNAL_LIMIT = 50_000
BODY_LIMIT = 2_000_000
CONTROL_PREFIX = "/_emulator/"
MASKED_HEADERS = frozenset({"authorization", "x-api-key", "cookie"})

FaultKind = Literal["before", "after", "drop_before", "drop_reply", "cut", "delay"]


class Clock:
    """The emulator's own time: the machine's wall clock plus an offset that tests and the playground move."""

    def __init__(self) -> None:
        self.offset = 0.0

    def now(self) -> float:
        """Unix seconds on this clock."""
        return time.time() + self.offset

    def advance(self, seconds: float) -> None:
        """Move the clock forward by `seconds`."""
        self.offset += seconds


@dataclasses.dataclass(slots=True)
class Entry:
    """One request as the emulator saw it, and what it answered (`status` 0: the connection was dropped)."""

    seq: int
    at: float
    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: Any
    status: int = 0
    reply: Any = None
    fault: str | None = None

    def to_json(self) -> dict[str, Any]:
        """A JSON-safe copy."""
        return dataclasses.asdict(self)


class Journal:
    """Requests in order of arrival, newest `JOURNAL_LIMIT` kept. Credentials are masked before they enter."""

    def __init__(self) -> None:
        self.entries: deque[Entry] = deque(maxlen=JOURNAL_LIMIT)
        self.changed = asyncio.Event()

    def add(self, entry: Entry) -> None:
        """Append `entry` and wake whoever waits."""
        self.entries.append(entry)
        self.wake()

    def wake(self) -> None:
        """Wake every `wait_for`; emulators call it whenever their visible state changes."""
        self.changed.set()
        self.changed = asyncio.Event()

    def select(self, method: str | None = None, path: str | None = None) -> list[Entry]:
        """Entries with this method and whose whole path matches the regular expression `path`."""
        pattern = re.compile(path) if path else None
        return [
            entry
            for entry in self.entries
            if (method is None or entry.method == method) and (pattern is None or pattern.fullmatch(entry.path))
        ]

    async def wait_for(self, condition: Callable[[], Any], seconds: float = 10.0) -> Any:
        """Wait until `condition()` is truthy and return its value; `TimeoutError` after `seconds`."""
        async with asyncio.timeout(seconds):
            while True:
                changed = self.changed
                if value := condition():
                    return value
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(0.05):
                        await changed.wait()


@dataclasses.dataclass(slots=True)
class Fault:
    """Something that goes wrong on purpose for the next `times` matching requests (after `skip` good ones).

    `before`: answer `status`/`body`/`headers` without doing anything. `after`: do it, then answer the error.
    `drop_before`: close the connection without doing anything. `drop_reply`: do it, then close the connection
    (commit, then drop the reply). `cut`: send the first `keep` body bytes, then close. `delay`: wait `seconds`
    and go on.
    """

    kind: FaultKind
    path: str = ".*"
    method: str | None = None
    status: int = 500
    body: Any = None
    headers: dict[str, str] = dataclasses.field(default_factory=dict)
    seconds: float = 0.0
    keep: int = 0
    times: int = 1
    skip: int = 0

    def __post_init__(self) -> None:
        if self.kind not in get_args(FaultKind):
            raise ValueError(f"no fault is called {self.kind!r}")

    def matches(self, method: str, path: str) -> bool:
        """Whether this fault is armed for such a request; counts `skip` down."""
        if self.times <= 0 or (self.method and self.method != method) or not re.fullmatch(self.path, path):
            return False
        if self.skip > 0:
            self.skip -= 1
            return False
        self.times -= 1
        return True


class Emulator:
    """Base of the stand-ins: subclass, give `routes()`, keep state in attributes that `reset()` clears.

    Start it with `await emulator.start()`; it listens on loopback on a free port and `emulator.url` has no
    trailing slash. It is also an ASGI application that can be mounted. `seed` makes ids repeatable.
    """

    name = "emulator"
    websockets: Literal["none", "websockets-sansio"] = "none"

    def __init__(self, *, seed: int = 1) -> None:
        self.seed = seed
        self.clock = Clock()
        self.journal = Journal()
        self.faults: list[Fault] = []
        self.url = ""
        self.random = random.Random(seed)  # noqa: S311 - repeatable on purpose
        self._seq = itertools.count(1)
        self._server: uvicorn.Server | None = None
        self._task: asyncio.Task[None] | None = None
        self._app = Starlette(routes=[*self._control_routes(), *self.routes()])

    def routes(self) -> list[BaseRoute]:
        """The vendor's routes."""
        raise NotImplementedError

    def reset(self) -> None:
        """Forget journal, faults, clock offset and everything a subclass adds."""
        self.clock.offset = 0.0
        self.journal.entries.clear()
        self.faults.clear()
        self.random = random.Random(self.seed)  # noqa: S311 - repeatable on purpose

    def fail(self, kind: FaultKind, path: str = ".*", **options: Any) -> Fault:
        """Arm a fault; see `Fault` for the options."""
        fault = Fault(kind, path, **options)
        self.faults.append(fault)
        return fault

    async def start(self, port: int = 0) -> str:
        """Listen on loopback (`port` 0: any free one) and return the URL."""
        # The protocol is named so that asyncio switches Nagle's delay off.
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", port))
        config = uvicorn.Config(
            self,
            log_level="critical",
            lifespan="off",
            timeout_graceful_shutdown=1,
            ws=self.websockets,
            ws_per_message_deflate=False,
        )
        self._server = uvicorn.Server(config)
        self._server.install_signal_handlers = lambda: None  # type: ignore[attr-defined]
        self._task = asyncio.create_task(self._server._serve([listener]), name=f"{self.name}-emulator")
        while not self._server.started:
            if self._task.done():
                self._task.result()
            await asyncio.sleep(0.005)
        self.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        return self.url

    async def stop(self) -> None:
        """Close the listener and every connection."""
        if self._server is None or self._task is None:
            return
        self._server.should_exit = True
        self._server.force_exit = True
        await self._task
        self._server = self._task = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith(CONTROL_PREFIX):
            await self._app(scope, receive, send)
            return
        streamed = self.streams(scope["method"], scope["path"])
        raw = b"" if streamed else await _read(receive)
        entry = self._entry(scope, raw)
        fault = next((f for f in self.faults if f.matches(entry.method, entry.path)), None)
        self.journal.add(entry)
        recorder = _Recorder(entry, receive, send, fault)
        if streamed:
            recorder.receive = _counting(receive, entry)
        try:
            await self._answer(scope, None if streamed else raw, fault, recorder)
        finally:
            self.journal.wake()

    def streams(self, method: str, path: str) -> bool:
        """Whether a request's body is read by its route, piece by piece; the journal then only has its length."""
        return False

    async def _answer(self, scope: Scope, raw: bytes | None, fault: Fault | None, recorder: _Recorder) -> None:
        """`raw` None: the body has not been read."""
        if fault is None:
            await self._app(scope, _replay(raw, recorder.receive), recorder.send)
            return
        recorder.entry.fault = fault.kind
        await asyncio.sleep(fault.seconds)
        match fault.kind:
            case "drop_before":
                recorder.drop()
            case "before":
                if raw is None:
                    await _read(recorder.receive, keep=False)
                await self._fault_response(fault)(scope, _replay(b"", recorder.receive), recorder.send)
            case "after":
                await self._app(scope, _replay(raw, recorder.receive), recorder.swallow)
                await self._fault_response(fault)(scope, _replay(b"", recorder.receive), recorder.send)
            case "drop_reply":
                await self._app(scope, _replay(raw, recorder.receive), recorder.swallow)
                recorder.drop()
            case "cut" | "delay":
                await self._app(scope, _replay(raw, recorder.receive), recorder.send)

    def _fault_response(self, fault: Fault) -> Response:
        """A fault's answer; a subclass shapes it like its vendor when `fault.body` is None."""
        body = fault.body if fault.body is not None else self.error_body(fault.status)
        if isinstance(body, str):
            return Response(body, fault.status, fault.headers)
        return JSONResponse(body, fault.status, fault.headers)

    def error_body(self, status: int) -> Any:
        """The vendor's usual body for an error answer with this HTTP status."""
        return {"error": f"emulated {status}"}

    def _entry(self, scope: Scope, raw: bytes) -> Entry:
        headers = {k.decode("latin-1"): v.decode("latin-1") for k, v in scope["headers"]}
        kind = headers.get("content-type", "")
        return Entry(
            seq=next(self._seq),
            at=self.clock.now(),
            method=scope["method"],
            path=scope["path"],
            query=dict(parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)),
            headers={k: "***" if k in MASKED_HEADERS else v for k, v in headers.items()},
            body=_decode(raw, kind),
        )

    def _control_routes(self) -> list[BaseRoute]:
        return [
            Route("/_emulator/identity", self._get_identity),
            Route("/_emulator/journal", self._get_journal),
            Route("/_emulator/reset", self._post_reset, methods=["POST"]),
            Route("/_emulator/fault", self._post_fault, methods=["POST"]),
            Route("/_emulator/clock", self._post_clock, methods=["POST"]),
        ]

    async def _get_identity(self, request: Request) -> Response:
        return JSONResponse({"emulator": self.name}, headers={"X-Greenroom-Emulator": self.name})

    async def _get_journal(self, request: Request) -> Response:
        after = int(request.query_params.get("after", "0"))
        return JSONResponse([e.to_json() for e in self.journal.entries if e.seq > after])

    async def _post_reset(self, request: Request) -> Response:
        self.reset()
        return JSONResponse({"ok": True})

    async def _post_fault(self, request: Request) -> Response:
        self.faults.append(Fault(**await request.json()))
        return JSONResponse({"ok": True})

    async def _post_clock(self, request: Request) -> Response:
        self.clock.advance(float((await request.json())["advance"]))
        self.journal.wake()
        return JSONResponse({"now": self.clock.now()})


class _Recorder:
    """Passes an application's answer on while it notes status and JSON body in the journal entry."""

    def __init__(self, entry: Entry, receive: Receive, send: Send, fault: Fault | None) -> None:
        self.entry = entry
        self.receive = receive
        self._send = send
        self._transport = _transport_of(receive)
        self._keep = fault.keep if fault and fault.kind == "cut" else None
        self._body = b""
        self._json = False

    def drop(self) -> None:
        """Abort the TCP connection; the client sees a reset."""
        self.entry.status = 0
        if self._transport is not None:
            self._transport.abort()

    async def swallow(self, message: Message) -> None:
        """Note the answer without sending it."""
        self._note(message)

    async def send(self, message: Message) -> None:
        """Note the answer and send it, cutting the body where the fault says so."""
        self._note(message)
        if self._keep is None or message["type"] != "http.response.body":
            await self._send(message)
            return
        body = message.get("body", b"")[: self._keep]
        self._keep -= len(body)
        await self._send({"type": "http.response.body", "body": body, "more_body": True})
        if self._keep <= 0:
            await asyncio.sleep(0.02)  # let the bytes leave before the reset
            self.drop()

    def _note(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.entry.status = message["status"]
            kind = next((v.decode() for k, v in message["headers"] if k.lower() == b"content-type"), "")
            self._json = "json" in kind
        elif message["type"] == "http.response.body" and self._json and len(self._body) < BODY_LIMIT:
            self._body += message.get("body", b"")
            if not message.get("more_body"):
                self.entry.reply = _decode(self._body, "json")


async def _read(receive: Receive, *, keep: bool = True) -> bytes:
    chunks = []
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            break
        if keep:
            chunks.append(message.get("body", b""))
        if not message.get("more_body"):
            break
    return b"".join(chunks)


def _counting(receive: Receive, entry: Entry) -> Receive:
    """Receives a body piece by piece and notes in the journal how long it has been so far."""
    size = 0

    async def counting() -> Message:
        nonlocal size
        message = await receive()
        size += len(message.get("body", b""))
        entry.body = f"<{size} bytes>"
        return message

    return counting


def _replay(raw: bytes | None, rest: Receive) -> Receive:
    """Receives the body that was read already, then whatever else comes (that the client has gone away)."""
    if raw is None:
        return rest
    messages: Iterator[Message] = iter([{"type": "http.request", "body": raw, "more_body": False}])

    async def receive() -> Message:
        for message in messages:
            return message
        return await rest()

    return receive


def _transport_of(receive: Receive) -> Any:
    """uvicorn's transport behind `receive` (a bound method of its request cycle), or None elsewhere."""
    return getattr(getattr(receive, "__self__", None), "transport", None)


def _decode(raw: bytes, content_type: str) -> Any:
    """A request or reply body for the journal: parsed JSON or form, text, or only its length."""
    if not raw:
        return None
    try:
        if "json" in content_type:
            return json.loads(raw)
        text = raw.decode()
    except ValueError:
        return f"<{len(raw)} bytes>"
    if "x-www-form-urlencoded" in content_type:
        return dict(parse_qsl(text, keep_blank_values=True))
    return text if len(text) <= BODY_LIMIT else f"<{len(raw)} bytes>"
