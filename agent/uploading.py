"""Brings files to HeyGen, streamed: no more than a piece of a file is in memory, and none of it on disk.

Whoever holds a file's lease takes it as far as it goes now. Rows say how far that was, so going on after a crash is
the same code: a call is repeated under its key, bytes are put where they belong once more, and there is one asset.
"""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol

import structlog
from structlog.contextvars import bound_contextvars

from agent.assets import (
    FINAL,
    LARGEST_BYTES,
    LOOK_SECONDS,
    UNUSABLE,
    Again,
    Asset,
    AssetState,
    Ended,
    NewAsset,
    Step,
    after_failure,
    at_once,
    check_size,
    check_type,
    next_step,
)
from agent.errors import SourceRefused
from agent.inspection import Inspection
from agent.ports import Accounts, Clock, IncomingFile
from agent.records import Lease
from heygen import Client, FileSource, HeyGenError, RemoteStatus, Storage
from heygen.catalogue.assets import COMPLETE_UPLOAD, CREATE_UPLOAD, GET_ASSET_STATUSES, UPLOAD_ASSET

log = structlog.get_logger(__name__)

NAME_LIMIT = 200
ENDINGS = {
    "video/mp4": ".mp4",
    "video/webm": ".webm",
    "image/png": ".png",
    "image/jpeg": ".jpg",
    "audio/mpeg": ".mp3",
    "audio/wav": ".wav",
    "application/pdf": ".pdf",
    "application/x-subrip": ".srt",
}


class AssetStore(Protocol):
    """Files on their way. `advance`, `postpone` and the rest raise `LeaseLost` when somebody else has the file."""

    async def want(self, lease: Lease, new: NewAsset) -> Asset:
        """Write a file down that a turn wants, or return the one that is there.

        One that has failed begins anew, unless it failed for this very call.
        """
        ...

    async def asset(self, asset_id: str) -> Asset | None:
        """One file; None where it is gone."""
        ...

    async def uploaded(self, workspace_id: str, provider_id: str) -> Asset | None:
        """The file with HeyGen's id."""
        ...

    async def again(self, asset_id: str) -> Asset | None:
        """HeyGen does not have a finished one any more: it begins anew, under another key."""
        ...

    async def tell_later(self, asset_id: str, conversation_id: str) -> None:
        """Nobody waits any more: its conversation is told when it is final."""
        ...

    async def claim_due(self, limit: int) -> Sequence[tuple[Lease, Asset]]:
        """Claim files that are not final, that nobody holds and whose time has come; oldest first."""
        ...

    async def advance(self, lease: Lease, state: AssetState, **known: Any) -> Asset:
        """It has come to `state`; `known` are fields of the row. A final state releases the lease."""
        ...

    async def postpone(self, lease: Lease, again: Again) -> None:
        """Try again later; releases the lease."""
        ...

    def assure(self, lease: Lease) -> None:
        """`LeaseLost` unless nobody else can have the file right now."""
        ...

    def progress(self, lease: Lease) -> None:
        """Bytes are moving: what follows may take long again."""
        ...


class Incoming(Protocol):
    """Opens what people brought."""

    def open(self, asset: Asset, *, largest: int) -> AbstractAsyncContextManager[IncomingFile]:
        """The file, from its first byte; `SourceRefused` with a sentence for the person."""
        ...


class Uploads:
    """Takes claimed files to HeyGen. One per process; holds no state of any file."""

    def __init__(
        self,
        *,
        assets: AssetStore,
        accounts: Accounts,
        incoming: Incoming,
        storage: Storage,
        clock: Clock,
        rng: random.Random,
        largest: int = LARGEST_BYTES,
    ) -> None:
        self.assets = assets
        self.accounts = accounts
        self.incoming = incoming
        self.storage = storage
        self.clock = clock
        self.rng = rng
        self.largest = largest

    async def go(self, lease: Lease, asset: Asset) -> None:
        """Until the file is final or has to wait. `LeaseLost` when it was taken over."""
        with bound_contextvars(asset=asset.id, conversation=asset.conversation_id):
            await _Upload(self, lease, asset).go()


