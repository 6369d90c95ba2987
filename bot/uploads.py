"""Works on files that are to be at HeyGen: claims those that are due and takes each as far as it goes now."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Protocol

import structlog

from agent.assets import Asset, Origin
from agent.errors import LeaseLost
from agent.ports import Files, IncomingFile
from agent.records import Lease
from agent.uploading import AssetStore, Uploads
from bot.link_files import LinkFiles

log = structlog.get_logger(__name__)

AT_ONCE = 4  # files; each takes a connection at either end and little else


class Work(Protocol):
    """The work on one claimed file (`bot.store.assets.Assets.work`)."""

    def __call__(self, lease: Lease) -> AbstractAsyncContextManager[None]:
        """When it raises, the file is given back."""
        ...


class UploadWorker:
    """One per process. `round` claims and starts; what was started goes on by itself."""

    def __init__(
        self, *, assets: AssetStore, uploads: Uploads, work: Work, kick: Callable[[], None], limit: int = AT_ONCE
    ) -> None:
        self._assets = assets
        self._uploads = uploads
        self._work = work
        self._kick = kick
        self._limit = limit
        self._tasks: set[asyncio.Task[None]] = set()

    async def round(self) -> int:
        """Claim what there is room for; returns how many files were started."""
        room = self._limit - len(self._tasks)
        claimed = await self._assets.claim_due(room) if room > 0 else []
        for lease, asset in claimed:
            task = asyncio.create_task(self._one(lease, asset), name=f"upload-{lease.id}")
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return len(claimed)

    async def stop(self) -> None:
        """Cancel what is under way: it is claimed again later, and goes on where its row stands."""
        tasks = set(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _one(self, lease: Lease, asset: Asset) -> None:
        try:
            async with self._work(lease):
                await self._uploads.go(lease, asset)
        except LeaseLost:
            log.warning("upload_lost", asset=lease.id)
        except Exception as error:
            # The database, most likely. The file was given back or its lease runs out: nothing is lost.
            log.exception("upload_broken", asset=lease.id, error=type(error).__name__)
        finally:
            self._kick()


class BroughtFiles:
    """`agent.uploading.Incoming`: a file of Slack's, or one behind a link."""

    def __init__(self, slack: Files, links: LinkFiles) -> None:
        self._slack = slack
        self._links = links

    def open(self, asset: Asset, *, largest: int) -> AbstractAsyncContextManager[IncomingFile]:
        """See `agent.uploading.Incoming.open`."""
        if asset.origin is Origin.SLACK:
            return self._slack.open(asset.workspace_id, asset.place, largest=largest)
        return self._links.open(asset.place, largest=largest)
