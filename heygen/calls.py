"""Small pure steps every operation shares: building paths and queries, opening envelopes."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any, TypeVar
from urllib.parse import quote

from .errors import UnexpectedReply
from .exchange import CallClass, Method, Reply, Request
from .fields import Malformed, mapping, sequence, text
from .models import Page, omit_unset
from .replies import unexpected

T = TypeVar("T")

PAGE_LIMIT = 100


def read(operation: str, path: str, query: Mapping[str, Any] | None = None) -> Request:
    """A read, repeated on the spot when it fails in passing. Query values that are None are left out."""
    present = {name: str(value) for name, value in (query or {}).items() if value is not None}
    return Request(operation=operation, method="GET", path=path, query=present, retry_in_call=True)


def write(
    operation: str, method: Method, path: str, payload: Mapping[str, Any] | None = None, key: str | None = None
) -> Request:
    """A write, never repeated here. Payload fields that are None are left out."""
    return Request(
        operation=operation,
        method=method,
        path=path,
        json=None if payload is None else omit_unset(payload),
        idempotency_key=key,
        call_class=CallClass.WRITE,
    )


def segment(identifier: str) -> str:
    """`identifier` percent-encoded as one path segment; `ValueError` for what cannot be one."""
    if identifier in ("", ".", ".."):
        raise ValueError("an id is empty or made of dots")
    return quote(identifier, safe="")


def open_data(request: Request, reply: Reply, parse: Callable[[Any], T]) -> T:
    """`parse` applied to the envelope's `data`; `UnexpectedReply` when it is missing or not of its shape."""

    def opened(body: Mapping[str, Any]) -> T:
        if body.get("data") is None:
            raise Malformed("data is missing")
        return parse(body["data"])

    return _open(request, reply, opened)


def open_page(request: Request, reply: Reply, parse: Callable[[Any], T]) -> Page[T]:
    """A page of records. A list that claims to go on without saying how is an `UnexpectedReply`."""

    def opened(body: Mapping[str, Any]) -> Page[T]:
        items = tuple(parse(item) for item in sequence(body.get("data"), "data"))
        token = text(body, "next_token")
        if body.get("has_more") is True and token is None:
            raise Malformed("has_more without next_token")
        return Page(items, None if body.get("has_more") is False else token)

    return _open(request, reply, opened)


def _open(request: Request, reply: Reply, opened: Callable[[Mapping[str, Any]], T]) -> T:
    try:
        return opened(mapping(reply.body, "reply"))
    except Malformed as error:
        raise unexpected(request, str(error), status=reply.status, request_id=reply.request_id) from error


async def paginate(fetch: Callable[[str | None], Awaitable[Page[T]]], *, max_pages: int) -> AsyncIterator[T]:
    """Every item of a list, page after page; `fetch` takes the token of the page it is to get.

    Raises `UnexpectedReply`, after yielding what came until then, when a token comes a second time or when there
    is still more after `max_pages` pages: a shortened list must not look like a whole one.
    """
    token: str | None = None
    seen: set[str] = set()
    for _ in range(max_pages):
        page = await fetch(token)
        for item in page.items:
            yield item
        token = page.next_token
        if token is None:
            return
        if token in seen:
            raise UnexpectedReply(operation="paginate", reason="the list's cursor goes round in circles")
        seen.add(token)
    raise UnexpectedReply(operation="paginate", reason=f"the list has more than {max_pages} pages")
