"""When what is heard from a person silences the avatar, when it waits, and when it is no turn at all."""

from __future__ import annotations

import enum
import math
import re
from dataclasses import dataclass

NEVER = math.inf  # the `until` of a speech whose end is not known
# Of voice, without the pauses in it. A "yeah" lasts a third of a second, and its end is noticed a tenth later.
SUSTAINED_SECONDS = 0.5
EDGE_SECONDS = 1.0  # of a speech, in which people say "mm" to what they hear
# A sound is noticed a little after it began. One that is noticed later than this after a speech began after it, so it
# is no echo: people answer with words of the question.
ECHO_SECONDS = 0.4
ECHO_WORDS = 3
MISHEARD_SHARE = 0.3
HEARD_LIMIT = 40  # words that are compared
SAID_LIMIT = 200
WORDLESS_LIMIT = 2

_WORDS = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_WIDE = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\u9fff\uac00-\ud7af]")
_BACKCHANNELS = """mm mhm hm hmm mmhm uh um ah oh aha uhuh uhhuh yeah yes yep yup ok okay right sure
ja genau gut oui si sí vale claro sim tak да так うん はい ええ 嗯 对 是 好 네 응"""
_STOPS = """stop wait halt pause no warte moment nein arrête attends non para espera alto pare espere não basta aspetta
ferma стоп подожди нет 停 等等 やめて 待って 멈춰 잠깐"""
BACKCHANNELS = frozenset(_BACKCHANNELS.split())
STOPS = frozenset(_STOPS.split())
_QUESTION = ("?", "？", "؟")


class Verdict(enum.StrEnum):
    """What to do about something heard."""

    NOTHING = "nothing"
    INTERRUPT = "interrupt"
    WAIT = "wait"  # a turn, but none that may interrupt
    IGNORE = "ignore"  # no turn: an echo, or only a sign of listening


@dataclass(frozen=True, slots=True)
class Speech:
    """What the avatar says: heard since when, until when (infinite while its end is not known), and its words."""

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
    return 0 < len(words) <= ECHO_WORDS and all(word in BACKCHANNELS for word in words)


def is_echo(text: str, said: str) -> bool:
    """Whether what was heard is a stretch of what the avatar said, but for a few words that were misheard."""
    heard = words_of(text)[:HEARD_LIMIT]
    return len(heard) >= ECHO_WORDS and _changes(heard, _newest(said)) <= MISHEARD_SHARE * len(heard)


def _newest(said: str) -> list[str]:
    return words_of(said)[-SAID_LIMIT:]


def _changes(heard: list[str], said: list[str]) -> int:
    """How many words have to be changed, added or left out to make `heard` some stretch of `said`."""
    row = [0] * (len(said) + 1)  # the stretch may begin anywhere
    for count, word in enumerate(heard, 1):
        before, row = row, [count]
        for place, other in enumerate(said, 1):
            row.append(min(before[place - 1] + (word != other), before[place] + 1, row[place - 1] + 1))
    return min(row)  # and end anywhere


class BargeIn:
    """Listens beside the avatar. Tell it what is said (`speech`, or None) with everything that is heard.

    Sound alone interrupts when it lasts. Where such sound turned out to be an echo, or twice to be no words, only
    words interrupt from then on.
    """

    def __init__(self) -> None:
        self._since: float | None = None
        self._voiced = 0.0  # of this utterance, before `_since`
        self._done = False
        self._echoes = False
        self._wordless = 0
        self._words_owed = False
        self._last: Speech | None = None
        self._over_speech = False

    def due(self, speech: Speech | None) -> float | None:
        """When `tick` interrupts if the sound goes on."""
        distrusted = self._echoes or self._wordless >= WORDLESS_LIMIT
        if speech is None or self._since is None or self._done or distrusted:
            return None
        at = max(self._since + SUSTAINED_SECONDS - self._voiced, speech.since + EDGE_SECONDS)
        return at if at <= speech.until - EDGE_SECONDS else None

    def sound(self, speech: Speech | None, now: float, ago: float = 0.0) -> None:
        """Somebody began to speak, `ago` seconds before that was noticed."""
        self._note(speech)
        self._wordless += self._words_owed
        self._since, self._voiced, self._done, self._words_owed = now - ago, 0.0, False, False
        self._over_speech = self._last is not None and now <= self._last.until + ECHO_SECONDS

    def pause(self, now: float, ago: float = 0.0) -> None:
        """Whoever speaks has paused, `ago` seconds before that was noticed: what lasts now is no sound."""
        if self._since is not None:
            self._voiced += max(now - ago - self._since, 0.0)
            self._since = None

    def resume(self, now: float) -> None:
        """They go on."""
        self._since = now

    def silence(self, speech: Speech | None) -> None:
        """Nobody speaks any more."""
        self._note(speech)
        self._since = None

    def over(self, now: float) -> None:
        """The avatar is silent from now on."""
        if self._last is not None and self._last.until > now:
            self._last = Speech(self._last.since, now, self._last.text)

    def tick(self, speech: Speech | None, now: float) -> Verdict:
        """Sound that lasts interrupts, except at the edges of a speech."""
        self._note(speech)
        due = self.due(speech)
        if due is None or now < due:
            return Verdict.NOTHING
        self._done = self._words_owed = True
        return Verdict.INTERRUPT

    def partial(self, text: str, speech: Speech | None, now: float) -> Verdict:
        """Words as far as they are known."""
        if self._may_become_echo(text):
            return Verdict.NOTHING
        verdict = self._judge(text, speech, now)
        return verdict if verdict in (Verdict.INTERRUPT, Verdict.IGNORE) else Verdict.NOTHING

    def final(self, text: str, speech: Speech | None, now: float) -> Verdict:
        """All words of something said. With nothing to interrupt it is `WAIT`: a turn."""
        return self._judge(text, speech, now)

    def _judge(self, text: str, speech: Speech | None, now: float) -> Verdict:
        self._note(speech)
        words = words_of(text)
        if not words:
            return Verdict.IGNORE
        self._words_owed = False
        if self._over_speech and self._last is not None and is_echo(text, self._last.text):
            self._echoes = True
            return Verdict.IGNORE
        self._wordless = 0
        if speech is None:
            return Verdict.WAIT
        if is_backchannel(text):
            return Verdict.WAIT if _answers(speech, now) else Verdict.IGNORE
        return Verdict.INTERRUPT if len(words) > 1 or words[0] in STOPS else Verdict.WAIT

    def _may_become_echo(self, text: str) -> bool:
        """Whether the first words of something are also words of the avatar: more of them will tell."""
        heard = words_of(text)
        if not self._over_speech or self._last is None or len(heard) >= ECHO_WORDS:
            return False
        return _changes(heard, _newest(self._last.text)) == 0

    def _note(self, speech: Speech | None) -> None:
        self._last = speech or self._last


def _answers(speech: Speech, now: float) -> bool:
    """Whether a "yes" now answers a question that is just being finished."""
    return speech.until - now < EDGE_SECONDS and speech.text.rstrip().endswith(_QUESTION)
