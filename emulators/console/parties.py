"""The emulators behind the page, by name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from emulators.base import Emulator
from emulators.heygen import HeyGenEmulator
from emulators.openai import OpenAIEmulator
from emulators.slack import SlackEmulator


@dataclass(frozen=True, slots=True)
class Parties:
    """The three emulated services; `after_reset` wires the app to them again."""

    slack: SlackEmulator
    heygen: HeyGenEmulator
    openai: OpenAIEmulator
    after_reset: Callable[[], None]

    def by_name(self) -> dict[str, Emulator]:
        """Every emulator under the name the page uses."""
        return {"slack": self.slack, "heygen": self.heygen, "openai": self.openai}

    def reset(self) -> None:
        """Let all three start over."""
        for emulator in self.by_name().values():
            emulator.reset()
        self.after_reset()
