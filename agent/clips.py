"""The tool that cuts short clips out of a long video."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from agent.material import Found, Sources
from agent.ordering import Order, Ordering
from agent.ports import Accounts
from agent.records import JobKind, Json
from agent.spending import Spending
from agent.tool_calls import Outcome
from agent.toolbox import Arguments, CallContext, Effect, ToolSpec


class ClipsArguments(Arguments):
    """Arguments of `make_clips`."""

    video: str = Field(description="The long video: a handle (V1, F1, A1) or exactly the person's link.")
    shape: Literal["portrait", "landscape", "square"] = Field(default="portrait", description="Of the picture.")
    prompt: str | None = Field(
        default=None, max_length=500, description="What to look for, in the person's own words; null if they said none."
    )
    title: str | None = Field(default=None, description="A short title for the card, or null.")


class Clipper:
    """The tool. One per process."""

    def __init__(self, *, accounts: Accounts, sources: Sources, ordering: Ordering, spending: Spending) -> None:
        self._accounts = accounts
        self._sources = sources
        self._ordering = ordering
        self._spending = spending

    def tools(self) -> list[ToolSpec]:
        """The tool specifications."""
        return [
            ToolSpec(
                name="make_clips",
                purpose="Cut the best moments out of a long video as short clips with subtitles: highlights, shorts, "
                "reels. Costs money. The results are posted in the thread by the runtime.",
                arguments=ClipsArguments,
                effect=Effect.SUBMIT,
                run=self.cut,
            )
        ]

    async def cut(self, context: CallContext, arguments: ClipsArguments) -> Outcome:
        """Find the video, then write the request down and send it."""
        if written := await self._ordering.written(context):
            return written
        video = await self._sources.find(context, arguments.video, "the video", "video/")
        if not isinstance(video, Found):
            return video
        title = await self._ordering.title(context, arguments.title, f"Clips of {video.name}")
        prompt = (arguments.prompt or "").strip()
        sought: Json = {"prompt": prompt} if prompt else {}
        order = Order(
            kind=JobKind.CLIPS,
            account_id=await self._accounts.account_id(context.turn.workspace_id),
            arguments={**video.arguments("video"), "shape": arguments.shape, **sought},
            labels=(title,),
            title=title,
        )
        if busy := await self._ordering.under_way(context.turn.conversation_id, order):
            return busy
        asked = context.turn.exact or await self._sources.given(context, video)
        asked = asked and (not prompt or await self._spending.said(context.turn, prompt))
        return await self._ordering.place(context, order, asked=asked)
