"""kill -9 around a paid request that goes through Truto, which forgets every key: three languages, three charges."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from emulators.truto import DEFAULT_ACCOUNT, DEFAULT_TOKEN, TrutoEmulator
from tests.chaos.rig import Place, Rig

pytestmark = [pytest.mark.chaos, pytest.mark.full]

CREATE = "/custom/v3/video-translations"
SQLITE, POSTGRES = "sqlite", "postgres"
KILLS: list[tuple[Place, int]] = [
    (("commit submission.intend after", 1), 0),
    (("commit submission.sending after", 1), 1),
    ((f"call POST {CREATE} before", 1), 1),
    ((f"call POST {CREATE} after", 1), 1),  # it is paid for, and nothing says so
    (("commit submission.sent before", 1), 1),
    (("commit submission.sent after", 1), 0),
]
"""Where the process dies, and how often HeyGen's list is looked at then."""


class TrutoRig(Rig):
    """The rig with Truto between the application and HeyGen."""

    def __init__(self, folder: Path, server_url: str | None = None) -> None:
        super().__init__(folder, server_url)
        self.truto = TrutoEmulator()

    async def open(self) -> None:
        """Start everything."""
        await self.truto.start()
        await super().open()

    async def close(self) -> None:
        """Stop everything."""
        await super().close()
        await self.truto.stop()

    def reset(self, public_url: str) -> None:
        """Start over; Truto forgets what it was told about keys."""
        super().reset(public_url)
        self.truto.reset()
        self.truto.connect(self.heygen.url, "hg-key-1")
        self.truto.switches.keys = "forgotten"

    def settings(self, database_url: str, public_url: str) -> dict[str, Any]:
        """Without a key of HeyGen's."""
        through = {"heygen_transport": "truto", "truto_base_url": self.truto.url}
        access = {"truto_api_key": DEFAULT_TOKEN, "truto_account_id": DEFAULT_ACCOUNT}
        return super().settings(database_url, public_url) | {"heygen_api_key": None} | through | access


@pytest.fixture(params=[SQLITE, POSTGRES])
async def rig(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[TrutoRig]:
    server = request.getfixturevalue("postgres_url") if request.param == POSTGRES else None
    opened = TrutoRig(tmp_path, server)
    await opened.open()
    yield opened
    await opened.close()


@pytest.mark.timeout(240)
async def test_a_kill_around_a_request_through_truto_pays_once(rig: TrutoRig, figure: Callable[[str], None]) -> None:
    """R72: whatever was on its way is looked for when the process is back, whoever has lost the key."""
    wrong: list[str] = []
    for place, looks in KILLS:
        run = await rig.play(place)
        found = len(rig.truto.journal.select("GET", CREATE))
        wrong += [f"{place}: {what}" for what in run.wrong]
        wrong += [] if run.killed else [f"{place}: was never reached"]
        wrong += [] if found == looks else [f"{place}: {found} looks, not {looks}"]
    figure(f"kills through truto: {len(KILLS)} places, {len(wrong)} wrong")
    assert wrong == []
