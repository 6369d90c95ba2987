"""The picture of the avatar: a drawn face whose mouth opens with its voice, as planes of a YUV 4:2:0 image."""

from __future__ import annotations

import functools

WIDTH, HEIGHT = 640, 360
MOUTHS = 9
BACKGROUND = (44, 140, 120)
SKIN = (176, 108, 150)
HAIR = (58, 118, 142)
SHIRT = (190, 134, 122)
WHITE = (225, 128, 128)
IRIS = (40, 128, 128)
DARK = 24
BODY = (  # what the face is painted of, from behind to the front: centre, radii, colour
    ((320, 380), (170, 90), SHIRT),
    ((320, 292), (38, 60), SKIN),
    ((320, 146), (124, 128), HAIR),
    ((320, 172), (106, 132), SKIN),
    ((278, 140), (18, 13), WHITE),
    ((362, 140), (18, 13), WHITE),
    ((278, 140), (9, 11), IRIS),
    ((362, 140), (9, 11), IRIS),
)
BAR = 6
BAR_WIDTH = 80
BAR_STEP = 8

Planes = tuple[bytes, bytes, bytes]


def face(mouth: float, number: int) -> Planes:
    """The picture with this number of a film; `mouth` is how open it is, 0 to 1. A bar that moves shows life."""
    luma, first, second = _still(min(MOUTHS - 1, max(0, round(mouth * (MOUTHS - 1)))))
    moving = bytearray(luma)
    left = (number * BAR_STEP) % (WIDTH - BAR_WIDTH)
    for row in range(HEIGHT - BAR, HEIGHT):
        _span(moving, WIDTH, row, left, left + BAR_WIDTH, 220)
    return bytes(moving), first, second


@functools.lru_cache(MOUTHS)
def _still(level: int) -> Planes:
    luma = bytearray([BACKGROUND[0]]) * (WIDTH * HEIGHT)
    first = bytearray([BACKGROUND[1]]) * (WIDTH * HEIGHT // 4)
    second = bytearray([BACKGROUND[2]]) * (WIDTH * HEIGHT // 4)
    for centre, radii, colour in BODY:
        _ellipse(luma, WIDTH, centre, radii, colour[0])
        for plane, value in ((first, colour[1]), (second, colour[2])):
            _ellipse(plane, WIDTH // 2, (centre[0] // 2, centre[1] // 2), (radii[0] // 2, radii[1] // 2), value)
    _ellipse(luma, WIDTH, (320, 240), (40, 3 + 3 * level), DARK)
    return bytes(luma), bytes(first), bytes(second)


def _ellipse(plane: bytearray, width: int, centre: tuple[int, int], radii: tuple[int, int], value: int) -> None:
    for row in range(-radii[1], radii[1] + 1):
        half = int(radii[0] * (1 - (row / radii[1]) ** 2) ** 0.5)
        _span(plane, width, centre[1] + row, centre[0] - half, centre[0] + half, value)


def _span(plane: bytearray, width: int, row: int, left: int, right: int, value: int) -> None:
    if 0 <= row < len(plane) // width:
        plane[row * width + left : row * width + right] = bytes([value]) * (right - left)
