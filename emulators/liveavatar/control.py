"""The control plane's part of this emulator, and what the playground's journal page shows of it."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from emulators.liveavatar.avatar import Utterance
from emulators.liveavatar.dialects import DIALECTS
from emulators.liveavatar.state import Session
from emulators.liveavatar.trouble import Cut

if TYPE_CHECKING:
    from emulators.liveavatar import LiveAvatarEmulator


def control_routes(emulator: LiveAvatarEmulator) -> list[BaseRoute]:
    """Routes for tools in other processes. `session_id` may be left out where there is only one open session."""

    def the_session(asked: dict[str, Any]) -> Session:
        return emulator.session(asked.get("session_id"))

    async def advance(asked: dict[str, Any]) -> Any:
        emulator.advance(float(asked["seconds"]))
        return {"now": emulator.clock.now()}

    async def end(asked: dict[str, Any]) -> Any:
        session = the_session(asked)
        emulator.end_session(session.id, asked.get("reason", "SERVER_ERROR"))
        return {"ended": session.id}

    async def drop(asked: dict[str, Any]) -> Any:
        session = the_session(asked)
        emulator.drop_websocket(session.id, asked.get("code"))
        return {"dropped": session.id}

    async def cut(asked: dict[str, Any]) -> Any:
        emulator.cuts.append(Cut(**asked))
        return {"ok": True}

    async def dialect(asked: dict[str, Any]) -> Any:
        emulator.speak_dialect(asked["name"])
        return {"dialects": [*DIALECTS]}

    async def trouble(asked: dict[str, Any]) -> Any:
        emulator.trouble_events(**asked | {"without": frozenset(asked.get("without", ()))})
        return dataclasses.asdict(emulator.event_trouble) | {"without": sorted(emulator.event_trouble.without)}

    async def look(_: Request) -> Response:
        return JSONResponse(emulator.snapshot())

    actions = {"advance": advance, "end": end, "drop": drop, "cut": cut, "dialect": dialect, "events": trouble}
    return [
        *(Route(f"/_emulator/{name}", _answering(action), methods=["POST"]) for name, action in actions.items()),
        Route("/_emulator/snapshot", look),
    ]


def _answering(action: Any) -> Any:
    async def endpoint(request: Request) -> Response:
        try:
            return JSONResponse(await action(await request.json()))
        except (KeyError, TypeError) as error:
            return JSONResponse({"error": f"unknown: {error}"}, 404)

    return endpoint


def snapshot(emulator: LiveAvatarEmulator) -> dict[str, Any]:
    """Everything visible, JSON-safe and without secrets; times are unix seconds on the emulator's clock."""
    return {
        "clock": emulator.clock.now(),
        "dialect": emulator.dialect.name,
        "credits": {account.name: account.credits for account in emulator.state.accounts.values()},
        "sessions": [_session(emulator, session) for session in emulator.state.sessions.values()],
        "charges": [dataclasses.asdict(charge) for charge in emulator.charges],
    }


def _session(emulator: LiveAvatarEmulator, session: Session) -> dict[str, Any]:
    channel = emulator.channels.get(session.id)
    utterances = channel.avatar.utterances if channel is not None else ()
    return {
        "id": session.id,
        "account": session.account,
        "mode": session.mode,
        "is_sandbox": session.is_sandbox,
        "avatar_id": session.avatar_id,
        "created": session.created,
        "started": session.started,
        "ended": session.ended,
        "end_reason": session.end_reason,
        "billed_seconds": session.billed_seconds(emulator.clock.now()),
        "credits": session.credits,
        "viewers": session.viewers,
        "websockets": channel.connections if channel is not None else 0,
        "audio_bytes": session.audio_bytes,
        "interruptions": [dataclasses.asdict(interruption) for interruption in session.interruptions],
        "utterances": [_utterance(utterance) for utterance in utterances],
        "findings": [dataclasses.asdict(finding) for finding in session.findings],
    }


def _utterance(utterance: Utterance) -> dict[str, Any]:
    return {
        "id": utterance.id,
        "seconds": utterance.seconds,
        "chunks": utterance.chunks,
        "received_at": utterance.received_at,
        "started": utterance.started,
        "ended": utterance.ended,
        "outcome": utterance.outcome,
    }
