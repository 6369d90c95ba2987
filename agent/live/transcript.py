"""What was said, in the order in which it began, and what the model is told of it. No I/O."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from agent.live.ports import NewLine
from agent.live.records import LineState, LiveLine, Speaker

REMEMBERED = 80


@dataclass(frozen=True, slots=True)
class Remark:
    """Something that the model is to know of the session: what somebody said, or (`whisper`) what it alone is told.

    `caption` is the page's name for it.
    """

    speaker: Speaker
    text: str
    state: LineState = LineState.SAID
    whisper: bool = False
    caption: str | None = None


@dataclass(slots=True, eq=False)
class _Entry:
    caption: str
    line: NewLine | None = None
    open: bool = True


class Transcript:
    """Lines become final in the order in which they began: what is still being said holds back what came after."""

    def __init__(self, past: Sequence[LiveLine] = ()) -> None:
        self._entries: deque[_Entry] = deque()
        self.remarks: deque[Remark] = deque(maxlen=REMEMBERED)
        for line in past:
            self._remember(line, None)

    def begin(self, caption: str) -> None:
        """Something is being said, under this caption."""
        self._entries.append(_Entry(caption))

    def end(self, caption: str, line: NewLine | None) -> list[NewLine]:
        """It is over, and this line (or none) is left of it; returns the lines that are final now."""
        entry = next((entry for entry in self._entries if entry.open and entry.caption == caption), None)
        if entry is not None:
            entry.line, entry.open = line, False
        return self._final()

    def add(self, caption: str, line: NewLine) -> list[NewLine]:
        """Something was said in one go; returns the lines that are final now."""
        self._entries.append(_Entry(caption, line, open=False))
        return self._final()

    def whisper(self, text: str) -> None:
        """Something for the model alone."""
        self.remarks.append(Remark(Speaker.TEAMMATE, text, whisper=True))

    def _final(self) -> list[NewLine]:
        lines: list[NewLine] = []
        while self._entries and not self._entries[0].open:
            entry = self._entries.popleft()
            if entry.line is not None:
                lines.append(entry.line)
                self._remember(entry.line, entry.caption)
        return lines

    def _remember(self, line: NewLine | LiveLine, caption: str | None) -> None:
        self.remarks.append(Remark(line.speaker, line.text, line.state, caption=caption))
