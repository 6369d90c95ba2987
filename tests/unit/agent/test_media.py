"""Type and duration from the bytes of a media file, however broken."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.media import NEXT_BYTES, MediaFacts, Range, sniff


def box(kind: bytes, content: bytes = b"", *, large: bool = False) -> bytes:
    """An MP4 box with a 32-bit size or, if `large`, a 64-bit one."""
    if large:
        return struct.pack(">I4sQ", 1, kind, 16 + len(content)) + content
    return struct.pack(">I4s", 8 + len(content), kind) + content


def mvhd(duration: int, scale: int = 1_000, version: int = 0) -> bytes:
    """A movie header box."""
    times = struct.pack(">QQIQ", 0, 0, scale, duration) if version else struct.pack(">IIII", 0, 0, scale, duration)
    return box(b"mvhd", bytes([version, 0, 0, 0]) + times + bytes(80))


FTYP = box(b"ftyp", b"isom\0\0\2\0isommp42")
MOOV = box(b"moov", mvhd(12_500) + box(b"trak", bytes(64)))
MDAT = box(b"mdat", bytes(1_000))


def element(identifier: int, content: bytes, *, endless: bool = False) -> bytes:
    """An EBML element with an 8-byte size, or one of unknown size."""
    name = identifier.to_bytes((identifier.bit_length() + 7) // 8, "big")
    size = b"\x01" + (b"\xff" * 7 if endless else len(content).to_bytes(7, "big"))
    return name + size + content


def webm(info: bytes, *, doc_type: bytes = b"webm", endless: bool = True, before: bytes = b"") -> bytes:
    """A WebM file whose segment information has the content `info`."""
    head = element(0x1A45DFA3, element(0x4282, doc_type))
    inside = before + element(0x1549A966, info) + element(0x1F43B675, bytes(100))
    return head + element(0x18538067, inside, endless=endless)


SCALE = element(0x2AD7B1, (1_000_000).to_bytes(3, "big"))
LENGTH = element(0x4489, struct.pack(">d", 7_250.0))


def test_an_mp4_with_its_header_in_front() -> None:
    assert sniff(FTYP + MOOV + MDAT, "video/mp4") == MediaFacts("video/mp4", 12.5)


def test_a_header_with_64_bit_times_and_sizes() -> None:
    moov = box(b"moov", mvhd(6_000_000, 600_000, version=1), large=True)
    assert sniff(FTYP + box(b"free", large=True) + moov, None).duration == 10.0


def test_a_header_at_the_end_within_the_first_bytes() -> None:
    assert sniff(FTYP + MDAT + MOOV, None).duration == 12.5


def test_a_header_at_the_end_is_asked_for_and_then_read() -> None:
    data = FTYP + MDAT + MOOV
    facts = sniff(data[:200], None)
    assert facts == MediaFacts("video/mp4", None, complete=False, wanted=Range(len(FTYP + MDAT), NEXT_BYTES))
    assert facts.wanted is not None
    rest = data[facts.wanted.start :]
    assert sniff(rest, facts.content_type, offset=facts.wanted.start) == MediaFacts("video/mp4", 12.5)


def test_after_a_jump_the_walk_goes_on() -> None:
    facts = sniff(box(b"free", bytes(20)) + box(b"mdat", bytes(5_000))[:50], "video/mp4", offset=9_000)
    assert facts.wanted == Range(9_000 + 28 + 5_008, NEXT_BYTES)


def test_a_movie_box_cut_before_its_header_is_asked_for() -> None:
    data = FTYP + box(b"moov", box(b"udta", bytes(500)) + mvhd(5_000))
    facts = sniff(data[:100], None)
    assert facts.wanted == Range(len(FTYP), NEXT_BYTES)
    assert sniff(data[len(FTYP) :], "video/mp4", offset=len(FTYP)).duration == 5.0


def test_a_movie_box_that_stays_too_long_is_given_up() -> None:
    moov = box(b"moov", box(b"udta", bytes(5_000)) + mvhd(5_000))
    assert sniff(moov[:2_000], "video/mp4", offset=50) == MediaFacts("video/mp4")


def test_a_header_cut_in_the_middle_is_asked_for() -> None:
    assert sniff((FTYP + MOOV)[: len(FTYP) + 20], None).wanted == Range(len(FTYP), NEXT_BYTES)


@pytest.mark.parametrize("version", [0, 1])
def test_a_fragmented_file_tells_its_length_elsewhere(version: int) -> None:
    length = struct.pack(">Q" if version else ">I", 9_000)
    mehd = box(b"mehd", bytes([version, 0, 0, 0]) + length)
    assert sniff(FTYP + box(b"moov", mvhd(0) + box(b"mvex", mehd)), None).duration == 9.0


@pytest.mark.parametrize(
    "moov",
    [
        box(b"moov", mvhd(0)),
        box(b"moov", mvhd(0) + box(b"mvex", box(b"trex"))),
        box(b"moov", mvhd(0) + box(b"mvex", box(b"mehd", b"\0\0"))),
        box(b"moov", mvhd(2**32 - 1)),
        box(b"moov", mvhd(2**64 - 1, version=1)),
        box(b"moov", mvhd(500, 0)),
        box(b"moov", mvhd(2**31, 1)),
        box(b"moov", b"\0\0\0\3"),
        box(b"moov"),
        struct.pack(">I4s", 0, b"mdat"),
        struct.pack(">I4s", 3, b"mdat") + bytes(20),
    ],
)
def test_a_length_that_is_not_told_is_none(moov: bytes) -> None:
    assert sniff(FTYP + moov, None) == MediaFacts("video/mp4")


def test_boxes_may_end_with_the_file() -> None:
    mvex = struct.pack(">I4s", 0, b"mvex") + box(b"mehd", struct.pack(">II", 0, 3_000))
    moov = struct.pack(">I4s", 0, b"moov") + mvhd(0) + mvex
    assert sniff(FTYP + moov, None).duration == 3.0


def test_a_large_size_cut_off_is_asked_for() -> None:
    assert sniff(FTYP + struct.pack(">I4sI", 1, b"mdat", 0), None).wanted == Range(len(FTYP), NEXT_BYTES)


def test_nothing_more_is_asked_for_when_a_range_brought_nothing() -> None:
    assert sniff(b"\0\0", "video/mp4", offset=70_000) == MediaFacts("video/mp4")


@pytest.mark.parametrize(
    ("brand", "content_type"),
    [
        (b"qt  ", "video/quicktime"),
        (b"isom", "video/mp4"),
        (b"M4A ", "audio/mp4"),
        (b"avif", "image/avif"),
        (b"heic", "image/heic"),
    ],
)
def test_the_brand_tells_the_kind_of_mp4(brand: bytes, content_type: str) -> None:
    assert sniff(box(b"ftyp", brand + bytes(8)) + MOOV, "video/mp4").content_type == content_type


def test_old_quicktime_files_begin_without_a_brand() -> None:
    assert sniff(box(b"wide") + MDAT + MOOV, None) == MediaFacts("video/quicktime", 12.5)


def test_a_text_that_looks_like_an_old_file_is_a_text() -> None:
    assert sniff(b"The free video is here", "text/plain").content_type == "text/plain"


def test_a_webm_with_its_length() -> None:
    assert sniff(webm(SCALE + LENGTH), "video/webm") == MediaFacts("video/webm", 7.25)


def test_a_matroska_file_with_the_default_scale_and_a_short_float() -> None:
    info = element(0x4489, struct.pack(">f", 1_500.0))
    facts = sniff(webm(info, doc_type=b"matroska", endless=False, before=element(0xEC, bytes(50))), None)
    assert facts == MediaFacts("video/x-matroska", 1.5)


@pytest.mark.parametrize(
    "info",
    [b"", SCALE, element(0x4489, b"xy"), element(0x4489, struct.pack(">d", float("nan"))), element(0x4489, bytes(8))],
)
def test_a_webm_without_a_usable_length(info: bytes) -> None:
    assert sniff(webm(info), None) == MediaFacts("video/webm")


def test_a_webm_recorded_live_has_pictures_before_any_length() -> None:
    assert sniff(webm(LENGTH, before=element(0x1F43B675, bytes(9))), None) == MediaFacts("video/webm")


@pytest.mark.parametrize("kept", [4, 12, 30, 40])
def test_a_webm_cut_off_is_incomplete(kept: int) -> None:
    facts = sniff(webm(SCALE + LENGTH, before=element(0xEC, bytes(50)))[:kept], None)
    assert (facts.duration, facts.complete, facts.wanted) == (None, False, None)


@pytest.mark.parametrize(
    ("data", "content_type"),
    [
        (b"\x89PNG\r\n\x1a\n....", "image/png"),
        (b"\xff\xd8\xff\xe0", "image/jpeg"),
        (b"RIFF....WEBPVP8 ", "image/webp"),
        (b"RIFF....AVI LIST", "video/x-msvideo"),
        (b"RIFF....WAVEfmt ", "audio/wav"),
        (b"%PDF-1.7", "application/pdf"),
        (b"ID3\x04", "audio/mpeg"),
        (b"\x1f\x8b\x08", "application/gzip"),
        (b"#EXTM3U\n", "application/vnd.apple.mpegurl"),
        (b"\x47" + bytes(187) + b"\x47" + bytes(187) + b"\x47", "video/mp2t"),
        (b"\xef\xbb\xbf\n <!DOCTYPE html><html>", "text/html"),
        (b"<?xml version='1.0'?><html>", "text/html"),
        (b"<?xml version='1.0'?><MPD>", "application/xml"),
    ],
)
def test_the_bytes_win_over_the_claim(data: bytes, content_type: str) -> None:
    assert sniff(data, "video/mp4") == MediaFacts(content_type)


@pytest.mark.parametrize(
    ("claim", "content_type"),
    [
        ("Video/MP4; codecs=avc1", "video/mp4"),
        ("", "application/octet-stream"),
        (None, "application/octet-stream"),
    ],
)
def test_the_claim_counts_where_the_bytes_say_nothing(claim: str | None, content_type: str) -> None:
    assert sniff(b"????????WEBP", claim) == MediaFacts(content_type)


STARTS = st.sampled_from([b"", FTYP, FTYP + MOOV[:40], FTYP + MDAT[:10], webm(b"")[:60], webm(LENGTH), MOOV, b"RIFF"])


@given(STARTS, st.binary(max_size=400), st.integers(0, 2**70))
def test_garbage_never_raises_and_never_gives_an_impossible_length(start: bytes, rest: bytes, offset: int) -> None:
    for facts in (sniff(start + rest, None), sniff(start + rest, "video/mp4", offset=offset)):
        assert facts.duration is None or 0 < facts.duration < 2_000_000
        assert facts.wanted is None or facts.wanted.length <= NEXT_BYTES


@given(st.data())
def test_one_changed_byte_never_raises(data: st.DataObject) -> None:
    whole = bytearray(data.draw(st.sampled_from([FTYP + MOOV, FTYP + MDAT + MOOV, webm(SCALE + LENGTH)])))
    whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    assert sniff(bytes(whole), None).content_type


def test_endless_tiny_boxes_are_walked_only_so_far() -> None:
    facts = sniff(FTYP + box(b"free") * 30_000 + MOOV, None)
    assert facts == MediaFacts("video/mp4")
