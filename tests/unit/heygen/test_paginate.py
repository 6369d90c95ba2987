"""Walking through a list: to its end, and visibly no further than allowed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest

from heygen import Page, UnexpectedReply, paginate

Fetch = Callable[[str | None], Awaitable[Page[int]]]


def list_of(pages: dict[str | None, tuple[tuple[int, ...], str | None]]) -> Fetch:
    async def fetch(token: str | None) -> Page[int]:
        items, following = pages[token]
        return Page(items, following)

    return fetch


async def endless(token: str | None) -> Page[int]:
    number = int(token or 0)
    return Page((number,), str(number + 1))


async def walk(fetch: Fetch, max_pages: int, seen: list[int]) -> None:
    async for item in paginate(fetch, max_pages=max_pages):
        seen.append(item)  # noqa: PERF401 - extend would lose what came before the error


async def test_every_item_in_order() -> None:
    fetch = list_of({None: ((1, 2), "b"), "b": ((), "c"), "c": ((3,), None)})

    assert [item async for item in paginate(fetch, max_pages=3)] == [1, 2, 3]


async def test_an_endless_list_ends_with_an_error() -> None:
    seen: list[int] = []
    with pytest.raises(UnexpectedReply, match="more than 3 pages"):
        await walk(endless, 3, seen)
    assert seen == [0, 1, 2]


async def test_a_cursor_that_comes_back_ends_with_an_error() -> None:
    fetch = list_of({None: ((1,), "a"), "a": ((2,), "b"), "b": ((3,), "a")})
    seen: list[int] = []
    with pytest.raises(UnexpectedReply, match="circles"):
        await walk(fetch, 100, seen)
    assert seen == [1, 2, 3]


async def test_no_page_is_fetched_before_it_is_needed() -> None:
    items = paginate(endless, max_pages=1)

    assert await anext(items) == 0
    await items.aclose()  # type: ignore[attr-defined]
