"""Who is asked: a person at a terminal or at the other end of a pipe, or nobody. Secrets are never shown."""

from __future__ import annotations

import getpass
import sys
from dataclasses import dataclass

from bot.setup.questions import Question

YES = frozenset({"y", "yes"})


@dataclass(slots=True)
class Desk:
    """Asks and tells. `asks` False: nobody is there; at the end of a pipe nobody is there from then on."""

    asks: bool = True

    def tell(self, line: str) -> None:
        """Say something."""
        sys.stdout.write(line + "\n")
        sys.stdout.flush()

    def ask(self, question: Question) -> str | None:
        """The answer; None when there is none."""
        return self._line(f"{question.text}\n{question.name}: ", secret=question.secret)

    def agrees(self, text: str) -> bool:
        """Whether the person says yes; who says nothing does not."""
        return (self._line(f"{text} [y/N] ", secret=False) or "").lower() in YES

    def _line(self, prompt: str, *, secret: bool) -> str | None:
        if not self.asks:
            return None
        try:
            # Without a terminal there is no echo to switch off.
            line = getpass.getpass(prompt) if secret and sys.stdin.isatty() else input(prompt)
        except EOFError:
            self.asks = False
            return None
        return line.strip() or None
