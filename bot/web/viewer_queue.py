"""What is held back for a reader who is slower than the page, and how much a page may send. No I/O.

Sound is worth nothing once it is old, so its oldest goes; words and presses are never dropped.
"""

from __future__ import annotations

from collections import deque

from agent.live.ports import Sound, ViewerInput

HELD_SOUND_BYTES = 96_000  # two seconds
HELD_INPUTS = 64


class InputQueue:
    """Inputs in order of arrival: at most `sound_bytes` of sound and `inputs` of everything else."""

    def __init__(self, *, sound_bytes: int = HELD_SOUND_BYTES, inputs: int = HELD_INPUTS) -> None:
        self._items: deque[ViewerInput] = deque()
        self._most_sound = sound_bytes
        self._most_inputs = inputs
        self._sound = 0
        self._inputs = 0
        self.dropped = 0

    def __len__(self) -> int:
        return len(self._items)

    def put(self, item: ViewerInput) -> bool:
        """Append; False when what must not be dropped has no room, and then it is not appended."""
        if isinstance(item, Sound):
            self._sound += len(item.pcm)
            self._items.append(item)
            self._make_room()
            return True
        if self._inputs >= self._most_inputs:
            return False
        self._inputs += 1
        self._items.append(item)
        return True

    def take(self) -> ViewerInput:
        """The oldest; `IndexError` when there is none."""
        item = self._items.popleft()
        if isinstance(item, Sound):
            self._sound -= len(item.pcm)
        else:
            self._inputs -= 1
        return item

    def _make_room(self) -> None:
        while self._sound > self._most_sound:
            oldest = next(item for item in self._items if isinstance(item, Sound))
            self._items.remove(oldest)
            self._sound -= len(oldest.pcm)
            self.dropped += 1


class Allowance:
    """So much a second, and what was not used is saved up to `burst`: a page may catch up after its network stood."""

    def __init__(self, *, rate: float, burst: float) -> None:
        self._rate = rate
        self._burst = burst
        self._left = burst
        self._at: float | None = None

    def spend(self, amount: float, now: float) -> bool:
        """Take `amount` at `now`, in seconds of any clock; False, and nothing is taken, when that is too much."""
        passed = 0.0 if self._at is None else max(0.0, now - self._at)
        self._at = now
        self._left = min(self._burst, self._left + passed * self._rate)
        if amount > self._left:
            return False
        self._left -= amount
        return True
