"""When what is heard from a person silences the avatar, when it waits, and when it is no turn at all."""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass

SUSTAINED_SECONDS = 0.4
EDGE_SECONDS = 1.0  # of a speech, in which people say "mm" to what they hear
# So long after a speech its echo may still arrive as words.
ECHO_SECONDS = 4.0
_ECHO_SHARE = 0.7

_WORDS = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_WIDE = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\u9fff\uac00-\ud7af]")
_BACKCHANNELS = """mm mhm hm hmm mmhm uh um ah oh aha uhuh uhhuh yeah yes yep yup ok okay right sure
ja genau gut oui si sí vale claro sim tak да так うん はい ええ 嗯 对 是 好 네 응"""
_STOPS = """stop wait halt pause warte moment arrête attends para espera alto pare espere basta aspetta ferma
стоп подожди 停 等等 やめて 待って 멈춰 잠깐"""
BACKCHANNELS = frozenset(_BACKCHANNELS.split())
STOPS = frozenset(_STOPS.split())


class Verdict(enum.StrEnum):
    """What to do about something heard."""

    NOTHING = "nothing"
    INTERRUPT = "interrupt"
    WAIT = "wait"  # a turn, but none that may interrupt
    IGNORE = "ignore"  # no turn: an echo, or only a sign of listening


@dataclass(frozen=True, slots=True)
class Speech:
    """What the avatar says: since when, until when (as far as sent), and its words."""

    since: float
    until: float
    text: str


def words_of(text: str) -> list[str]:
    """The words of a text in lower case; of scripts without spaces each sign counts as a word."""
    words: list[str] = []
    for word in _WORDS.findall(text.lower()):
        words += list(word) if _WIDE.search(word) and word not in BACKCHANNELS | STOPS else [word]
    return words


def is_backchannel(text: str) -> bool:
    """Whether a text is only a sign of listening, once or repeated."""
    words = words_of(text)
    return bool(words) and all(word in BACKCHANNELS for word in words) and len(words) <= 3


def is_echo(text: str, said: str) -> bool:
    """Whether what was heard is, nearly word by word and in order, a part of what the avatar said."""
    heard, words = words_of(text), words_of(said)
    if len(heard) < 2 or not words:
        return False
    return _longest_common(heard, words[-200:]) >= _ECHO_SHARE * len(heard)


def _longest_common(heard: list[str], said: list[str]) -> int:
    """The length of the longest common part, gaps allowed only where a word was misheard."""
    best, before = 0, [0] * (len(said) + 1)
    for word in heard:
        row = [0] * (len(said) + 1)
        for place, other in enumerate(said, 1):
            matched = before[place - 1] + 1 if word == other else 0
            row[place] = matched or max(before[place - 1] if before[place - 1] > 1 else 0, 0)
        best, before = max(best, *row), row
    return best


class BargeIn:
    """Listens beside the avatar. Tell it what is said (`speech`, or None) with everything that is heard."""

    def __init__(self) -> None:
        self._since: float | None = None
        self._done = False
        self._echoes = False
        self._last: Speech | None = None

    @property
    def due(self) -> float | None:
        """When `tick` may have a verdict."""
        return None if self._since is None or self._done or self._echoes else self._since + SUSTAINED_SECONDS

    def sound(self, speech: Speech | None, now: float) -> None:
        """Somebody began to speak."""
        self._note(speech)
        self._since, self._done = now, False

    def silence(self, speech: Speech | None) -> None:
        """Nobody speaks any more."""
        self._note(speech)
        self._since = None

    def tick(self, speech: Speech | None, now: float) -> Verdict:
        """Sound that lasts interrupts, except at the edges of a speech, and where our own words were heard before."""
        self._note(speech)
        if speech is None or self.due is None or now < self.due or _at_edge(speech, now):
            return Verdict.NOTHING
        self._done = True
        return Verdict.INTERRUPT

    def partial(self, text: str, speech: Speech | None, now: float) -> Verdict:
        """Words as far as they are known."""
        verdict = self._judge(text, speech, now)
        return verdict if verdict is Verdict.INTERRUPT else Verdict.NOTHING

    def final(self, text: str, speech: Speech | None, now: float) -> Verdict:
        """All words of something said. With nothing to interrupt it is `WAIT`: a turn."""
        self._since = None
        return self._judge(text, speech, now)

    def _judge(self, text: str, speech: Speech | None, now: float) -> Verdict:
        self._note(speech)
        if self._is_echo(text, now):
            self._echoes = True
            return Verdict.IGNORE
        words = words_of(text)
        if not words:
            return Verdict.IGNORE
        if speech is None:
            return Verdict.WAIT
        if is_backchannel(text):
            return Verdict.IGNORE if _at_edge(speech, now) or len(words) == 1 else Verdict.WAIT
        return Verdict.INTERRUPT if len(words) > 1 or words[0] in STOPS else Verdict.WAIT

    def _is_echo(self, text: str, now: float) -> bool:
        return self._last is not None and now <= self._last.until + ECHO_SECONDS and is_echo(text, self._last.text)

    def _note(self, speech: Speech | None) -> None:
        self._last = speech or self._last


def _at_edge(speech: Speech, now: float) -> bool:
    return now - speech.since < EDGE_SECONDS or speech.until - now < EDGE_SECONDS
