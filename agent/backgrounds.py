"""The tool that takes the people in a video out of what is behind them."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from agent.material import Found, Sources
from agent.ordering import Order, Ordering
from agent.ports import Accounts
from agent.records import JobKind
from agent.tool_calls import Outcome
from agent.toolbox import Arguments, CallContext, Effect, ToolSpec


class BackgroundArguments(Arguments):
    """Arguments of `separate_background`."""

    video: str = Field(description="The video: a handle (V1, F1, A1, a finished J1) or exactly the person's link.")
    part: Literal["foreground", "mask", "background"] = Field(
        default="foreground",
        description="What is wanted: the people (foreground), their outline (mask), or what is behind them.",
    )
    title: str | None = Field(default=None, description="A short title for the card, or null.")


class Backgrounds:
    """The tool. One per process."""

    def __init__(self, *, accounts: Accounts, sources: Sources, ordering: Ordering) -> None:
        self._accounts = accounts
        self._sources = sources
        self._ordering = ordering

    def tools(self) -> list[ToolSpec]:
        """The tool specifications."""
        return [
            ToolSpec(
                name="separate_background",
                purpose="Remove the background of a video: the people alone are left. Costs money. The result is "
                "posted in the thread by the runtime.",
                arguments=BackgroundArguments,
                effect=Effect.SUBMIT,
                run=self.remove,
            )
        ]

    async def remove(self, context: CallContext, arguments: BackgroundArguments) -> Outcome:
        """Find the video, then write the request down and send it."""
        if written := await self._ordering.written(context):
            return written
        video = await self._sources.find(context, arguments.video, "the video", "video/")
        if not isinstance(video, Found):
            return video
        title = await self._ordering.title(context, arguments.title, video.name)
        order = Order(
            kind=JobKind.BACKGROUND,
            account_id=await self._accounts.account_id(context.turn.workspace_id),
            arguments={**video.arguments("video"), "part": arguments.part},
            labels=(title,),
            title=title,
        )
        if busy := await self._ordering.under_way(context.turn.conversation_id, order):
            return busy
        asked = context.turn.exact or await self._sources.given(context, video)
        return await self._ordering.place(context, order, asked=asked)
