"""From LiveAvatar's JSON to records. Pure; raises `Malformed` only where a record would be meaningless."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, TypeVar

from ..exchange import HEADER_VALUE
from ..fields import Malformed, decimal, instant, mapping, number, required, sequence, text, word
from ..models import Page
from .models import Avatar, SessionRecord, SessionToken, StartedSession, Voice

T = TypeVar("T")


def session_token(data: Any) -> SessionToken:
    """The answer that makes a session."""
    source = mapping(data, "data")
    token = required(source, "session_token")
    if not HEADER_VALUE.fullmatch(token):
        raise Malformed("session_token is not a token")
    return SessionToken(session_id=required(source, "session_id"), token=token)


def started_session(data: Any) -> StartedSession:
    """The answer that starts one. All three ways in are needed: ours, the viewer's, and the viewer's key."""
    source = mapping(data, "data")
    limit = number(source, "max_session_duration")
    return StartedSession(
        session_id=required(source, "session_id"),
        socket_url=_socket_url(source),
        room_url=required(source, "livekit_url"),
        room_token=required(source, "livekit_client_token"),
        max_seconds=None if limit is None or limit <= 0 else int(limit),
    )


def _socket_url(source: Mapping[str, Any]) -> str:
    url = required(source, "ws_url")
    if not url.startswith(("ws://", "wss://")):
        raise Malformed("ws_url is not a websocket's address")
    return url


def session_record(value: Any) -> SessionRecord:
    """A session in a list or by itself; its id stands in `id`, unlike everywhere else."""
    source = mapping(value, "session")
    return SessionRecord(
        id=required(source, "id", "session_id"),
        created_at=instant(source, "created_at"),
        updated_at=instant(source, "updated_at"),
        duration=number(source, "duration"),
        source=word(source, "source"),
        mode=word(source, "mode"),
        sandbox=source.get("is_sandbox") is True,
        credits=decimal(source, "credits_consumed"),
        ended_at=instant(source, "end_at"),
        end_reason=word(source, "end_reason"),
    )


def avatar(value: Any) -> Avatar:
    """An avatar object."""
    source = mapping(value, "avatar")
    return Avatar(
        id=required(source, "id"),
        name=text(source, "name"),
        kind=word(source, "type"),
        status=word(source, "status"),
        expired=source.get("is_expired") is True,
        full_hd=source.get("is_1080p") is True,
        preview_url=text(source, "preview_url"),
    )


def voice(value: Any) -> Voice:
    """A voice object."""
    source = mapping(value, "voice")
    return Voice(id=required(source, "id"), name=text(source, "name"))


def credits_left(data: Any) -> Decimal:
    """The account's credits."""
    left = decimal(mapping(data, "data"), "credits_left")
    if left is None:
        raise Malformed("credits_left is missing")
    return left


def page(data: Any, parse: Callable[[Any], T], number_of_page: int) -> Page[T]:
    """A page of `{count, next, previous, results}`, or a bare array; the token of the next one is its number."""
    if isinstance(data, list):
        return Page(tuple(parse(item) for item in data))
    source = mapping(data, "data")
    items = tuple(parse(item) for item in sequence(source.get("results"), "results"))
    return Page(items, str(number_of_page + 1) if source.get("next") else None)
