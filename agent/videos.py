"""The tool that makes one video of a speaking avatar."""

from __future__ import annotations

from pydantic import Field

from agent.foreign import harmless
from agent.making import SCRIPT_LIMIT
from agent.ordering import TITLE_LIMIT, Order, Ordering
from agent.ports import Accounts, TurnStore
from agent.presenters import Presenter, Presenters
from agent.records import JobKind
from agent.spending import Spending
from agent.tool_calls import Outcome, TryAgain
from agent.toolbox import Arguments, CallContext, Effect, ToolSpec

NAME_WORDS = 6
EMPTY = TryAgain("empty_script", "There is nothing to say in this script.", "Ask what it should say.")
UNTITLED = "Video"  # where the script is not the person's own: what a model has written is no title


class VideoArguments(Arguments):
    """Arguments of `create_video`."""

    script: str = Field(
        description="What the avatar says, word for word: the person's own words if they gave any; else write it.",
        min_length=1,
        max_length=SCRIPT_LIMIT,
    )
    avatar: str | None = Field(default=None, description="Name of the avatar if the person named one; else null.")
    voice: str | None = Field(default=None, description="Name of the voice if the person named one; else null.")
    title: str | None = Field(default=None, description="A short title for the card, or null.")


class Videos:
    """The tool. One per process."""

    def __init__(
        self,
        *,
        turns: TurnStore,
        accounts: Accounts,
        presenters: Presenters,
        ordering: Ordering,
        spending: Spending,
    ) -> None:
        self._turns = turns
        self._accounts = accounts
        self._presenters = presenters
        self._ordering = ordering
        self._spending = spending

    def tools(self) -> list[ToolSpec]:
        """The tool specifications."""
        return [
            ToolSpec(
                name="create_video",
                purpose="Make one video in which an avatar speaks a script. Costs money. For several people at once "
                "use create_videos. The result is posted in the thread by the runtime.",
                arguments=VideoArguments,
                effect=Effect.SUBMIT,
                run=self.create,
            )
        ]

    async def create(self, context: CallContext, arguments: VideoArguments) -> Outcome:
        """Find who speaks, then write the request down and send it."""
        if written := await self._ordering.written(context):
            return written
        script = arguments.script.strip()
        if not any(map(str.isalnum, script)):
            return EMPTY
        account_id = await self._accounts.account_id(context.turn.workspace_id)
        presenter = await self._presenters.choose(account_id, arguments.avatar, arguments.voice, context.turn)
        if not isinstance(presenter, Presenter):
            return presenter
        wished = arguments.title if context.turn.origin == "command" else arguments.title or title_of(script)
        title = await self._ordering.title(context, wished, UNTITLED)
        order = Order(
            kind=JobKind.VIDEO,
            account_id=account_id,
            arguments={"script": script, **presenter.arguments()},
            labels=(title,),
            title=title,
        )
        if busy := await self._ordering.under_way(context.turn.conversation_id, order):
            return busy
        return await self._ordering.place(context, order, asked=await self._spending.said(context.turn, script))


def title_of(script: str) -> str:
    """A name for a video: the first words that are spoken in it."""
    return harmless(" ".join(script.split()[:NAME_WORDS]), TITLE_LIMIT) or UNTITLED
