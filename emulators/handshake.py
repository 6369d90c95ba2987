"""What every websocket of an emulator begins with: its entry in the journal, and how it is turned away."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from urllib.parse import parse_qsl

from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket

from emulators.base import MASKED_HEADERS, Entry, Fault

SECRET_PARAMETERS = frozenset({"token", "access_token", "ticket"})


def record(scope: Scope, seq: int, at: float) -> Entry:
    """The journal's entry of a handshake: method WEBSOCKET, status 101 once accepted, secrets masked."""
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
    query = dict(parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True))
    return Entry(
        seq=seq,
        at=at,
        method="WEBSOCKET",
        path=scope["path"],
        query={name: "***" if name in SECRET_PARAMETERS else value for name, value in query.items()},
        headers={name: "***" if name in MASKED_HEADERS else value for name, value in headers.items()},
        body=None,
    )


async def let_in(faults: Sequence[Fault], entry: Entry, scope: Scope, receive: Receive, send: Send) -> bool:
    """Play the armed fault (method WEBSOCKET): whether the handshake goes on.

    `before` answers the HTTP error, `drop_before` resets, `delay` waits; the other kinds have no meaning here.
    """
    scope["emulator.entry"], scope["emulator.transport"] = entry, transport_of(receive)
    fault = next((f for f in faults if f.matches(entry.method, entry.path)), None)
    if fault is None:
        return True
    entry.fault = fault.kind
    await asyncio.sleep(fault.seconds)
    if fault.kind == "before":
        await deny(WebSocket(scope, receive, send), entry, fault.status, "Emulated failure")
    elif fault.kind == "drop_before":
        reset(transport_of(receive))
    return fault.kind not in ("before", "drop_before")


async def deny(websocket: WebSocket, entry: Entry, status: int, message: str) -> None:
    """Answer the handshake with an HTTP error."""
    entry.status = status
    await websocket.send_denial_response(PlainTextResponse(message, status))


def transport_of(receive: Receive) -> asyncio.Transport | None:
    """The connection behind `receive`; None where there is none of our own."""
    return getattr(getattr(receive, "__self__", None), "transport", None)


def reset(transport: asyncio.Transport | None) -> None:
    """End a connection without a word."""
    if transport is not None:
        transport.abort()
