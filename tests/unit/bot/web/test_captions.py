"""SRT becomes what browsers read, and stays text."""

from __future__ import annotations

import pytest

from bot.web.captions import as_vtt

SRT = (
    "\ufeff1\r\n00:00:01,5 --> 00:00:02,000\r\nBonjour <i>à tous</i>\r\nA & B\r\n\r\n"
    "2\r\n01:02,250 --> 01:03,000\r\n--> x\r\n"
)


def test_cues_keep_their_times_and_words() -> None:
    assert as_vtt(SRT.encode()) == (
        "WEBVTT\n\n00:00:01.500 --> 00:00:02.000\nBonjour à tous\nA &amp; B\n\n"
        "00:01:02.250 --> 00:01:03.000\n--&gt; x\n"
    )


def test_webvtt_stays_as_it_is() -> None:
    assert as_vtt(b"WEBVTT\n\n00:01.000 --> 00:02.000\nHi\n") == "WEBVTT\n\n00:01.000 --> 00:02.000\nHi\n"


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00", b"<html>no</html>", b"1\n00:00:01,000 --> 00:00:02,000\n"])
def test_anything_else_has_no_cues(content: bytes) -> None:
    assert as_vtt(content) == "WEBVTT\n"
