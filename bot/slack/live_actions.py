"""What is pressed on the cards of live sessions, and the shortcut that asks for one.

Each press is checked against rights and committed before the ack; who pressed is told privately what came of it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Collection
from typing import Protocol, assert_never

from agent.live.records import CommandKind, LivePass, LiveSession, LiveState
from agent.ports import Roles
from agent.records import Json
from agent.rights import Right, Role, may, roles_towards
from bot.slack.fields import WORDS
from bot.slack.live_command import NOT_SET_UP
from bot.slack.live_modals import SAY, WHISPER, entered, words_modal
from bot.slack.live_posts import follow_up_words
from bot.slack.live_words import price, why_ended
from bot.slack.ports import Places
from bot.slack.router import Answer, Interaction, Router, refusal
from bot.slack.text import mention
from bot.store.approvals import Verdict
from bot.store.inbox import NewEvent
from bot.store.live_offers import Decision

SHORTCUT = "live_avatar"
ESCALATE = "escalate"
LONGEST_ID = 200
UNKNOWN = "I don't know this session any more. Ask for a live avatar again, or type `/heygen live`."
NOT_RUNNING = "The session does not run any more, so nothing was done."
NOT_YET = "Nobody can join yet: somebody has to approve its price first. Nothing is billed."
STEERING = {
    "live_take_over": CommandKind.TAKE_OVER,
    "live_hand_back": CommandKind.HAND_BACK,
    "live_mute": CommandKind.MUTE,
    "live_unmute": CommandKind.UNMUTE,
    "live_hand_over": CommandKind.HAND_OVER,
}
PASSED_ON = {
    CommandKind.TAKE_OVER: "You take over: what you write in the thread is spoken from now on. Hand back when done.",
    CommandKind.HAND_BACK: "You hand back: I answer again.",
    CommandKind.MUTE: "The avatar is being muted; answers are shown as text.",
    CommandKind.UNMUTE: "The avatar is to speak again.",
    CommandKind.HAND_OVER: "The session is being ended, and the person is told that you go on in the thread.",
    CommandKind.END: "The session is being ended; what it came to follows in the thread.",
}


class Sessions(Protocol):
    """The rows of live sessions, as far as presses change them."""

    async def session(self, session_id: str) -> LiveSession:
        """One session; `KeyError` when there is none."""
        ...

    async def claim(self, session_id: str, actor: str) -> Decision:
        """A teammate takes the conversation."""
        ...

    async def decline(self, session_id: str, actor: str) -> Decision:
        """Nobody wants it."""
        ...

    async def approve(self, session_id: str, actor: str) -> Decision:
        """It may cost what it may cost."""
        ...

    async def command(
        self, session_id: str, kind: CommandKind, *, actor: str, text: str, message_ts: str | None, key: str
    ) -> bool:
        """Hand something to a running session, once per key; False when it does not run (any more)."""
        ...

    async def new_pass(self, session_id: str, user_id: str) -> LivePass:
        """A personal way in."""
        ...


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class LiveActions:
    """The handlers. `link_for` makes a pass the address of its page, None where there is no page.

    `approvers` gives mentions of those who can approve; `kick` has the loops look around.
    """

    live: Sessions
    places: Places
    roles: Roles
    approvers: Callable[[str], Collection[str]]
    link_for: Callable[[LivePass], str | None]
    kick: Callable[[], None]

    def register(self, router: Router) -> None:
        """Add the buttons, the modals and the shortcut to the router."""
        router.add("action", "live_join", self.join)
        router.add("action", "live_decline", self.decline)
        router.add("action", "live_claim", self.claim)
        router.add("action", "live_approve", self.approve)
        router.add("action", "live_end", self.end)
        for name in STEERING:
            router.add("action", name, self.steer)
        for kind in (SAY, WHISPER):
            router.add("action", kind, self.ask_words)
            router.add("view", kind, self.words)
        router.add("action", "live_follow_up", self.follow_up)
        router.add("action", "live_again", self.again)
        router.add("shortcut", SHORTCUT, self.shortcut)

    # -- before it runs ------------------------------------------------------------------------------------------

    async def join(self, interaction: Interaction) -> Answer:
        """Answer with a personal link. Nothing is started by it: its page asks first."""
        if (session := await self._about(interaction)) is None:
            return Answer(text=UNKNOWN)
        if not self._may(Right.JOIN_LIVE, interaction, session):
            return Answer(text=f"Only {mention(session.requester)}, who asked for this session, can join it.")
        if refusal := _not_joinable(session):
            return Answer(text=refusal)
        link = self.link_for(await self.live.new_pass(session.id, interaction.user_id))
        if link is None:
            return Answer(text=NOT_SET_UP)
        return Answer(
            text=f"<{link}|Open your live session>. The link is for you alone; don't pass it on. The page first asks "
            f"for your consent and your microphone. {price(session)}."
        )

    async def decline(self, interaction: Interaction) -> Answer:
        """Withdraw an offer."""
        if (session := await self._about(interaction)) is None:
            return Answer(text=UNKNOWN)
        if not self._may(Right.DECLINE_LIVE, interaction, session):
            return Answer(text=f"Only {mention(session.requester)}, who asked for this session, can decline it.")
        decision = await self.live.decline(session.id, interaction.user_id)
        self.kick()
        return Answer(text=_decided(decision, "Declined. Nothing is billed."))

    async def claim(self, interaction: Interaction) -> Answer:
        """A teammate takes the conversation, and no avatar comes."""
        if (session := await self._about(interaction)) is None:
            return Answer(text=UNKNOWN)
        if not self._may(Right.CLAIM_LIVE, interaction, session):
            return Answer(text="Only operators and admins can claim this. Nothing has changed.")
        decision = await self.live.claim(session.id, interaction.user_id)
        self.kick()
        return Answer(text=_decided(decision, "It is yours: go on in the thread. No avatar comes."))

    async def approve(self, interaction: Interaction) -> Answer:
        """Agree to what it may cost."""
        if (session := await self._about(interaction)) is None:
            return Answer(text=UNKNOWN)
        if not self._may(Right.APPROVE, interaction, session):
            who = " or ".join(self.approvers(session.workspace_id)) or mention(session.requester)
            return Answer(text=f"Only an approver can decide this: {who}. Nothing has changed.")
        decision = await self.live.approve(session.id, interaction.user_id)
        self.kick()
        return Answer(text=_decided(decision, f"Approved: {price(session)}."))

    # -- while it runs -------------------------------------------------------------------------------------------

    async def end(self, interaction: Interaction) -> Answer:
        """End what runs."""
        if (session := await self._about(interaction)) is None:
            return Answer(text=UNKNOWN)
        if not self._may(Right.END_LIVE, interaction, session):
            whose = f"{mention(session.requester)}, who asked for this session, an operator or an admin"
            return Answer(text=f"Only {whose} can end it.")
        return await self._commanded(interaction, session, CommandKind.END)

    async def steer(self, interaction: Interaction) -> Answer:
        """Take over, hand back, mute, unmute, hand over."""
        found = await self._steerable(interaction)
        if isinstance(found, str):
            return Answer(text=found)
        return await self._commanded(interaction, found, STEERING[interaction.name])

    async def ask_words(self, interaction: Interaction) -> Answer:
        """Open the modal that asks what to say or whisper."""
        found = await self._steerable(interaction)
        return Answer(text=found) if isinstance(found, str) else Answer(open_view=words_modal(interaction.name, found))

    async def words(self, interaction: Interaction) -> Answer:
        """Take the modal's words."""
        if interaction.is_dismissal:
            return Answer()
        found = await self._steerable(interaction)
        if isinstance(found, str):
            return refusal(WORDS, found)
        if not (text := entered(interaction.state)):
            return refusal(WORDS, "There are no words in it.")
        kind = CommandKind.SAY if interaction.name == SAY else CommandKind.WHISPER
        return Answer() if await self._command(interaction, found, kind, text) else refusal(WORDS, NOT_RUNNING)

    async def _commanded(self, interaction: Interaction, session: LiveSession, kind: CommandKind) -> Answer:
        taken = await self._command(interaction, session, kind)
        return Answer(text=PASSED_ON[kind] if taken else NOT_RUNNING)

    async def _command(self, interaction: Interaction, session: LiveSession, kind: CommandKind, text: str = "") -> bool:
        whose = {"actor": interaction.user_id, "text": text, "key": interaction.event_id}
        taken = await self.live.command(session.id, kind, message_ts=None, **whose)
        self.kick()
        return taken

    async def _steerable(self, interaction: Interaction) -> LiveSession | str:
        """The session, if this person may steer it and it runs; else why not."""
        if (session := await self._about(interaction)) is None:
            return UNKNOWN
        if not self._may(Right.STEER_LIVE, interaction, session):
            return "Only operators and admins can steer a live session. Nothing has changed."
        return session if session.running else NOT_RUNNING

    # -- afterwards, and from scratch ----------------------------------------------------------------------------

    async def follow_up(self, interaction: Interaction) -> Answer:
        """Ask for a video about it: an ordinary turn of the thread, begun by words anybody could have written."""
        if (session := await self._about(interaction)) is None:
            return Answer(text=UNKNOWN)
        if not self._may(Right.ASK_LIVE, interaction, session):
            return Answer(text=f"Only {mention(session.requester)} can ask for it here. Anybody can in a message.")
        place = await self.places.conversation(session.conversation_id)
        payload: Json = {"user": interaction.user_id, "text": follow_up_words(session), "files": [], "mentioned": True}
        return Answer(event=_event(interaction, "message", place.channel_id, place.thread_ts, payload))

    async def again(self, interaction: Interaction) -> Answer:
        """Ask for another session in the same thread; whoever presses is its requester."""
        if (session := await self._about(interaction)) is None:
            return Answer(text=UNKNOWN)
        place = await self.places.conversation(session.conversation_id)
        payload = _escalation(interaction, "pressed “Ask again” after a live session")
        return Answer(event=_event(interaction, "action", place.channel_id, place.thread_ts, payload))

    async def shortcut(self, interaction: Interaction) -> Answer:
        """“Bring in a live avatar” on a message: the session belongs to that message's thread."""
        if not interaction.channel_id or interaction.thread_ts is None:
            return Answer(text="Use this on a message, or type `/heygen live`.")
        payload = _escalation(interaction, "used “Bring in a live avatar” on a message here")
        event = _event(interaction, "action", interaction.channel_id, interaction.thread_ts, payload, opens=True)
        return Answer(text="I see to it in the thread of that message.", event=event)

    # -- whose it is ---------------------------------------------------------------------------------------------

    async def _about(self, interaction: Interaction) -> LiveSession | None:
        """The session a button or modal belongs to; None for what is not of this workspace."""
        if not interaction.value or len(interaction.value) > LONGEST_ID:
            return None
        try:
            session = await self.live.session(interaction.value)
        except KeyError:
            return None
        return session if session.workspace_id == interaction.team_id else None

    def _may(self, right: Right, interaction: Interaction, session: LiveSession) -> bool:
        return may(right, self._roles(interaction, session))

    def _roles(self, interaction: Interaction, session: LiveSession) -> frozenset[Role]:
        workspace_id, user = session.workspace_id, interaction.user_id
        appointed = self.roles.appointed(workspace_id, user)
        anybody = self.roles.anybody_approves(workspace_id)
        return roles_towards(session.requester, user, appointed, anybody_approves=anybody)