class _Upload:
    """One attempt at one file."""

    def __init__(self, uploads: Uploads, lease: Lease, asset: Asset) -> None:
        self._our = uploads
        self._lease = lease
        self._asset = asset

    async def go(self) -> None:
        while self._asset.state not in FINAL:
            step = next_step(self._asset, self._our.clock.now())
            try:
                step = await self._do(step) or step
            except (HeyGenError, SourceRefused) as error:
                log.warning("upload_failed", state=self._asset.state, error=str(error))
                step = after_failure(self._asset, error, self._our.rng)
            if isinstance(step, Again):
                await self._our.assets.postpone(self._lease, step)
                return
            if isinstance(step, Ended):
                self._asset = await self._advance(AssetState.FAILED, error_code=step.code, error=step.sentence)
        log.info("upload_over", state=self._asset.state, code=self._asset.error_code)

    async def _do(self, step: Step | Again | Ended) -> Again | Ended | None:
        """Perform a step; what has to follow it, if it is not just the next one."""
        client = await self._our.accounts.client(self._asset.account_id)
        match step:
            case Step.SEND:
                await self._send(client)
            case Step.COMPLETE:
                await self._complete(client)
            case Step.LOOK:
                return await self._look(client)
            case _:
                pass
        return None

    async def _advance(self, state: AssetState, **known: Any) -> Asset:
        self._asset = await self._our.assets.advance(self._lease, state, **known)
        return self._asset

    # -- reading and sending -------------------------------------------------------------------------------------

    async def _send(self, client: Client) -> None:
        """Look at the file's first bytes; what HeyGen would refuse is refused before anything is sent."""
        asset = self._asset
        async with self._our.incoming.open(asset, largest=self._our.largest) as file:
            size = file.size if file.size is not None else asset.size
            if size is None:
                await self._advance(asset.state, size=await self._counted(file))
                return
            check_size(size, self._our.largest)
            passing = _Passing(file, self._keep_alive)
            await passing.begin()
            content_type = passing.inspection.content_type or ""
            check_type(content_type)
            about = {"name": _name(file.name, content_type), "content_type": content_type, "size": size}
            if at_once(size):
                await self._send_at_once(client, passing, about)
            else:
                await self._send_directly(client, passing, about)

    async def _counted(self, file: IncomingFile) -> int:
        """How long a file is whose server does not say: it is read once only to be counted."""
        total = 0
        async for piece in file.chunks():
            total += len(piece)
            self._keep_alive()
        return total

    async def _send_at_once(self, client: Client, passing: _Passing, about: dict[str, Any]) -> None:
        asset = await self._advance(AssetState.SENDING, **about)
        self._our.assets.assure(self._lease)
        taken = await client.call(UPLOAD_ASSET, file=passing.source(about), idempotency_key=asset.key)
        inspection = await passing.whole()
        known = {"provider_id": taken.id, "checksum": inspection.checksum, "duration": inspection.duration}
        await self._advance(AssetState.READY, **known)

    async def _send_directly(self, client: Client, passing: _Passing, about: dict[str, Any]) -> None:
        """Ask for a place, or for the one we have, since the same key gives the same place; and fill it."""
        asset = await self._advance(AssetState.RESERVING, **about)
        self._our.assets.assure(self._lease)
        announced = {"filename": about["name"], "content_type": about["content_type"], "size_bytes": about["size"]}
        slot = await client.call(CREATE_UPLOAD, announced, idempotency_key=asset.key)
        check_size(about["size"], slot.max_bytes)
        await self._advance(AssetState.PUTTING, provider_id=slot.asset_id)
        self._our.assets.assure(self._lease)
        await self._our.storage.put(slot, passing.source(about))
        inspection = await passing.whole()
        await self._advance(AssetState.COMPLETING, checksum=inspection.checksum, duration=inspection.duration)

    def _keep_alive(self) -> None:
        self._our.assets.progress(self._lease)

    # -- saying so, and asking -----------------------------------------------------------------------------------

    async def _complete(self, client: Client) -> None:
        asset = self._asset
        self._our.assets.assure(self._lease)
        wanted = {"asset_id": asset.provider_id, "checksum_sha256": asset.checksum}
        await client.call(COMPLETE_UPLOAD, wanted)
        await self._advance(AssetState.PROCESSING, processing_since=self._our.clock.now())

    async def _look(self, client: Client) -> Again | Ended | None:
        status = await remote_status(client, self._asset.provider_id or "")
        if status is RemoteStatus.COMPLETED:
            await self._advance(AssetState.READY)
            return None
        if status is RemoteStatus.FAILED:
            return Ended("unusable", UNUSABLE)
        return Again(LOOK_SECONDS, AssetState.PROCESSING, "processing")


class _Passing:
    """A file on its way through: looked at while it passes. `ended`: all of it has been read."""

    def __init__(self, file: IncomingFile, moved: Callable[[], None]) -> None:
        self.inspection = Inspection(file.content_type)
        self.ended = False
        self._chunks = file.chunks()
        self._moved = moved
        self._head: list[bytes] = []

    async def begin(self) -> None:
        """Read as much as tells the type."""
        while self.inspection.content_type is None and not self.ended:
            self._head.append(await self._next())

    async def _next(self) -> bytes:
        """The next piece; empty at the end."""
        try:
            piece = await anext(self._chunks)
        except StopAsyncIteration:
            self.ended = True
            self.inspection.end()
            return b""
        self._moved()
        self.inspection.feed(piece)
        return piece

    async def whole(self) -> Inspection:
        """What all of it has shown; who answers a repeated call may not have wanted to hear the rest."""
        while not self.ended:
            await self._next()
        return self.inspection

    def source(self, about: dict[str, Any]) -> FileSource:
        """The whole file, its beginning included; it can be read once."""
        return FileSource(**about, chunks=self._all())

    async def _all(self) -> AsyncIterator[bytes]:
        while self._head:
            yield self._head.pop(0)
        while not self.ended:
            yield await self._next()


async def remote_status(client: Client, provider_id: str) -> RemoteStatus | None:
    """What HeyGen says of an asset: None where it does not know it."""
    page: Any = await client.call(GET_ASSET_STATUSES, {"asset_ids": [provider_id]})
    found: Collection[Any] = [entry for entry in page.items if entry.id == provider_id]
    return next((entry.status for entry in found if entry.status is not RemoteStatus.NOT_FOUND), None)


def _name(name: str, content_type: str) -> str:
    """A file's name as HeyGen gets it: one line, with the ending of what the file is."""
    plain = " ".join("".join(c if c.isprintable() else " " for c in name).split())[-NAME_LIMIT:] or "file"
    ending = ENDINGS.get(content_type, "")
    known = (ending, ".jpeg") if ending == ".jpg" else (ending,)
    return plain if plain.lower().endswith(known) else plain + ending
