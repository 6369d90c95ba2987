"""The tool that puts a recording into somebody's mouth: that of a video there is, or that of an avatar.

HeyGen's lip-sync takes a video, never an avatar: an avatar with a recording is a new video. People call both a
lip-sync, so one tool takes both and asks for the right one.
"""

from __future__ import annotations

from pydantic import Field

from agent.material import Found, Sources
from agent.ordering import TITLE_LIMIT, Order, Ordering
from agent.ports import Accounts
from agent.presenters import Presenter, Presenters
from agent.records import JobKind, Json
from agent.spending import Spending
from agent.tool_calls import Failed, Outcome, TryAgain
from agent.toolbox import Arguments, CallContext, Effect, ToolSpec

NO_FACE = TryAgain("no_face", "Which video should speak it, or which avatar?", "Ask the person for one of them.")
TWO_FACES = TryAgain(
    "two_faces", "Should the video speak it, or the avatar?", "Ask, then give one of them and null for the other."
)


class LipsyncArguments(Arguments):
    """Arguments of `lipsync_video`."""

    video: str | None = Field(
        description="The video whose lips follow: a handle (V1, F1, A1, a finished J1) or the person's link. Null if "
        "an avatar is to speak."
    )
    audio: str = Field(description="The recording: a handle (V2, F2, A2, a finished J2) or exactly the person's link.")
    avatar: str | None = Field(default=None, description="Name or id of the avatar, if one is to speak; else null.")
    precise: bool = Field(default=False, description="True only if the best fit was asked for: about twice the price.")
    title: str | None = Field(default=None, description="A short title for the card, or null.")


class LipSync:
    """The tool. One per process."""

    def __init__(
        self,
        *,
        accounts: Accounts,
        sources: Sources,
        presenters: Presenters,
        ordering: Ordering,
        spending: Spending,
    ) -> None:
        self._accounts = accounts
        self._sources = sources
        self._presenters = presenters
        self._ordering = ordering
        self._spending = spending

    def tools(self) -> list[ToolSpec]:
        """The tool specifications."""
        return [
            ToolSpec(
                name="lipsync_video",
                purpose="Make the lips of a video, or an avatar, follow a recording of speech. Costs money. The result "
                "is posted in the thread by the runtime.",
                arguments=LipsyncArguments,
                effect=Effect.SUBMIT,
                run=self.lipsync,
            )
        ]

    async def lipsync(self, context: CallContext, arguments: LipsyncArguments) -> Outcome:
        """Find what speaks and what is said, then write the request down and send it."""
        if written := await self._ordering.written(context):
            return written
        if arguments.video and arguments.avatar:
            return TWO_FACES
        audio = await self._sources.find(context, arguments.audio, "the recording", "audio/")
        if not isinstance(audio, Found):
            return audio
        made = await self._order(context, arguments, audio)
        if isinstance(made, TryAgain | Failed):
            return made
        order, asked = made
        if busy := await self._ordering.under_way(context.turn.conversation_id, order):
            return busy
        asked = asked and await self._sources.given(context, audio)
        return await self._ordering.place(context, order, asked=context.turn.exact or asked)

    async def _order(
        self, context: CallContext, arguments: LipsyncArguments, audio: Found
    ) -> tuple[Order, bool] | TryAgain | Failed:
        """The request, and whether the person has named the face."""
        account_id = await self._accounts.account_id(context.turn.workspace_id)
        if arguments.avatar:
            presenter = await self._presenters.choose(account_id, arguments.avatar, None)
            if not isinstance(presenter, Presenter):
                return presenter
            face = {"avatar_id": presenter.avatar_id, "avatar": presenter.avatar}
            title = await self._title(context, arguments, presenter.avatar, audio)
            asked = {**face, **audio.arguments("audio")}
            return _order(JobKind.VIDEO, account_id, asked, title), await self._named(context, arguments.avatar)
        if not arguments.video:
            return NO_FACE
        video = await self._sources.find(context, arguments.video, "the video", "video/")
        if not isinstance(video, Found):
            return video
        title = await self._title(context, arguments, video.name, audio)
        mode = "precision" if arguments.precise else "speed"
        asked = {**video.arguments("video"), **audio.arguments("audio"), "mode": mode}
        return _order(JobKind.LIPSYNC, account_id, asked, title), await self._sources.given(context, video)

    async def _title(self, context: CallContext, arguments: LipsyncArguments, face: str, audio: Found) -> str:
        return await self._ordering.title(context, arguments.title, f"{face} with {audio.name}"[:TITLE_LIMIT])

    async def _named(self, context: CallContext, avatar: str) -> bool:
        words = " ".join((await self._spending.words_of(context.turn)).casefold().split())
        return " ".join(avatar.casefold().split()) in words


def _order(kind: JobKind, account_id: str, arguments: Json, title: str) -> Order:
    return Order(kind=kind, account_id=account_id, arguments=arguments, labels=(title,), title=title)
