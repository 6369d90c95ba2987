"""How long a recording plays, from its first bytes, and that garbage is never more than unknown."""

from __future__ import annotations

import io
import struct
import wave

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.sounds import sound_seconds

FRAME = b"\xff\xfb\x90\x64" + bytes(413)  # MPEG 1, layer 3, 128 kbit/s, 44.1 kHz
FRAME_SECONDS = 1152 / 44_100


def wav(seconds: float, rate: int = 8_000) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(rate)
        out.writeframes(bytes(int(seconds * rate) * 2))
    return file.getvalue()


def tagged(sound: bytes, length: int = 3_000) -> bytes:
    return b"ID3\x04\x00\x00" + bytes([0, 0, length >> 7, length & 0x7F]) + bytes(length) + sound


def test_a_wav_says_it_itself() -> None:
    file = wav(2.5)
    assert sound_seconds(file[:100], len(file)) == 2.5


def test_a_wav_with_other_chunks_before_its_sound() -> None:
    file = wav(2.0)
    listed = b"LIST" + struct.pack("<I", 3) + b"abc\0"
    assert sound_seconds(file[:12] + listed + file[12:], None) == 2.0


def test_a_wav_that_was_streamed_does_not_know() -> None:
    file = bytearray(wav(2.0))
    file[40:44] = b"\xff\xff\xff\xff"
    assert sound_seconds(bytes(file), len(file)) is None


@pytest.mark.parametrize("wrap", [bytes, tagged])
def test_an_mp3_of_a_constant_rate_follows_from_its_size(wrap: type) -> None:
    file = wrap(FRAME * 1_000)
    seconds = sound_seconds(file[:5_000], len(file))
    assert seconds == pytest.approx(1_000 * FRAME_SECONDS, rel=0.01)
    assert sound_seconds(file[:5_000], None) is None


@pytest.mark.parametrize("mark", [b"Xing", b"Info"])
def test_an_mp3_of_a_varying_rate_says_how_many_frames_it_has(mark: bytes) -> None:
    first = bytearray(FRAME)
    first[36:48] = mark + struct.pack(">II", 1, 4_000)
    assert sound_seconds(bytes(first), 99) == pytest.approx(4_000 * FRAME_SECONDS)


@given(st.binary(max_size=400), st.integers(0, 10**9) | st.none())
def test_garbage_never_raises(data: bytes, size: int | None) -> None:
    for start in (b"", b"ID3", b"RIFF\0\0\0\0WAVEfmt ", b"\xff\xfb"):
        seconds = sound_seconds(start + data, size)
        assert seconds is None or 0 < seconds <= 86_400
