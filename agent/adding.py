"""The tool that brings a file to HeyGen, and the way for other tools to have one there before they name it.

What is behind it (places, links, bytes) is nobody's business: a model gives a handle and gets the same handle back.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable

import structlog
from pydantic import Field

from agent.assets import FINAL, MEGABYTE, Asset, AssetState, NewAsset, Origin
from agent.ports import Accounts, Clock, TurnStore
from agent.records import Json
from agent.spending import Spending
from agent.tool_calls import ADDED, Failed, Outcome, TryAgain, Value
from agent.toolbox import Arguments, CallContext, Effect, ToolSpec
from agent.uploading import AssetStore
from heygen import HeyGenError, NotFound
from heygen.catalogue.assets import GET_ASSET

log = structlog.get_logger(__name__)

PATIENCE_SECONDS = 180.0  # how long a call waits; a larger file goes on without it
PAUSE_SECONDS = 0.2
NOT_YET = (
    "The file is large and still on its way to HeyGen. I'll say in this thread when it is there; please ask again then."
)
NOT_GIVEN = "I only upload files and links that you have given me yourself."
GONE = "That file was deleted meanwhile."
STOPPED = Failed("interrupted", "The request was taken back while its file was being uploaded.")
LINKS = ("http://", "https://")
UPLOADED = re.compile(r"A\d{1,6}")


class AddAssetArguments(Arguments):
    """Arguments of `add_asset`."""

    source: str = Field(description="The file: a handle such as F1 or V1, or exactly the link the person gave.")


class Adding:
    """Puts what people brought where HeyGen can use it. One per process."""

    def __init__(
        self,
        *,
        turns: TurnStore,
        assets: AssetStore,
        accounts: Accounts,
        spending: Spending,
        clock: Clock,
        kick: Callable[[], None],
        patience: float = PATIENCE_SECONDS,
    ) -> None:
        self._turns = turns
        self._assets = assets
        self._accounts = accounts
        self._spending = spending
        self._clock = clock
        self._kick = kick
        self._patience = patience

    def tools(self) -> list[ToolSpec]:
        """The tool specifications."""
        return [
            ToolSpec(
                name="add_asset",
                purpose="Upload a file to HeyGen: one attached in this thread, or one behind a link the person gave "
                "(video, picture, sound, PDF, subtitles). Free. Translating a file uploads it by itself.",
                arguments=AddAssetArguments,
                effect=Effect.SUBMIT,
                run=self.add,
            )
        ]

    async def add(self, context: CallContext, arguments: AddAssetArguments) -> Outcome:
        """Upload, and say what came of it."""
        found = await self.ready(context, arguments.source)
        if not isinstance(found, Asset):
            return found
        handle = await self._turns.name_source(context.turn.conversation_id, "A", found.provider_id or "")
        about = [found.content_type or "", f"{(found.size or 0) / MEGABYTE:.1f} MB"]
        about += [] if found.duration is None else [f"{found.duration:.0f} s"]
        told: Json = {"handle": handle, "about": ", ".join(about), "note": "Other tools take this handle."}
        return Value(told | {ADDED: f"Uploaded to HeyGen as {handle}: {', '.join(about)}."})

    async def ready(self, context: CallContext, source: str) -> Asset | TryAgain | Failed:
        """The file behind a handle or link, at HeyGen and ready to be used; or why it is not."""
        if not context.turn.exact and not await self._given(context, source):
            return Failed("not_given", NOT_GIVEN)
        turn, source = context.turn, source.strip()
        is_link = source.lower().startswith(LINKS)
        place = source if is_link else await self._turns.resolve_source(turn.conversation_id, source.upper())
        if place is None:
            return TryAgain("unknown_source", "I need the file.", "Ask the person to attach it here, or for a link.")
        if UPLOADED.fullmatch(source.upper()):
            asset = await self._assets.uploaded(turn.workspace_id, place)
        else:
            asset = await self._assets.want(context.lease, await self._new(context, place))
        if asset is not None and asset.state is AssetState.READY:
            asset = await self._still_there(asset)
        return await self._waited(asset, context)

    async def _given(self, context: CallContext, source: str) -> bool:
        """Whether a person has brought it; a link that a model made up could carry anything anywhere."""
        if not source.lower().startswith(LINKS):
            return True  # a handle stands for something that somebody here has brought
        return await self._spending.gave(context.turn, source, source)

    async def _new(self, context: CallContext, place: str) -> NewAsset:
        turn = context.turn
        origin = Origin.LINK if place.lower().startswith(LINKS) else Origin.SLACK
        account_id = await self._accounts.account_id(turn.workspace_id)
        return NewAsset(
            workspace_id=turn.workspace_id,
            account_id=account_id,
            conversation_id=turn.conversation_id,
            requester=turn.requester,
            origin=origin,
            place=place,
            source_key=source_key(turn.workspace_id, account_id, origin, place, context.key),
            call_key=context.key,
        )

    async def _still_there(self, asset: Asset) -> Asset | None:
        """HeyGen may have lost a file since, or somebody may have deleted it there: then it goes once more."""
        client = await self._accounts.client(asset.account_id)
        try:
            await client.call(GET_ASSET, {"asset_id": asset.provider_id})
        except NotFound:
            return await self._assets.again(asset.id)
        except HeyGenError as error:
            log.warning("asset_unchecked", error=str(error))  # whatever names it next finds out
        return asset

    async def _waited(self, asset: Asset | None, context: CallContext) -> Asset | Failed:
        """The file once it is final; what is slower than anybody waits for is told later."""
        until = self._clock.now() + self._patience
        self._kick()
        while asset is not None and asset.state not in FINAL:
            if await self._turns.interruption(context.turn.id):
                return STOPPED
            if self._clock.now() >= until:
                await self._assets.tell_later(asset.id, context.turn.conversation_id)
                return Failed("still_uploading", NOT_YET)
            asset = await self._assets.asset(asset.id)
            if asset is not None and asset.state not in FINAL:
                await self._clock.sleep(PAUSE_SECONDS)
        if asset is None:
            return Failed("file_gone", GONE)
        if await self._turns.interruption(context.turn.id):
            return STOPPED  # nothing may be made of it any more
        if asset.state is AssetState.FAILED:
            return Failed(asset.error_code or "failed", asset.error or "The file could not be uploaded.")
        return asset


def source_key(workspace_id: str, account_id: str, origin: Origin, place: str, call_key: str) -> str:
    """By what a file is known to be the same one. A Slack file never changes; what is behind a link may, any time."""
    what = place if origin is Origin.SLACK else f"{place}|{call_key}"
    text = "|".join((workspace_id, account_id, origin.value, what))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
