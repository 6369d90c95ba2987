"""Films of the playground, read by a decoder that none of us wrote."""

from __future__ import annotations

import io
from array import array
from typing import Any

import av
import pytest

from emulators.heygen import media
from emulators.heygen.film import HEIGHT, WIDTH, Scene, _pictures, filmed, flac, poster
from emulators.heygen.film.letters import spelled, wrapped

SARAH = Scene("Sarah at Acme", ("Hi Sarah!",))
SECONDS = 3.1


def decoded(film: bytes) -> tuple[list[Any], bytes]:
    """Every picture, and the sound."""
    with av.open(io.BytesIO(film)) as file:
        pictures = list(file.decode(video=0))
    with av.open(io.BytesIO(film)) as file:
        sound = b"".join(bytes(frame.planes[0])[: 2 * frame.samples] for frame in file.decode(audio=0))
    return pictures, sound


def plane(frame: Any, number: int) -> bytes:
    """A plane's points without what stands beside them in memory."""
    found = frame.planes[number]
    rows = range(0, found.line_size * found.height, found.line_size)
    return b"".join(bytes(found)[row : row + found.width] for row in rows)


def test_every_picture_is_what_was_drawn() -> None:
    pictures, _ = decoded(filmed(SARAH, SECONDS))
    drawn = _pictures(SARAH, len(pictures))

    assert (pictures[0].width, pictures[0].height, len(pictures)) == (WIDTH, HEIGHT, 13)
    for shown, meant in zip(pictures, drawn, strict=True):
        assert [plane(shown, number) for number in range(3)] == [meant.luma, meant.blue, meant.red]


def test_the_sound_is_the_tune_then_silence() -> None:
    _, sound = decoded(filmed(SARAH, SECONDS))
    heard = array("h", sound)
    tune = flac.tune(SARAH.title)

    assert len(heard) == round(SECONDS * flac.RATE)
    assert heard[: len(tune)] == tune
    assert not any(heard[len(tune) :])
    assert max(tune) > 3_000


@pytest.mark.parametrize("seconds", [0.5, 9.5, 42.0, 1800.0])
def test_it_lasts_as_long_as_it_says(seconds: float) -> None:
    film = filmed(SARAH, seconds)
    with av.open(io.BytesIO(film)) as file:
        lengths = [float(stream.duration * stream.time_base) for stream in file.streams]

    assert media.mp4_seconds(film) == seconds
    assert lengths == pytest.approx([seconds, seconds], abs=0.01)
    assert len(film) < 500_000


def test_films_of_different_names_differ_in_picture_and_sound() -> None:
    french, german = filmed(Scene("French"), 1.0), filmed(Scene("German"), 1.0)

    assert decoded(french)[1] != decoded(german)[1]
    assert poster(Scene("French")) != poster(Scene("German"))


def test_a_poster_is_a_picture_of_the_same_size() -> None:
    with av.open(io.BytesIO(poster(SARAH))) as file:
        shown = next(file.decode(video=0))

    assert (shown.width, shown.height) == (WIDTH, HEIGHT)


@pytest.mark.parametrize("seconds", [0.0, -1.0, 100_000.0])
def test_a_length_without_reason_is_refused(seconds: float) -> None:
    with pytest.raises(ValueError, match="is not made"):
        filmed(SARAH, seconds)


def test_letters_that_are_not_there_are_spelled_with_those_that_are() -> None:
    assert spelled("Zoë’s café") == "ZOE'S CAFE"
    assert wrapped("Hello and welcome to a long evening", 9, 3) == ["HELLO AND", "WELCOME", "TO A LONG"]
