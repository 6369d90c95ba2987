"""Finished videos that play: a drawn face that moves its mouth beside a title, with a little tune.

Everything is made here, of nothing but Python, so that the playground needs no codecs; players find ordinary H.264
and FLAC in an MP4.
"""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass
from itertools import pairwise

from emulators.heygen.film import container, flac, h264
from emulators.heygen.film.drawing import DARK, HAIR, LINE_HEIGHT, SHIRT, SKIN, WHITE, Picture, background
from emulators.heygen.film.letters import wrapped

WIDTH, HEIGHT = 480, 272
SIGN = "DRAWN BY GREENROOM'S PLAYGROUND"
LONGEST_FILM = 7_200.0
MOST_PICTURES = 240
PICTURES_PER_SECOND = 4
KEPT = 64
FACE = (88, 144)
MOUTH = (64, 192, 48, 16)
BAR = 16
TITLE_WIDTH, TITLE_LINES = 15, 2
WORDS_WIDTH, WORDS_LINES = 23, 5
TEXT_LEFT, TITLE_TOP = 184, 64


@dataclass(frozen=True, slots=True)
class Scene:
    """What a film shows: a title, which also decides colour and tune, and words under it."""

    title: str
    words: tuple[str, ...] = ()


@functools.lru_cache(KEPT)
def filmed(scene: Scene, seconds: float) -> bytes:
    """An MP4 of this length; `ValueError` beyond `LONGEST_FILM`. Takes some hundredths of a second."""
    if not 0 < seconds <= LONGEST_FILM:
        raise ValueError(f"a film of {seconds} seconds is not made")
    count = max(2, min(MOST_PICTURES, math.ceil(seconds * PICTURES_PER_SECOND)))
    marks = [round(seconds * 1000 * number / count) for number in range(count + 1)]
    durations = [end - begin for begin, end in pairwise(marks)]
    stream = h264.coded(_pictures(scene, count))
    samples = round(seconds * flac.RATE)
    sound = container.audio(flac.coded(flac.tune(scene.title), samples), samples)
    return container.file([container.video(stream, durations, (WIDTH, HEIGHT)), sound], seconds)


@functools.lru_cache(KEPT)
def poster(scene: Scene) -> bytes:
    """A PNG of the film's first picture."""
    return _still(scene).png()


def _pictures(scene: Scene, count: int) -> list[Picture]:
    """The still, with a mouth that opens and shuts, and a bar that grows."""
    picture = _still(scene)
    pictures = [picture]
    for number in range(1, count):
        picture = picture.copy()
        _mouth(picture, open=number % 2 == 1 and number < count - 1)
        done = WIDTH * number // (count - 1) // BAR * BAR
        picture.fill(0, HEIGHT - BAR, done, BAR, WHITE)
        pictures.append(picture)
    return pictures


def _still(scene: Scene) -> Picture:
    picture = Picture(WIDTH, HEIGHT)
    picture.fill(0, 0, WIDTH, HEIGHT, background(scene.title))
    _face(picture)
    picture.fill(0, HEIGHT - BAR, WIDTH, BAR, DARK)
    picture.write(SIGN, 16, 16, 2)
    top = TITLE_TOP
    for line in wrapped(scene.title, TITLE_WIDTH, TITLE_LINES):
        picture.write(line, TEXT_LEFT, top, 3)
        top += LINE_HEIGHT * 3
    top += LINE_HEIGHT
    for line in wrapped(" ".join(scene.words), WORDS_WIDTH, WORDS_LINES):
        picture.write(line, TEXT_LEFT, top, 2)
        top += LINE_HEIGHT * 2
    return picture


def _face(picture: Picture) -> None:
    across, down = FACE
    picture.ellipse((across, HEIGHT), (84, 44), SHIRT)
    picture.fill(across - 20, down + 60, 40, 30, SKIN)
    picture.ellipse((across, down - 16), (68, 72), HAIR)
    picture.ellipse(FACE, (58, 74), SKIN)
    for eye in (across - 24, across + 24):
        picture.ellipse((eye, down - 14), (10, 8), WHITE)
        picture.ellipse((eye, down - 14), (4, 6), DARK)
    _mouth(picture, open=False)


def _mouth(picture: Picture, *, open: bool) -> None:
    left, top, width, height = MOUTH
    picture.fill(left, top, width, height, SKIN)
    tall = height if open else 4
    picture.fill(left + 8, top + (height - tall) // 2, width - 16, tall, DARK)
