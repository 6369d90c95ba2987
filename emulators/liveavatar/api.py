"""The REST routes: tokens, sessions, avatars, voices, credits."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from emulators.liveavatar.catalogue import AVATARS, OWN_AVATARS, PUBLIC_AVATARS, VOICES
from emulators.liveavatar.errors import Refusal
from emulators.liveavatar.models import (
    ListRequest,
    PageRequest,
    SessionRequest,
    StopRequest,
    TokenRequest,
    unknown_fields,
)
from emulators.liveavatar.operations import Call, Operation, checked
from emulators.liveavatar.state import Session

if TYPE_CHECKING:
    from emulators.liveavatar import LiveAvatarEmulator


class Api:
    """Handlers over one emulator."""

    def __init__(self, emulator: LiveAvatarEmulator) -> None:
        self._emulator = emulator

    def operations(self) -> list[Operation]:
        """Every route that is emulated."""
        return [
            Operation("POST", "/v1/sessions/token", "key", self.create_token),
            Operation("POST", "/v1/sessions/start", "token", self.start, status=201),
            Operation("POST", "/v1/sessions/keep-alive", "either", self.keep_alive),
            Operation("POST", "/v1/sessions/stop", "either", self.stop),
            Operation("GET", "/v1/sessions", "key", self.list_sessions),
            Operation("GET", "/v1/sessions/{session_id}", "key", self.read_session),
            Operation("GET", "/v1/sessions/{session_id}/transcript", "key", self.read_transcript),
            Operation("DELETE", "/v1/sessions/{session_id}/events", "either", self.delete_events),
            Operation("GET", "/v1/avatars", "key", self.list_own_avatars),
            Operation("GET", "/v1/avatars/public", "none", self.list_public_avatars),
            Operation("GET", "/v1/avatars/{avatar_id}", "key", self.read_avatar),
            Operation("DELETE", "/v1/avatars/{avatar_id}", "key", self.delete_avatar),
            Operation("GET", "/v1/voices", "key", self.list_voices),
            Operation("GET", "/v1/users/credits", "key", self.read_credits),
        ]

    # -- sessions ----------------------------------------------------------------------------------------------

    def create_token(self, call: Call) -> dict[str, Any]:
        """A token for a session that does not run yet."""
        body = checked(TokenRequest, {"body": call.body}, "body").body
        session = self._emulator.sessions.create(call.customer, body)
        if ignored := unknown_fields(call.body, body):
            session.found(session.created, "ignored_fields", f"the service ignores {', '.join(ignored)}")
        return {"session_id": session.id, "session_token": session.token}

    def start(self, call: Call) -> dict[str, Any]:
        """Run the session of the token: from here it is paid for."""
        session = self._noted(call, call.session)
        self._emulator.sessions.start(session)
        self._emulator.opened(session)
        answer = self._emulator.addresses(session) | {"max_session_duration": session.limit}
        return {key: value for key, value in answer.items() if key not in self._emulator.switches.omit_from_start}

    def keep_alive(self, call: Call) -> None:
        """Push the idle timeout back."""
        self._emulator.sessions.keep_alive(self._addressed(call, checked(SessionRequest, call.body, "body")))

    def stop(self, call: Call) -> None:
        """End a session."""
        asked = checked(StopRequest, call.body, "body")
        self._emulator.sessions.stop(self._addressed(call, asked), asked.reason)

    def list_sessions(self, call: Call) -> dict[str, Any]:
        """The customer's sessions, newest first."""
        asked = checked(ListRequest, call.query, "query")
        chosen = [
            session
            for session in reversed(self._emulator.state.sessions.values())
            if session.account == call.customer.name
            and session.started is not None
            and session.open == (asked.type == "active")
            and (asked.avatar_id is None or session.avatar_id == str(asked.avatar_id))
        ]
        return _page([self._view(session) for session in chosen], asked.page, asked.page_size, call)

    def read_session(self, call: Call) -> dict[str, Any]:
        """One session, as it is listed."""
        return self._view(self._own(call, call.path["session_id"]))

    def read_transcript(self, call: Call) -> dict[str, Any]:
        """Nothing was said as far as the service knows: it keeps no conversation whose brain is not its own."""
        session = self._own(call, call.path["session_id"])
        return {"session_active": session.open, "next_timestamp": None, "transcript_data": []}

    def delete_events(self, call: Call) -> None:
        """Forget what was said."""
        self._own(call, call.path["session_id"])

    # -- avatars, voices, credits ------------------------------------------------------------------------------

    def list_own_avatars(self, call: Call) -> dict[str, Any]:
        """The customer's avatars."""
        return self._avatars(OWN_AVATARS, call)

    def list_public_avatars(self, call: Call) -> dict[str, Any]:
        """Everybody's avatars."""
        return self._avatars(PUBLIC_AVATARS, call)

    def read_avatar(self, call: Call) -> dict[str, Any]:
        """One avatar."""
        avatar_id = call.path["avatar_id"]
        if avatar_id not in AVATARS or avatar_id in self._emulator.state.deleted_avatars:
            raise Refusal(404, "Avatar not found")
        return AVATARS[avatar_id]

    def delete_avatar(self, call: Call) -> None:
        """Delete an avatar of one's own; sessions with it end."""
        avatar_id = call.path["avatar_id"]
        if avatar_id not in OWN_AVATARS or avatar_id in self._emulator.state.deleted_avatars:
            raise Refusal(404, "Avatar not found")
        self._emulator.state.deleted_avatars.add(avatar_id)
        for session in self._emulator.state.sessions.values():
            if session.avatar_id == avatar_id:
                self._emulator.sessions.end(session, self._emulator.clock.now(), "AVATAR_DELETED")

    def list_voices(self, call: Call) -> dict[str, Any]:
        """Voices for FULL sessions."""
        asked = checked(PageRequest, call.query, "query")
        return _page([*VOICES.values()], asked.page, asked.page_size, call)

    def read_credits(self, call: Call) -> dict[str, Any]:
        """What is left to spend."""
        return {"credits_left": call.customer.credits}

    # -- shared ------------------------------------------------------------------------------------------------

    def _avatars(self, avatars: dict[str, dict[str, Any]], call: Call) -> dict[str, Any]:
        asked = checked(PageRequest, call.query, "query")
        deleted = self._emulator.state.deleted_avatars
        return _page([a for i, a in avatars.items() if i not in deleted], asked.page, asked.page_size, call)

    def _addressed(self, call: Call, asked: SessionRequest) -> Session:
        """The session a call is about: that of its token, or the one it names."""
        if call.session is not None:
            if asked.session_id is not None and str(asked.session_id) != call.session.id:
                raise Refusal(403, "The token belongs to another session")
            return self._noted(call, call.session)
        if asked.session_id is None:
            raise Refusal(400, "session_id is required")
        return self._own(call, str(asked.session_id))

    def _own(self, call: Call, session_id: str) -> Session:
        session = self._emulator.state.sessions.get(session_id)
        if session is None or session.account != call.customer.name:
            raise Refusal(404, "Session not found")
        return self._noted(call, session)

    def _noted(self, call: Call, session: Session | None) -> Session:
        """The session a call is about, with the call in its journal."""
        if session is None:
            raise Refusal(401, "Missing or invalid credentials")
        session.note(self._emulator.clock.now(), call.name)
        return session

    def _view(self, session: Session) -> dict[str, Any]:
        now = self._emulator.clock.now()
        view = {
            "id": session.id,
            "created_at": _iso(session.created),
            "updated_at": _iso(session.ended if session.ended is not None else now),
            "duration": int(session.billed_seconds(now)),
            "source": "API",
            "mode": session.mode,
            "is_sandbox": session.is_sandbox,
            "credits_consumed": session.credits,
        }
        if session.ended is not None:
            view |= {"end_at": _iso(session.ended), "end_reason": session.end_reason}
        return view


def _page(items: list[dict[str, Any]], page: int, size: int, call: Call) -> dict[str, Any]:
    first = (page - 1) * size
    return {
        "count": len(items),
        "next": _link(call, page + 1, size) if first + size < len(items) else None,
        "previous": _link(call, page - 1, size) if page > 1 else None,
        "results": items[first : first + size],
    }


def _link(call: Call, page: int, size: int) -> str:
    query = call.query | {"page": str(page), "page_size": str(size)}
    return f"{call.url}?{'&'.join(f'{name}={value}' for name, value in query.items())}"


def _iso(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat().replace("+00:00", "Z")