def _not_joinable(session: LiveSession) -> str | None:
    match session.state:
        case LiveState.OFFERED if session.needs_approval and session.approved_by is None:
            return NOT_YET
        case LiveState.OFFERED if session.max_seconds > 0:
            return None
        case LiveState.JOINED | LiveState.STARTING | LiveState.LIVE | LiveState.HUMAN_TAKEOVER:
            return None
        case LiveState.CALLING | LiveState.OFFERED:
            return "There is no avatar to join yet: the team is being called."
        case LiveState.CLOSING | LiveState.ENDED:
            return f"This session is over: {why_ended(session)}. Ask for another one, or type `/heygen live`."
        case _:
            assert_never(session.state)


def _decided(decision: Decision, done: str) -> str:
    """What a press came to; somebody or something else may have been faster."""
    session = decision.session
    if decision.verdict is Verdict.DONE:
        return done
    if session.state in (LiveState.CLOSING, LiveState.ENDED):
        return f"It is over already: {why_ended(session)}."
    if session.running:
        return "It runs already; its card has the controls."
    return "There is nothing to decide here any more."


def _escalation(interaction: Interaction, how: str) -> Json:
    return {"name": ESCALATE, "user": interaction.user_id, "text": f"[{how}]"}


def _event(
    interaction: Interaction,
    kind: str,
    channel_id: str,
    thread_ts: str | None,
    payload: Json,
    *,
    opens: bool = False,
) -> NewEvent:
    return NewEvent(
        id=interaction.event_id,
        dedup_key=None,
        workspace_id=interaction.team_id,
        channel_id=channel_id,
        channel_type="im" if channel_id.startswith("D") else "channel",
        thread_ts=thread_ts,
        opens=opens,
        kind=kind,
        payload=payload,
    )
