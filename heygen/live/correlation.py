"""Which utterance an event is about. Pure bookkeeping over the utterances that are not over yet."""

from __future__ import annotations

from collections import deque

from .events import PoseChanged, SpeechBegan, SpeechEnded
from .playback import Utterance

_REMEMBERED = 128


class Correlation:
    """The open utterances in their order, and the names by which events call them."""

    def __init__(self) -> None:
        self.open: deque[Utterance] = deque()
        self._aliases: dict[str, str] = {}
        self._past: deque[str] = deque(maxlen=_REMEMBERED)

    def find(self, utterance_id: str) -> Utterance | None:
        """The open utterance with this id."""
        return next((utterance for utterance in self.open if utterance.id == utterance_id), None)

    def before(self, utterance: Utterance) -> list[Utterance]:
        """Those that were to be heard before this one: when it is heard or over, they are over."""
        return list(self.open)[: self.open.index(utterance)]

    def begun(self, event: SpeechBegan | PoseChanged, now: float) -> Utterance | None:
        """The utterance that begins: the named one, or else the first of which it could be true.

        While one is heard that has not had its time, a nameless beginning is that one's, told again.
        """
        named, known = self._named(event.names)
        if (
            named is None
            and not known
            and all(one.had_its_time(now) for one in self.open if one.started_at is not None)
        ):
            named = next((one for one in self.open if one.sent_any and one.started_at is None), None)
        if named is None or not named.sent_any:
            return None
        if event.task_id:
            self._aliases[event.task_id] = named.id
        return named

    def ended(self, event: SpeechEnded, now: float) -> Utterance | None:
        """The utterance that is over: the named one, or else the first of which it could be true.

        So the nameless echoes of an interrupt, of which there may be several, do not end what is said after it.
        """
        named, known = self._named(event.names)
        if named is not None or known:
            return named if named is None or named.sent_any else None
        return next((one for one in self.open if one.started_at is not None or one.had_its_time(now)), None)

    def interrupted(self, command_id: str) -> None:
        """An interrupt goes out: what answers it is about nothing that is open."""
        self._past.append(command_id)

    def close(self, utterance: Utterance) -> None:
        """This utterance is over; what is said of it from now on is old news."""
        self.open.remove(utterance)
        for alias in [alias for alias, owner in self._aliases.items() if owner == utterance.id]:
            del self._aliases[alias]
            self._past.append(alias)
        self._past.append(utterance.id)

    def _named(self, names: tuple[str, ...]) -> tuple[Utterance | None, bool]:
        """The open utterance one of `names` stands for, and whether any of them is known at all."""
        for name in names:
            found = self.find(self._aliases.get(name, name))
            if found is not None:
                return found, True
        return None, any(name in self._past for name in names)
