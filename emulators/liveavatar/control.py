"""The control plane's part of this emulator, and what the playground's journal page shows of it."""

from __future__ import annotations

import dataclasses
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from emulators.liveavatar.avatar import Utterance
from emulators.liveavatar.dialects import DIALECTS
from emulators.liveavatar.state import Session, Switches
from emulators.liveavatar.trouble import Cut

if TYPE_CHECKING:
    from emulators.liveavatar import LiveAvatarEmulator

Asked = dict[str, Any]
Action = Callable[[Asked], Any]


class Control:
    """Actions for tools in other processes. A `session_id` may be left out: the newest session is meant then."""

    def __init__(self, emulator: LiveAvatarEmulator) -> None:
        self._emulator = emulator

    def routes(self) -> list[BaseRoute]:
        """One POST route for each action, and the snapshot."""
        actions: dict[str, Action] = {
            "advance": self.advance,
            "end": self.end,
            "drop": self.drop,
            "cut": self.cut,
            "stall": self.stall,
            "viewer": self.viewer,
            "dialect": self.dialect,
            "events": self.events,
            "switches": self.switches,
        }
        posts = [Route(f"/_emulator/{name}", _answering(action), methods=["POST"]) for name, action in actions.items()]
        return [*posts, Route("/_emulator/snapshot", self._look)]

    def advance(self, asked: Asked) -> Any:
        """Move the clock by `seconds`."""
        self._emulator.advance(float(asked["seconds"]))
        return {"now": self._emulator.clock.now()}

    def end(self, asked: Asked) -> Any:
        """End a session with a `reason`."""
        session = self._session(asked)
        self._emulator.end_session(session.id, asked.get("reason", "SERVER_ERROR"))
        return {"ended": session.id}

    def drop(self, asked: Asked) -> Any:
        """End a session's websocket with a close `code`, or by a reset."""
        session = self._session(asked)
        self._emulator.drop_websocket(session.id, asked.get("code"))
        return {"dropped": session.id}

    def cut(self, asked: Asked) -> Any:
        """Plan the end of a websocket; see `Cut`."""
        self._emulator.cuts.append(Cut(**asked))
        return {"ok": True}

    def stall(self, asked: Asked) -> Any:
        """Let a session's websocket stand still, or go on (`on`: false)."""
        channel = self._emulator.channel(asked.get("session_id"))
        if asked.get("on", True):
            channel.stall()
        else:
            channel.flow()
        return {"ok": True}

    def viewer(self, asked: Asked) -> Any:
        """Let somebody be in the room, or leave it (`joined`: false), without a browser."""
        session = self._session(asked)
        if asked.get("joined", True):
            self._emulator.join_viewer(session.id)
        else:
            self._emulator.leave_viewer(session.id)
        return {"viewers": session.viewers}

    def dialect(self, asked: Asked) -> Any:
        """Send events in the dialect called `name`."""
        self._emulator.speak_dialect(asked["name"])
        return {"dialects": [*DIALECTS]}

    def events(self, asked: Asked) -> Any:
        """Let events go wrong; see `EventTrouble`."""
        trouble = self._emulator.trouble_events(**asked | {"without": frozenset(asked.get("without", ()))})
        return dataclasses.asdict(trouble) | {"without": sorted(trouble.without)}

    def switches(self, asked: Asked) -> Any:
        """Change behaviour; see `Switches`."""
        known = {field.name for field in dataclasses.fields(Switches)}
        if unknown := asked.keys() - known:
            raise KeyError(sorted(unknown))
        for name, value in asked.items():
            setattr(self._emulator.switches, name, frozenset(value) if isinstance(value, list) else value)
        return {"changed": sorted(asked)}

    def _session(self, asked: Asked) -> Session:
        return self._emulator.session(asked.get("session_id"))

    async def _look(self, _: Request) -> Response:
        return JSONResponse(self._emulator.snapshot())


def _answering(action: Action) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        try:
            return JSONResponse(action(await request.json()))
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
