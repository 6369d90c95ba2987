"""A look into real files: what is wrong with them is seen, and what cannot be looked at holds nothing up."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from agent.result_check import Expected, Measured, doubts
from bot.decoding import NO_VIDEO, measure
from bot.result_looks import ResultLooks, can_look
from emulators.heygen import HeyGenEmulator
from tests.support.films import film

WANTED = Expected(seconds=6.0, least=0.6, most=1.8, moves=True)


def looked_at(folder: Path, content: bytes) -> Measured:
    path = folder / "film.mp4"
    path.write_bytes(content)
    return Measured(**measure(str(path)))


@pytest.mark.parametrize(
    ("made", "said"),
    [
        ({}, []),
        ({"black": True}, ["its picture is black"]),
        ({"still": True}, ["its picture stands still"]),
        ({"silent": True}, ["there is no sound in it"]),
        ({"sound": False}, ["there is no sound in it"]),
        ({"seconds": 3}, ["it is 3 s long, about 6 s were to be expected"]),
    ],
)
def test_what_is_wrong_with_a_film_is_seen(tmp_path: Path, made: dict[str, Any], said: list[str]) -> None:
    assert doubts(looked_at(tmp_path, film(**made)), WANTED) == said


def test_a_film_that_is_cut_short_is_seen_although_its_index_promises_more(tmp_path: Path) -> None:
    whole = film()
    said = doubts(looked_at(tmp_path, whole[: len(whole) // 2]), WANTED)
    assert said[0].startswith("the file ends after ")


def test_the_process_tells_a_film_from_what_is_none(tmp_path: Path) -> None:
    path = tmp_path / "film.mp4"

    def run() -> subprocess.CompletedProcess[bytes]:
        return subprocess.run([sys.executable, "-m", "bot.decoding", str(path)], capture_output=True, check=False)

    path.write_bytes(b"no film at all" * 99)
    assert (run().returncode, run().stdout) == (NO_VIDEO, b"")
    path.write_bytes(film(seconds=1))
    assert json.loads(run().stdout)["seconds"] == pytest.approx(1.0, abs=0.1)


async def test_a_look_over_the_network_is_bounded_and_raises_nothing() -> None:
    assert can_look()
    emulator = HeyGenEmulator()
    await emulator.start()
    try:
        looks = ResultLooks([emulator.url.removeprefix("http://")])
        assert await looks.look(f"{emulator.url}/sources/launch.mp4", 15.0) is not None
        assert await looks.look(f"{emulator.url}/sources/launch.mp4", 0.001) is None
        assert await looks.look(f"{emulator.url}/nothing/here.mp4", 15.0) is None
        assert await ResultLooks().look(f"{emulator.url}/sources/launch.mp4", 15.0) is None
    finally:
        await emulator.stop()
