"""Looking before sending again: paid requests carry a mark in their title, by which HeyGen's lists show them."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from heygen.calls import open_page, read
from heygen.catalogue import OPERATIONS
from heygen.catalogue.lipsyncs import CREATE_LIPSYNC, LIST_LIPSYNCS
from heygen.catalogue.operation import Idempotency, Operation
from heygen.catalogue.templates import CREATE_VIDEO_FROM_TEMPLATE
from heygen.catalogue.translations import CREATE_TRANSLATION, LIST_TRANSLATIONS
from heygen.catalogue.videos import CREATE_VIDEO, LIST_VIDEOS
from heygen.errors import HeyGenError
from heygen.exchange import Reply, Request, Transport
from heygen.fields import instant, mapping, required, text

from .errors import CannotTell

DAY = 86_400.0
PAGES = 20
PER_PAGE = "100"
# What costs money and relied on its key. Whoever sends what no key protects anyway has to look by himself.
_PAID = frozenset(
    one.vendor for one in OPERATIONS.values() if not one.price.free and one.idempotency is Idempotency.KEY
)


@dataclass(frozen=True, slots=True)
class LookUp:
    """Where the work of an operation is listed, and the answer that these ids make."""

    listed: Operation[Any, Any]
    answer: Callable[[list[str]], dict[str, Any]]


LOOK_UPS: Mapping[str, LookUp] = {
    CREATE_TRANSLATION.vendor: LookUp(LIST_TRANSLATIONS, lambda ids: {"video_translation_ids": ids}),
    CREATE_VIDEO.vendor: LookUp(LIST_VIDEOS, lambda ids: {"video_id": ids[0], "status": "waiting"}),
    CREATE_VIDEO_FROM_TEMPLATE.vendor: LookUp(LIST_VIDEOS, lambda ids: {"id": ids[0], "status": "waiting"}),
    CREATE_LIPSYNC.vendor: LookUp(LIST_LIPSYNCS, lambda ids: {"lipsync_id": ids[0]}),
}


@dataclass(frozen=True, slots=True)
class _Entry:
    id: str
    title: str
    created: float | None


class MarkingTransport:
    """Marks what is asked for; with `look_first` it is looked for before it is sent, and then not sent if it is there.

    A look finds what was made in the last day. `CannotTell` where it cannot be conclusive, or where what costs money
    is in no list. `now` is in Unix seconds.
    """

    def __init__(self, transport: Transport, *, look_first: bool = False, now: Callable[[], float] = time.time) -> None:
        self._transport = transport
        self._look_first = look_first
        self._now = now

    async def send(self, request: Request) -> Reply:
        """The reply to `request`, or one like it about the work that an earlier attempt has begun."""
        if request.safe or request.idempotency_key is None:
            return await self._transport.send(request)
        plan, mark = LOOK_UPS.get(request.operation), mark_of(request.idempotency_key)
        if plan is None:
            if self._look_first and request.operation in _PAID:
                raise CannotTell(request.operation, "HeyGen lists nothing that would say whether it was carried out")
            return await self._transport.send(request)
        if self._look_first and (found := await self._found(request, plan, mark)):
            return Reply(200, {}, {"data": plan.answer(found)})
        return await self._transport.send(marked(request, mark))

    async def _found(self, request: Request, plan: LookUp, mark: str) -> list[str]:
        """Ids of what carries `mark`. What goes wrong while looking leaves the doubt where it was."""
        try:
            return await self._look(request, plan, mark)
        except HeyGenError as error:
            error.outcome_unknown = True
            raise

    async def _look(self, request: Request, plan: LookUp, mark: str) -> list[str]:
        found: list[str] = []
        token: str | None = None
        for _ in range(PAGES):
            asked = read(plan.listed.vendor, plan.listed.path, {"limit": PER_PAGE, "token": token})
            page = open_page(asked, await self._transport.send(asked), _entry)
            found += [entry.id for entry in page.items if mark in entry.title]
            token = page.next_token
            if token is None or all(self._old(entry) for entry in page.items):
                return found
        raise CannotTell(request.operation, f"more than {PAGES} pages were made in a day")

    def _old(self, entry: _Entry) -> bool:
        return entry.created is not None and entry.created < self._now() - DAY


def mark_of(key: str) -> str:
    """The mark of the request with this idempotency key: one word that nobody writes by chance."""
    return "gr-" + hashlib.sha256(key.encode()).hexdigest()[:16]


def marked(request: Request, mark: str) -> Request:
    """`request` with `mark` at the end of its title, which people see in HeyGen's lists."""
    title = request.json.get("title") or ""
    return replace(request, json={**request.json, "title": f"{title} [{mark}]".strip()})


def _entry(item: Any) -> _Entry:
    fields = mapping(item, "item")
    created = instant(fields, "created_at")
    return _Entry(required(fields, "id"), text(fields, "title") or "", None if created is None else created.timestamp())
