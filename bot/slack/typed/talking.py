"""`/heygen` for how we talk: settings of the workspace, and being quiet."""

from __future__ import annotations

from dataclasses import dataclass

from bot.slack.typed.topics import Topic, UsageError


@dataclass(frozen=True, slots=True)
class Settings:
    """Open the dialog for the workspace's rules."""


@dataclass(frozen=True, slots=True)
class BeQuiet:
    """Be quiet in the thread of this channel in which the person was answered last; `off` takes it back."""

    off: bool = False


def _settings(rest: str) -> Settings | UsageError:
    return SETTINGS.wrong("Settings are changed in a dialog.") if rest else Settings()


def _mute(rest: str) -> BeQuiet | UsageError:
    if rest.lower().strip(" .!") in ("", "on"):
        return BeQuiet()
    return BeQuiet(off=True) if rest.lower().strip(" .!") == "off" else MUTE.wrong("I know only `off` here.")


def _unmute(rest: str) -> BeQuiet | UsageError:
    return UNMUTE.wrong("It stands alone.") if rest else BeQuiet(off=True)


SETTINGS = Topic(
    words=("settings", "setting", "config"),
    usage="/heygen settings",
    about="Opens a dialog for admins: what I answer in this channel and elsewhere, where and for whom I work, and how "
    "much I do for guests and other organisations.",
    examples=("/heygen settings",),
    read=_settings,
)
MUTE = Topic(
    words=("mute", "quiet"),
    usage="/heygen mute [off]",
    about="Makes me quiet in the thread of this channel in which I answered you last. Results still come. In a thread "
    "itself say “be quiet”, or react with :mute: to an answer; a mention wakes me.",
    examples=("/heygen mute", "/heygen mute off"),
    read=_mute,
)
UNMUTE = Topic(
    words=("unmute",),
    usage="/heygen unmute",
    about="Takes `/heygen mute` back.",
    examples=("/heygen unmute",),
    read=_unmute,
)
TOPICS = (SETTINGS, MUTE, UNMUTE)
