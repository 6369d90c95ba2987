"""A large file passes through a process that grows by next to nothing."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from emulators.heygen import HeyGenEmulator, media
from emulators.heygen.accounts import DEFAULT_KEY
from emulators.slack import SlackEmulator
from heygen.catalogue.assets import SIMPLE_LIMIT

ROOT = Path(__file__).parents[2]
MOST_GROWTH = 8 * 1024 * 1024
SMALL = 1_000_000


@pytest.fixture
async def slack() -> AsyncIterator[SlackEmulator]:
    emulator = SlackEmulator()
    await emulator.start()
    yield emulator
    await emulator.stop()


@pytest.fixture
async def heygen() -> AsyncIterator[HeyGenEmulator]:
    emulator = HeyGenEmulator(speed="step")
    await emulator.start()
    yield emulator
    await emulator.stop()


async def figures_of(order: dict[str, Any]) -> list[dict[str, Any]]:
    """What the process says of each file."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.support.upload_process",
        cwd=ROOT,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    told, _ = await process.communicate(json.dumps(order).encode() + b"\n")
    assert process.returncode == 0
    return [json.loads(line) for line in told.splitlines() if line.startswith(b"{")]  # the others are its log


@pytest.mark.skipif(sys.platform != "linux", reason="Linux counts what is resident")
@pytest.mark.parametrize(("way", "at_once"), [("one call", SIMPLE_LIMIT), ("direct", SMALL)])
async def test_32_mb_grow_a_process_by_less_than_8(
    slack: SlackEmulator,
    heygen: HeyGenEmulator,
    tmp_path: Path,
    way: str,
    at_once: int,
    figure: Callable[[str], None],
) -> None:
    """R17, R35: the first file warms the process up, the second is the largest that one call takes."""
    film = media.mp4("film", 20, size=SIMPLE_LIMIT - 2_000, moov_last=True)
    files = [slack.add_file("alice", "film.mp4", data) for data in (film[: SMALL + 1], film)]
    slack.say("alice", "videos", "here", files=files)
    order = {
        "slack_url": slack.api_url,
        "heygen_url": heygen.url,
        "token": slack.bot_token,
        "key": DEFAULT_KEY,
        "folder": str(tmp_path),
        "files": files,
        "at_once": at_once,
    }
    *_, told = await figures_of(order)
    assert told["arrived"]
    assert max(asset.size for asset in heygen.assets.all.values()) == len(film)
    growth = told["most"] - told["before"]
    figure(f"32 MB {way}: {told['before'] / 2**20:.1f} MB resident, at most {growth / 2**20:.1f} MB more")
    assert growth < MOST_GROWTH
