"""The tool that says a text in a voice, as sound alone: a voiceover."""

from __future__ import annotations

from pydantic import Field

from agent.making import SCRIPT_LIMIT
from agent.ordering import Order, Ordering
from agent.ports import Accounts
from agent.presenters import Presenters
from agent.records import JobKind
from agent.spending import Spending
from agent.tool_calls import Failed, Outcome, TryAgain
from agent.toolbox import Arguments, CallContext, Effect, ToolSpec
from agent.videos import EMPTY, title_of

UNTITLED = "Voiceover"  # where the script is not the person's own: what a model has written is no title


class SpeechArguments(Arguments):
    """Arguments of `make_voiceover`."""

    script: str = Field(
        description="The words to say: the person's own words if they gave any; else write them.",
        min_length=1,
        max_length=SCRIPT_LIMIT,
    )
    voice: str | None = Field(default=None, description="Name of the voice if the person named one; else null.")
    title: str | None = Field(default=None, description="A short title for the card, or null.")


class Speech:
    """The tool. One per process."""

    def __init__(self, *, accounts: Accounts, presenters: Presenters, ordering: Ordering, spending: Spending) -> None:
        self._accounts = accounts
        self._presenters = presenters
        self._ordering = ordering
        self._spending = spending

    def tools(self) -> list[ToolSpec]:
        """The tool specifications."""
        return [
            ToolSpec(
                name="make_voiceover",
                purpose="Say a text in a voice, as sound alone: text to speech, a voiceover, narration, an audio file. "
                "Costs money. The sound is posted in the thread by the runtime; lipsync_video takes its handle.",
                arguments=SpeechArguments,
                effect=Effect.SUBMIT,
                run=self.create,
            )
        ]

    async def create(self, context: CallContext, arguments: SpeechArguments) -> Outcome:
        """Find the voice, then write the request down and send it."""
        if written := await self._ordering.written(context):
            return written
        script = arguments.script.strip()
        if not any(map(str.isalnum, script)):
            return EMPTY
        account_id = await self._accounts.account_id(context.turn.workspace_id)
        voice = await self._presenters.speaker(account_id, arguments.voice, context.turn)
        if isinstance(voice, TryAgain | Failed):
            return voice
        title = await self._ordering.title(context, arguments.title or title_of(script), UNTITLED)
        order = Order(
            kind=JobKind.SPEECH,
            account_id=account_id,
            arguments={"script": script, **voice.arguments()},
            labels=(title,),
            title=title,
        )
        if busy := await self._ordering.under_way(context.turn.conversation_id, order):
            return busy
        return await self._ordering.place(context, order, asked=await self._spending.said(context.turn, script))
