"""What a file turns out to be while it passes."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.inspection import HEAD_BYTES, Inspection
from emulators.heygen import media

SRT = b"1\n00:00:01,000 --> 00:00:02,500\nHello\n"


def passed(data: bytes, piece: int = 10_000, claimed: str | None = None) -> Inspection:
    inspection = Inspection(claimed)
    for at in range(0, len(data), piece):
        inspection.feed(data[at : at + piece])
    inspection.end()
    return inspection


@pytest.mark.parametrize("moov_last", [False, True], ids=["header first", "header last"])
@pytest.mark.parametrize("piece", [1_000, 65_536, 10_000_000])
@pytest.mark.parametrize("size", [3_000, 200_000, 2_000_000])
def test_a_film_is_measured_wherever_its_header_is(moov_last: bool, piece: int, size: int) -> None:
    film = media.mp4("film", 42.5, size=size, moov_last=moov_last)
    seen = passed(film, piece)
    assert (seen.content_type, seen.duration, seen.size) == ("video/mp4", 42.5, len(film))
    assert seen.checksum == hashlib.sha256(film).hexdigest()


def test_the_type_is_known_before_the_end() -> None:
    inspection = Inspection(None)
    inspection.feed(media.mp4("film", 5, size=HEAD_BYTES))
    assert inspection.content_type == "video/mp4"


def test_little_of_a_long_file_is_kept() -> None:
    film = media.mp4("film", 5, size=5_000_000, moov_last=True)
    inspection = Inspection(None)
    for at in range(0, len(film), 65_536):
        inspection.feed(film[at : at + 65_536])
        assert len(inspection._kept) <= 400_000
    inspection.end()
    assert not inspection._kept


def test_a_film_that_does_not_say_how_long_it_is() -> None:
    assert passed(media.mp4("film", None, size=100_000)).duration is None


@pytest.mark.parametrize(
    ("data", "claimed", "found"),
    [
        (SRT, "text/plain", "application/x-subrip"),
        (b"\xef\xbb\xbf" + SRT.replace(b"\n", b"\r\n"), None, "application/x-subrip"),
        (b"Dear all", "text/plain", "text/plain"),
        (b"\x89PNG\r\n\x1a\n", "video/mp4", "image/png"),
        (b"<!doctype html>", "video/mp4", "text/html"),
        (b"", None, "application/octet-stream"),
    ],
    ids=["srt", "srt with a mark", "text", "picture", "page", "nothing"],
)
def test_the_bytes_say_what_it_is(data: bytes, claimed: str | None, found: str) -> None:
    assert passed(data, claimed=claimed).content_type == found


@given(data=st.binary(max_size=3_000), piece=st.integers(1, 700), claimed=st.sampled_from([None, "video/mp4", "x"]))
def test_no_file_is_too_odd(data: bytes, piece: int, claimed: str | None) -> None:
    seen = passed(b"\x00\x00\x00\x18ftypisom" + data, piece, claimed)
    assert seen.size == 12 + len(data)
    assert seen.content_type is not None
