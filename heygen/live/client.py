"""LiveAvatar's REST interface, as far as LITE sessions need it. Each method is one request over a `Transport`.

Every method raises `HeyGenError`s for what goes wrong outside and `ValueError` for arguments that would be refused
anyway. Keys are LiveAvatar's own: a HeyGen key is refused.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, Literal, TypeVar

import httpx2

from ..calls import PAGE_LIMIT, open_data, read, segment
from ..errors import Conflict, Gone, HeyGenError, InvalidRequest, NotFound
from ..exchange import CallClass, Request, Transport
from ..models import Page
from ..transport import HttpTransport
from . import parsing
from .models import Avatar, SessionOptions, SessionRecord, SessionToken, StartedSession, StopReason, Voice
from .replies import read_live_reply

T = TypeVar("T")

# People wait for these calls, and a teardown must not take long.
BUDGETS = {CallClass.READ: 10.0, CallClass.WRITE: 20.0}
_SESSIONS = "/v1/sessions"
_AVATARS = "/v1/avatars"


def live_transport(
    base_url: str, api_key: str, http: httpx2.AsyncClient, user_agent: str, *, now: Callable[[], float] = time.time
) -> HttpTransport:
    """A transport to LiveAvatar: 10 s for a read, 20 s for a write, errors by its own table."""
    return HttpTransport(base_url, api_key, http, user_agent, now=now, budgets=BUDGETS, read=read_live_reply)


class LiveClient:
    """LiveAvatar for one account. Stateless beyond its transport, so safe to share between tasks."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    # A session's life

    async def create_session(self, options: SessionOptions) -> SessionToken:
        """Make a LITE session. It costs nothing before `start_session`."""
        request = _write("liveSessionToken", f"{_SESSIONS}/token", options.to_json())
        return open_data(request, await self._transport.send(request), parsing.session_token)

    async def start_session(self, session: SessionToken) -> StartedSession:
        """Start it: from here on it costs money. `SessionLimitReached` and `InsufficientCredit` cost nothing.

        When the answer is lost or cannot be used, the session may run though nobody can enter it, so it is stopped
        before the error is raised. A note on the error tells if that failed too.
        """
        request = _write("liveSessionStart", f"{_SESSIONS}/start", {}, bearer=session.token)
        try:
            return open_data(request, await self._transport.send(request), parsing.started_session)
        except HeyGenError as error:
            if error.outcome_unknown:
                await self._stop_unusable(session.session_id, error)
            raise

    async def _stop_unusable(self, session_id: str, error: HeyGenError) -> None:
        try:
            await self.stop_session(session_id, StopReason.SERVER_ERROR)
        except HeyGenError as second:
            error.add_note(f"stopping the session failed too: {second}")

    async def keep_alive(self, session_id: str) -> None:
        """Put off the idle timeout, five minutes, as the websocket's own keep-alive does."""
        await self._transport.send(_repeatable("liveSessionKeepAlive", "keep-alive", {"session_id": session_id}))

    async def stop_session(self, session_id: str, reason: StopReason = StopReason.UNKNOWN) -> bool:
        """End a session and its billing; False when it was over already. Doing it twice is harmless.

        It goes by the API key, since a teardown must not depend on a token that may have expired. A refusal counts
        as "over" only when LiveAvatar then says so of this very session.
        """
        payload = {"session_id": session_id, "reason": reason.value}
        try:
            await self._transport.send(_repeatable("liveSessionStop", "stop", payload))
        except (NotFound, Gone):
            return False
        except (InvalidRequest, Conflict):
            if not await self._is_over(session_id):
                raise
            return False
        return True

    async def _is_over(self, session_id: str) -> bool:
        try:
            return (await self.get_session(session_id)).over
        except NotFound:
            return True

    async def get_session(self, session_id: str) -> SessionRecord:
        """A session as LiveAvatar keeps it, with what it has cost."""
        request = read("liveSessionGet", f"{_SESSIONS}/{segment(session_id)}")
        return open_data(request, await self._transport.send(request), parsing.session_record)

    async def list_sessions(
        self,
        kind: Literal["active", "historic"],
        *,
        avatar_id: str | None = None,
        limit: int | None = None,
        token: str | None = None,
    ) -> Page[SessionRecord]:
        """A page of the account's sessions, also those that others started with this key; `limit` 1 to 100."""
        filters = {"type": kind, "avatar_id": avatar_id}
        return await self._page("liveSessionList", _SESSIONS, parsing.session_record, filters, limit, token)

    async def delete_events(self, session_id: str) -> None:
        """Have LiveAvatar forget what was said in a session. This cannot be undone."""
        path = f"{_SESSIONS}/{segment(session_id)}/events"
        await self._transport.send(
            Request(operation="liveEventsDelete", method="DELETE", path=path, call_class=CallClass.WRITE)
        )

    # What there is to choose from, and the account

    async def list_avatars(
        self, *, public: bool = False, limit: int | None = None, token: str | None = None
    ) -> Page[Avatar]:
        """A page of the account's own avatars, or of everybody's; `limit` 1 to 100."""
        path = f"{_AVATARS}/public" if public else _AVATARS
        return await self._page("liveAvatarList", path, parsing.avatar, {}, limit, token)

    async def get_avatar(self, avatar_id: str) -> Avatar:
        """One avatar."""
        request = read("liveAvatarGet", f"{_AVATARS}/{segment(avatar_id)}")
        return open_data(request, await self._transport.send(request), parsing.avatar)

    async def list_voices(self, *, limit: int | None = None, token: str | None = None) -> Page[Voice]:
        """A page of the stored voices; `limit` 1 to 100."""
        return await self._page("liveVoiceList", "/v1/voices", parsing.voice, {}, limit, token)

    async def credits_left(self) -> Decimal:
        """The account's credits. Also the cheapest way to learn whether the key works."""
        request = read("liveCreditsGet", "/v1/users/credits")
        return open_data(request, await self._transport.send(request), parsing.credits_left)

    async def _page(
        self,
        operation: str,
        path: str,
        parse: Callable[[Any], T],
        filters: Mapping[str, Any],
        limit: int | None,
        token: str | None,
    ) -> Page[T]:
        number = _page_number(token)
        if limit is not None and not 1 <= limit <= PAGE_LIMIT:
            raise ValueError(f"a page has 1 to {PAGE_LIMIT} items")
        request = read(operation, path, {**filters, "page": number, "page_size": limit})
        reply = await self._transport.send(request)
        return open_data(request, reply, lambda data: parsing.page(data, parse, number))


def _page_number(token: str | None) -> int:
    if token is None:
        return 1
    if not (token.isascii() and token.isdigit() and len(token) <= 9 and int(token) > 0):
        raise ValueError("the token of a page is its number")
    return int(token)


def _write(operation: str, path: str, payload: Mapping[str, Any], *, bearer: str | None = None) -> Request:
    return Request(
        operation=operation, method="POST", path=path, json=payload, call_class=CallClass.WRITE, bearer=bearer
    )


def _repeatable(operation: str, name: str, payload: Mapping[str, Any]) -> Request:
    """A write to a session that is as good done twice, so it is repeated on the spot."""
    return Request(
        operation=operation,
        method="POST",
        path=f"{_SESSIONS}/{name}",
        json=payload,
        call_class=CallClass.WRITE,
        retry_in_call=True,
        harmless_twice=True,
    )
