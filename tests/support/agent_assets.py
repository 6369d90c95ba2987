"""Files on their way to HeyGen, in memory: `agent.uploading.AssetStore` without a database."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any

from agent.assets import Again, Asset, AssetState, NewAsset
from agent.records import Lease
from tests.support.clock import ManualClock


class FakeAssetStore:
    """What becomes of a file is what `fate` makes of it, at once; by default it is an MP4 of 42 s at HeyGen."""

    def __init__(self, clock: ManualClock) -> None:
        self._clock = clock
        self.files: dict[str, Asset] = {}
        self.told_later: list[str] = []
        self.wanted: list[NewAsset] = []
        self.fate: Callable[[Asset], Asset] = lambda asset: dataclasses.replace(
            asset,
            state=AssetState.READY,
            provider_id=f"p-{asset.place}",
            name="talk.mp4",
            content_type="video/mp4",
            size=15_000_000,
            duration=42.0,
        )

    def fails(self, code: str, sentence: str) -> None:
        """From now on no file gets there."""
        failed = {"state": AssetState.FAILED, "error_code": code, "error": sentence}
        self.fate = lambda asset: dataclasses.replace(asset, **failed)

    async def want(self, lease: Lease, new: NewAsset) -> Asset:
        self.wanted.append(new)
        known = {name: getattr(new, name) for name in NewAsset.__slots__ if name != "source_key"}
        if new.source_key not in self.files:
            fresh = Asset(id=f"asset{len(self.files)}", state=AssetState.WAITING, created_at=self._clock.now(), **known)
            self.files[new.source_key] = self.fate(fresh)
            return fresh
        return self.files[new.source_key]

    async def asset(self, asset_id: str) -> Asset | None:
        return next((one for one in self.files.values() if one.id == asset_id), None)

    async def uploaded(self, workspace_id: str, provider_id: str) -> Asset | None:
        return next((one for one in self.files.values() if one.provider_id == provider_id), None)

    async def again(self, asset_id: str) -> Asset | None:
        for key, one in self.files.items():
            if one.id == asset_id:
                self.files[key] = self.fate(dataclasses.replace(one, number=one.number + 1))
        return await self.asset(asset_id)

    async def tell_later(self, asset_id: str, conversation_id: str) -> None:
        self.told_later.append(asset_id)

    async def claim_due(self, limit: int) -> Sequence[tuple[Lease, Asset]]:
        return []

    async def advance(self, lease: Lease, state: AssetState, **known: Any) -> Asset:
        raise NotImplementedError

    async def postpone(self, lease: Lease, again: Again) -> None:
        raise NotImplementedError

    def assure(self, lease: Lease) -> None:
        raise NotImplementedError

    def progress(self, lease: Lease) -> None:
        raise NotImplementedError
