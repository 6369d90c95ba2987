"""When we talk: the pure rules of who is listened to where, and of being quiet. Nothing here asks a model."""

from __future__ import annotations

import enum
import re
from collections.abc import Collection
from dataclasses import dataclass

ANSWER_SECONDS = 600.0  # so long somebody who was asked something may be about to answer it


class Policy(enum.StrEnum):
    """What is answered in a channel: only mentions, also follow-ups in our own threads, or everything."""

    MENTIONS = "mentions"
    THREADS = "threads"
    EVERYTHING = "everything"


class Reach(enum.StrEnum):
    """How much is done for somebody from outside: as for members, only looking things up, or nothing."""

    FULL = "full"
    READ = "read"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class TalkSetting:
    """A workspace's rules. Empty `channels` are all channels, and empty `people` everybody."""

    policy: Policy = Policy.THREADS
    channels: tuple[str, ...] = ()
    people: tuple[str, ...] = ()
    guests: Reach = Reach.READ
    strangers: Reach = Reach.READ

    def hears(self, user_id: str) -> bool:
        """Whether a person is listened to."""
        return not self.people or user_id in self.people

    def works_in(self, channel_id: str, *, direct: bool) -> bool:
        """Whether a channel is worked in; direct messages always are."""
        return direct or not self.channels or channel_id in self.channels


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known where something was said. `conversation_id` is that of a thread of ours, None elsewhere.

    `channel_policy` None is the workspace's. `awaited` has been asked something by somebody else, at `awaited_at`.
    `live`: a live session is offered or runs there, and what is said is said to it.
    """

    setting: TalkSetting = TalkSetting()
    channel_policy: Policy | None = None
    conversation_id: str | None = None
    muted: bool = False
    awaited: str | None = None
    awaited_at: float = 0.0
    live: bool = False

    @property
    def policy(self) -> Policy:
        """What is answered here."""
        return self.channel_policy or self.setting.policy


@dataclass(frozen=True, slots=True)
class Said:
    """A message as the rules see it. `others` are people it names beside us."""

    user_id: str
    channel_id: str
    text: str
    mentioned: bool = False
    direct: bool = False
    threaded: bool = False
    others: Collection[str] = ()


class Verdict(enum.Enum):
    """What becomes of a message. `OPEN` also begins a conversation, `WAKE` ends being quiet first."""

    ANSWER = enum.auto()
    OPEN = enum.auto()
    WAKE = enum.auto()
    QUIET = enum.auto()
    ASIDE = enum.auto()
    IGNORE = enum.auto()


_QUIET = re.compile(
    r"(?:please\s+|pls\s+|hey\s+)?(?:mute|be quiet|quiet|shush|shut up|stop (?:replying|answering|talking)|"
    r"don'?t (?:reply|answer)(?: (?:here|any ?more))?)(?:\s+(?:here|please|now|thanks|thank you))*",
    re.IGNORECASE,
)
_LOUD = re.compile(r"(?:please\s+)?(?:unmute|you (?:can|may) (?:talk|speak|answer) again)(?:\s+please)?", re.IGNORECASE)
QUIET_REACTIONS = frozenset({"mute", "shushing_face", "zipper_mouth_face", "no_bell"})


def asks_for_quiet(text: str) -> bool:
    """Whether a whole message is a request to be quiet."""
    return _QUIET.fullmatch(_bare(text)) is not None


def asks_to_go_on(text: str) -> bool:
    """Whether a whole message takes that back."""
    return _LOUD.fullmatch(_bare(text)) is not None


def _bare(text: str) -> str:
    return " ".join(text.replace("’", "'").replace(",", " ").split()).strip(" .!")


def verdict(said: Said, standing: Standing, now: float) -> Verdict:
    """What becomes of a message."""
    setting = standing.setting
    if not setting.hears(said.user_id) or not setting.works_in(said.channel_id, direct=said.direct):
        return Verdict.IGNORE
    if said.others and not said.mentioned and not said.direct:
        return Verdict.ASIDE
    if standing.live:
        return Verdict.ANSWER
    if standing.conversation_id is not None and asks_for_quiet(said.text):
        return Verdict.QUIET
    if standing.muted:
        wakes = said.mentioned or asks_to_go_on(said.text)
        return Verdict.WAKE if wakes else Verdict.IGNORE
    if said.mentioned or said.direct:
        return Verdict.OPEN
    return _overheard(said, standing, now)


def _overheard(said: Said, standing: Standing, now: float) -> Verdict:
    """Words that name nobody: for us by the policy, unless they answer what somebody else has asked."""
    if standing.awaited == said.user_id and now - standing.awaited_at < ANSWER_SECONDS:
        return Verdict.ASIDE
    if standing.policy is Policy.EVERYTHING and (standing.conversation_id is not None or not said.threaded):
        return Verdict.OPEN
    if standing.policy is not Policy.MENTIONS and standing.conversation_id is not None:
        return Verdict.ANSWER
    return Verdict.IGNORE
