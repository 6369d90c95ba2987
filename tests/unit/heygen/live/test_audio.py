"""Framer: no half samples, a small first chunk, then seconds."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heygen.live import seconds_of
from heygen.live.audio import CHUNK_BYTES, FIRST_CHUNK_BYTES, Framer


def ramp(size: int) -> bytes:
    return bytes(index * 31 % 251 for index in range(size))


def framed(pcm: bytes, portion: int) -> list[bytes]:
    framer = Framer()
    chunks = [chunk for start in range(0, len(pcm), portion) for chunk in framer.add(pcm[start : start + portion])]
    return [*chunks, framer.flush()]


@given(size=st.integers(0, 200_000), portion=st.integers(37, 90_000))
def test_nothing_is_lost_doubled_or_moved_but_half_a_sample(size: int, portion: int) -> None:
    pcm = ramp(size)

    assert b"".join(framed(pcm, portion)) == pcm[: size // 2 * 2]


def test_single_bytes_make_whole_samples() -> None:
    chunks = framed(ramp(FIRST_CHUNK_BYTES + CHUNK_BYTES + 101), 1)

    assert [len(chunk) for chunk in chunks] == [FIRST_CHUNK_BYTES, CHUNK_BYTES, 100]


def test_after_a_flush_the_split_sample_is_put_together() -> None:
    framer = Framer()
    framer.add(b"\x01\x02\x03")

    assert framer.flush() == b"\x01\x02"
    framer.add(b"\x04")
    assert framer.flush() == b"\x03\x04"


def test_a_flush_of_nothing_does_not_make_the_next_chunk_big() -> None:
    framer = Framer()

    assert framer.flush() == b""
    assert framer.add(ramp(FIRST_CHUNK_BYTES)) == [ramp(FIRST_CHUNK_BYTES)]


@pytest.mark.parametrize(("size", "seconds"), [(FIRST_CHUNK_BYTES, 0.4), (CHUNK_BYTES, 1.0)])
def test_chunks_last(size: int, seconds: float) -> None:
    assert seconds_of(size) == seconds
