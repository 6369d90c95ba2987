"""The worker of uploads: as many at once as it may, nothing lost when one breaks, and an end when it stops."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from typing import Any

from agent.assets import Asset, AssetState, Origin
from agent.errors import LeaseLost
from agent.records import Lease
from bot.uploads import BroughtFiles, UploadWorker


def asset(asset_id: str, **changes: Any) -> Asset:
    about: dict[str, Any] = {"workspace_id": "T1", "account_id": "A1", "conversation_id": "C1", "requester": "U1"}
    about |= {"origin": Origin.SLACK, "place": "F1", "call_key": "k", "state": AssetState.WAITING, "created_at": 0.0}
    return Asset(id=asset_id, **about | changes)


class Desk:
    """Files that are due, and an uploader that goes on when it is let."""

    def __init__(self, *ids: str) -> None:
        self.due = [asset(one) for one in ids]
        self.begun: list[str] = []
        self.given_back: list[str] = []
        self.go_on = asyncio.Event()
        self.error: Exception | None = None
        self.kicks = 0
        self.worker = UploadWorker(assets=self, uploads=self, work=self.work, kick=self._kick, limit=2)  # type: ignore[arg-type]

    def _kick(self) -> None:
        self.kicks += 1

    async def claim_due(self, limit: int) -> Sequence[tuple[Lease, Asset]]:
        taken, self.due = self.due[:limit], self.due[limit:]
        return [(Lease(one.id, "here", 1), one) for one in taken]

    async def go(self, lease: Lease, asset: Asset) -> None:
        self.begun.append(asset.id)
        await self.go_on.wait()
        if self.error:
            raise self.error

    @contextlib.asynccontextmanager
    async def work(self, lease: Lease) -> AsyncIterator[None]:
        try:
            yield
        except BaseException:
            self.given_back.append(lease.id)
            raise

    async def idle(self) -> None:
        """Until all that was begun is over."""
        await asyncio.gather(*self.worker._tasks, return_exceptions=True)


async def test_no_more_at_once_than_there_are_places() -> None:
    desk = Desk("a", "b", "c")
    assert await desk.worker.round() == 2
    assert await desk.worker.round() == 0
    desk.go_on.set()
    await desk.idle()
    assert await desk.worker.round() == 1
    await desk.idle()
    assert (desk.begun, desk.given_back, desk.kicks) == (["a", "b", "c"], [], 3)


async def test_what_breaks_is_given_back_and_the_others_go_on() -> None:
    for error in (LeaseLost("gone"), RuntimeError("database")):
        desk = Desk("a")
        desk.error = error
        desk.go_on.set()
        await desk.worker.round()
        await desk.idle()
        assert (desk.given_back, desk.kicks) == (["a"], 1)


async def test_a_stop_ends_what_is_under_way() -> None:
    desk = Desk("a")
    await desk.worker.round()
    await asyncio.sleep(0)
    await desk.worker.stop()
    assert desk.given_back == ["a"]


def test_files_come_from_where_they_are() -> None:
    class Opener:
        def open(self, workspace_id: str, place: str, *, largest: int) -> str:
            return f"{workspace_id} {place}:{largest}"

    class Other:
        def open(self, place: str, *, largest: int) -> str:
            return f"link {place}:{largest}"

    brought = BroughtFiles(Opener(), Other())  # type: ignore[arg-type]
    assert brought.open(asset("a"), largest=5) == "T1 F1:5"  # type: ignore[comparison-overlap]
    assert brought.open(asset("b", origin=Origin.LINK, place="x"), largest=5) == "link x:5"  # type: ignore[comparison-overlap]
