"""Standard input: a line is a message, whatever pieces it comes in, and what is none is answered in the protocol."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.mcp.stdio import LONGEST, judged, lines


async def read(*chunks: bytes) -> list[bytes | None]:
    reader = asyncio.StreamReader()
    for chunk in chunks:
        reader.feed_data(chunk)
    reader.feed_eof()
    return [line async for line in lines(reader)]


@given(st.lists(st.binary(max_size=20).filter(lambda one: b"\n" not in one), max_size=6), st.integers(1, 7))
def test_lines_are_the_same_in_whatever_pieces_they_come(sent: list[bytes], size: int) -> None:
    data = b"".join(line + b"\n" for line in sent)
    chunks = [data[at : at + size] for at in range(0, len(data), size)]
    assert asyncio.run(read(*chunks)) == sent


async def test_a_line_that_is_too_long_is_left_out_and_the_next_is_read() -> None:
    assert await read(b"a\n" + b"x" * (LONGEST + 1), b"x\nb\n") == [b"a", None, b"b"]
    assert await read(b"x" * LONGEST + b"\n") == [b"x" * LONGEST]


@pytest.mark.parametrize(
    ("line", "number", "code"),
    [
        (None, None, -32600),
        (b"{nonsense", None, -32700),
        (b"[" * 100_000, None, -32700),
        (b"[]", None, -32600),
        (b'[{"jsonrpc":"2.0","id":1,"method":"ping"}]', None, -32600),
        (b"5", None, -32600),
        (b'{"jsonrpc":"2.0","id":7,"method":5}', 7, -32600),
        (b'{"id":"a"}', "a", -32600),
        (b'{"id":true}', None, -32600),
        (b'{"id":{"x":1}}', None, -32600),
    ],
)
def test_what_is_no_message_is_refused(line: bytes | None, number: str | int | None, code: int) -> None:
    refusal = judged(line)
    assert refusal is not None
    assert (refusal.id, refusal.error.code) == (number, code)


def test_messages_pass() -> None:
    for line in (
        b'{"jsonrpc":"2.0","id":1,"method":"ping"}',
        b'{"jsonrpc":"2.0","method":"notifications/initialized"}',
    ):
        assert judged(line) is None
