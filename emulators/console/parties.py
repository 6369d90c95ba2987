"""The emulators behind the page, by name, and which of the four companies they stand in for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from emulators.base import Emulator
from emulators.heygen import HeyGenEmulator
from emulators.liveavatar import LiveAvatarEmulator
from emulators.liveavatar.room import available
from emulators.openai import OpenAIEmulator
from emulators.slack import SlackEmulator

# What the page says about a party: its label, then a sentence for the emulator and one for the real service.
ABOUT: dict[str, tuple[str, str, str]] = {
    "slack": (
        "Slack",
        "What you see on the left is all there is of it: nobody else reads along.",
        "Talk to the app in your workspace; the left side of this page is not connected.",
    ),
    "heygen": (
        "HeyGen",
        "Jobs, wallet and webhooks are made up on this machine; the videos are drawn, not filmed.",
        "Videos cost real money, and it cannot fetch sample videos from this machine: name a public address.",
    ),
    "liveavatar": (
        "LiveAvatar",
        "The face is drawn and its minutes are play money; room, picture and sound are real.",
        "Every minute of a live session costs real credits.",
    ),
    "openai": (
        "OpenAI",
        "A rule-based planner answers, not an AI; ears and voice know what is said here.",
        "A real model answers, and every call costs real money.",
    ),
}

FACELESS = (
    "It speaks in words only: picture and sound need more packages (`make run` installs them). "
    "Its minutes are play money."
)


@dataclass(frozen=True, slots=True)
class Parties:
    """The emulated services; `after_reset` wires the app to them again.

    `real` names those whose emulator is idle because the app talks to the real service instead. `roles` says by
    name what the app lets people do ("approver"), which Slack does not know.
    """

    slack: SlackEmulator
    heygen: HeyGenEmulator
    openai: OpenAIEmulator
    after_reset: Callable[[], None]
    liveavatar: LiveAvatarEmulator | None = None
    real: frozenset[str] = frozenset()
    roles: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def by_name(self) -> dict[str, Emulator]:
        """Every emulator under the name the page uses."""
        live = {} if self.liveavatar is None else {"liveavatar": self.liveavatar}
        return {"slack": self.slack, "heygen": self.heygen, "openai": self.openai, **live}

    def shown(self) -> list[dict[str, Any]]:
        """What is emulated and what is not, with a sentence for each party that is there."""
        return [_about(name, name in self.real) for name in ABOUT if name in self.real or name in self.by_name()]

    def reset(self) -> None:
        """Let all of them start over, with other ids: the app remembers those of before, and no service repeats one."""
        for emulator in self.by_name().values():
            emulator.seed += 1
            emulator.reset()
        self.after_reset()


def _about(name: str, is_real: bool) -> dict[str, Any]:
    label, emulated, real = ABOUT[name]
    says = real if is_real else emulated
    if name == "liveavatar" and not (is_real or available()):
        says = FACELESS
    return {"name": name, "label": label, "emulated": not is_real, "says": says}
