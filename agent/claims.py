"""Judges whether a sentence may be said, given the true states of the thread's jobs.

What is claimed about work has to be true of the jobs that are named, or of all of them when none is. While jobs are
open, what cannot be judged is not said either: the runtime's own line tells how things stand. No I/O, no state: the
same sentence and the same jobs always give the same answer.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from agent.claim_hits import CLAIMS, WORK_STATES, Hit, Reading, Sentence, codes_of, read, signs
from agent.claim_text import disguised, plain, words
from agent.lexicon import courtesies, lexicon
from agent.records import OPEN_JOB_STATES, JobState

COURTESY_LIMIT = 80  # characters of a polite sentence
FRAGMENT = 4  # words up to which a sentence says nothing by itself
KNOWN_SHARE = 0.2  # of its words have to be usual ones of one language

_TRUE_OF: Mapping[str, frozenset[str]] = {
    "done": frozenset({JobState.SUCCEEDED}),
    "failed": frozenset({JobState.FAILED, JobState.UNKNOWN}),
    "stopped": frozenset({JobState.CANCELLED, JobState.UNWANTED}),
    "running": frozenset(OPEN_JOB_STATES),
    "started": frozenset(JobState),
}
_HANDLE = re.compile(r"(?<![\w-])j[ -]?(\d{1,5})(?![\w-]*\d)", re.IGNORECASE)
_NUMBERED = re.compile(
    r"(?<![^\W_])(?:jobs?|auftrag|task|tache|tarea|trabajo|tarefa|trabalho|lavoro|taak|opdracht|zadanie|задани[ея]|задач[аиу]|"
    r"gorev|tugas|ジョブ|任务|任務|작업)\s*(?:no\.?|nr\.?|number|nummer|numero|№|#)?\s*(\d{1,5})(?!\w)"
)
_COMMAND = re.compile(r"(?<![\w/])/heygen(?: (?:jobs|help|translate))?(?!\w)")
_QUOTED = re.compile(
    "(?<!\\w)['\"\u2018\u201c\u201e\u00ab][^'\"\u2018-\u201e\u00ab\u00bb]{2,60}['\"\u2019\u201c\u201d\u00bb](?!\\w)"
)
_FIELD = re.compile(r"\W*([a-z][a-z0-9]*(?: [a-z0-9]+){0,3}):")
_OFFER = re.compile(r"(?:i|we|you) (?:can|could|may)(?: also)? (?!not\b)")
_PURSE = frozenset({"budget", "credit", "credits"})  # an offer to look at it says nothing of what is in it
_LETTER = re.compile(r"[^\W\d_]")
_ALPHABETS = re.compile(
    "[a-z\u00e0-\u024f\u1e00-\u1eff\u0370-\u03ff\u0400-\u052f\u0531-\u058f\u05d0-\u05ea\u0620-\u06ff\u0900-\u0dff"
    "\u0e00-\u0eff\u1000-\u10ff\u1200-\u139f\u1780-\u17ff\u1c90-\u1cbf\u2c00-\u2dff\u1100-\u11ff\u3005-\u30ff"
    "\u3400-\u9fff\uac00-\ud7af]"
)
_SHARED_ALPHABETS = re.compile("[a-z\u00e0-\u024f\u1e00-\u1eff\u0400-\u052f\u0620-\u06ff\u0900-\u09ff]")


@dataclass(frozen=True, slots=True)
class JobFacts:
    """What may be said about a job. `state` is a `JobState` value; `link` is ours, shown once the job succeeded.

    `listed`: its label may come from a list that somebody sent or from a model, so that its words name nothing here. A
    row that is called “All of them are done” must not let that sentence through.
    """

    handle: str
    label: str
    state: str
    link: str | None = None
    listed: bool = False


@dataclass(frozen=True, slots=True)
class _Named:
    """What a sentence names: jobs, and whether it also names one that does not exist."""

    jobs: frozenset[str] = frozenset()
    ghost: bool = False
    covered: frozenset[int] = field(default=frozenset())


class Judge:
    """Answers for one thread.

    `tool_failed`: a tool call of this turn failed, so the model may say so. `known_sentences`: what our own tools said
    in this turn, which may be repeated word for word. `fields`: names of what our tools have found in this turn, and
    `told` the words of it, names too.
    """

    def __init__(
        self,
        jobs: Iterable[JobFacts],
        *,
        tool_failed: bool = False,
        known_sentences: Iterable[str] = (),
        fields: Collection[str] = (),
        told: Collection[str] = (),
    ) -> None:
        self._fields = fields
        self._told = told
        self._jobs = {job.handle.casefold(): job for job in jobs}
        self._tool_failed = tool_failed
        self._known = {_words(sentence) for sentence in known_sentences}
        self._current = _current(self._jobs)
        self._is_open = any(job.state in OPEN_JOB_STATES for job in self._jobs.values())
        self._has_succeeded = any(job.state == JobState.SUCCEEDED for job in self._current.values())
        self._all_done = bool(self._current) and all(job.state == JobState.SUCCEEDED for job in self._current.values())
        self._codes: dict[str, set[str]] = {}
        self._label_words: set[str] = set()
        self._labels: list[tuple[tuple[str, ...], str]] = []
        for handle, job in self._current.items():
            if not job.listed:
                self._index(handle, job.label)

    def strips(self, sentence: str) -> bool:
        """Whether its pictures have to go: a tick or confetti, with not everything done."""
        return signs(sentence) and not self._all_done

    def allows(self, sentence: str, heading: str = "") -> bool:
        """Whether it claims nothing that the jobs do not bear out.

        `heading` is the text that it hangs on, such as the line before a list. Pictures are for `strips`.
        """
        if not any(map(str.isalnum, sentence)) or _is_courtesy(sentence) or _words(sentence) in self._known:
            return True
        understood = read(_COMMAND.sub(" slashcommand ", f"{heading} {sentence}" if heading else sentence))
        usual = understood.readings[0]
        if not self._handles_exist(usual.text):
            return False
        if disguised(usual.text) and not self._all_done:
            return False
        if understood.is_question and not usual.claims:
            return self._is_harmless(understood)
        asks = understood.is_question and any("ask" in hit.categories and hit.start < 3 for hit in usual.hits)
        if not asks and not all(self._holds(reading) for reading in understood.readings):
            return False
        if any(reading.claims for reading in understood.readings) and not asks:
            return True  # and they hold
        return self._is_harmless(understood)

    # -- claims ------------------------------------------------------------------------------------------------

    def _holds(self, reading: Reading) -> bool:
        claims = [(hit, self._counted(reading, hit, kinds)) for hit, kinds in reading.claims]
        claims = [(hit, kinds) for hit, kinds in claims if kinds]
        if not self._jobs:
            return not claims or not self._is_about_work(reading)
        named = self._names(reading)
        if not claims:
            return True
        if any("money" in kinds or "time" in kinds for _, kinds in claims):
            return False
        if named.jobs or named.ghost:
            return not named.ghost and self._clauses_hold(reading, claims) and self._is_plain_enough(reading, named)
        return all(self._holds_unnamed(kinds, reading) for _, kinds in claims)

    def _counted(self, reading: Reading, hit: Hit, kinds: frozenset[str]) -> frozenset[str]:
        """The claims that matter as things stand."""
        if not self._is_open:
            kinds -= {"time"}
        if kinds & {"done", "time"} and self._is_talk(reading):
            kinds -= {"time"} if _QUOTED.search(reading.text) and not _has_time(_unquoted(reading)) else frozenset()
            kinds -= {"done"} if "shows" in hit.categories else frozenset()
        if not self._jobs and "money" in kinds and len(kinds) == 1:
            return frozenset()
        if kinds == {"money"} and _only_offers(reading, hit):
            return frozenset()
        if self._tool_failed:
            kinds -= {"failed"}
        if not self._jobs and kinds == {"failed"} and reading.has("soft"):
            return frozenset()
        return kinds

    def _is_about_work(self, reading: Reading) -> bool:
        about = reading.has("work", "about", "all") or any(map(codes_of, reading.hits))
        inside = (word.text for hit, _ in reading.claims for word in reading.words[hit.start : hit.end])
        about = about or any(map(lexicon().is_about_work, inside))
        return about or len(reading.words) <= FRAGMENT or all(word.wide for word in reading.words)

    def _holds_unnamed(self, kinds: frozenset[str], reading: Reading) -> bool:
        if self._is_open:
            return False
        true_of = [{job.state in _TRUE_OF[kind] for kind in kinds} for job in self._current.values()]
        everybody = all(True in each for each in true_of)
        somebody = any(True in each for each in true_of)
        return everybody or (somebody and not reading.has_all())

    def _clauses_hold(self, reading: Reading, claims: list[tuple[Hit, frozenset[str]]]) -> bool:
        """Each clause's claims are true of its jobs. Jobs named without a claim belong to the next one, or the last."""
        carried: frozenset[str] = frozenset()
        last: frozenset[str] = frozenset()
        for clause in sorted({word.clause for word in reading.words}):
            kinds = frozenset[str]().union(*(kinds for hit, kinds in claims if hit.clause == clause))
            jobs = self._names(reading, clause).jobs
            own = (
                frozenset[str]().union(*(hit.categories for hit in reading.hits if hit.clause == clause)) & WORK_STATES
            )
            if not kinds and own and jobs and all(self._is(job, own) for job in jobs):
                continue
            carried |= jobs
            if not kinds:
                continue
            if not carried or not all(self._is(job, kinds) for job in carried):
                return False
            carried, last = frozenset(), kinds
        return all(self._is(job, last) for job in carried)

    def _is(self, handle: str, kinds: frozenset[str]) -> bool:
        return any(self._jobs[handle].state in _TRUE_OF[kind] for kind in kinds)

    def _is_plain_enough(self, reading: Reading, named: _Named) -> bool:
        """With different states about, a sentence that names jobs may hold nothing else that could mean one."""
        if len({job.state for job in self._current.values()}) == 1:
            return True
        if reading.has_all():
            return all(self._is(handle, kinds) for handle in self._current for _, kinds in reading.claims)
        covered = {index for hit in reading.hits for index in range(hit.start, hit.end)} | named.covered
        return all(index in covered for index in range(len(reading.words)))

    # -- names -------------------------------------------------------------------------------------------------

    def _index(self, handle: str, label: str) -> None:
        name = words(plain(label.partition("(")[0]))
        if not name:
            return
        terms = lexicon().longest(name, 0, frozenset())
        codes = {term.category[9:] for term in terms if term.category.startswith("language:")}
        self._label_words |= {word.text for word in words(plain(label))}
        if codes and len(terms[0].pattern) == len(name):
            for code in codes:
                self._codes.setdefault(code, set()).add(handle)
            return
        hits = read(label).readings[0].hits
        if len(name) > 1 or not any("work" in hit.categories or "common" in hit.categories for hit in hits):
            self._labels.append((tuple(word.text for word in name), handle))

    def _names(self, reading: Reading, clause: int | None = None) -> _Named:
        jobs: set[str] = set()
        covered: set[int] = set()
        ghost = False
        for index, word in enumerate(reading.words):
            if clause is not None and word.clause != clause:
                continue
            if (handle := word.text) in self._jobs:
                jobs.add(handle)
                covered.add(index)
            for name, handle in self._labels:
                if tuple(each.text for each in reading.words[index : index + len(name)]) == name:
                    jobs.add(handle)
                    covered.update(range(index, index + len(name)))
        for hit in reading.hits:
            codes = codes_of(hit)
            if not codes or not self._codes or (clause is not None and hit.clause != clause):
                continue
            meant = set[str]().union(*(self._codes.get(code, set()) for code in codes))
            jobs |= meant
            ghost = ghost or not meant
        return _Named(frozenset(jobs), ghost, frozenset(covered))

    def _handles_exist(self, text: str) -> bool:
        numbers = [match[1] for pattern in (_HANDLE, _NUMBERED) for match in pattern.finditer(text)]
        return all(f"j{int(number)}" in self._jobs for number in numbers)

    # -- while nothing is done ---------------------------------------------------------------------------------

    def _is_harmless(self, sentence: Sentence) -> bool:
        """Not a claim by any word we know, but is it something else that we know?"""
        reading = sentence.readings[0]
        if self._has_succeeded and not self._is_open:
            return True
        if self._only_names(reading) or self._only_tells(sentence):
            return True
        if self._jobs and not self._is_known(reading):
            return False
        if sentence.is_question or self._takes_back(reading) or _looks_ahead(reading):
            return True
        names = bool(self._names(reading).jobs)
        if self._is_open and not sentence.is_exclamation and self._is_talk(reading):
            return True
        if not self._is_open:
            return not _sounds_like_news(reading, names or sentence.is_exclamation)
        vague = reading.has("work", "about") or reading.means_all() or sentence.is_exclamation or names
        wide = sum(word.wide for word in reading.words)
        return not vague and len(reading.words) - wide + wide // 3 > FRAGMENT

    def _is_talk(self, reading: Reading) -> bool:
        """Whether it is about ideas, titles, a story and not about work. What is quoted does not make it so."""
        is_all = any("all" in hit.categories and "count" not in hit.categories for hit in reading.hits)
        if is_all or reading.has("work", "about") or any(map(codes_of, reading.hits)) or self._names(reading).jobs:
            return False
        return _unquoted(reading).has("talk") and self._is_known(reading)

    def _takes_back(self, reading: Reading) -> bool:
        """A claim word is there and something near it made it harmless."""
        return any(hit.categories & CLAIMS for hit in reading.hits) and not reading.claims

    def _only_names(self, reading: Reading) -> bool:
        named = self._names(reading).covered
        named |= {at for hit in reading.hits if codes_of(hit) for at in range(hit.start, hit.end)}
        joins = {hit.start for hit in reading.hits if "join" in hit.categories} if named else set()
        return all(
            at in named | joins or word.text.isdigit() or word.text in self._label_words
            for at, word in enumerate(reading.words)
        )

    def _only_tells(self, sentence: Sentence) -> bool:
        """Whether it lists fields of what was found, in the words of that, none of which could be about work.

        Such a list has no usual words of any language, so nothing else can tell that it is harmless.
        """
        if sentence.is_exclamation or sentence.is_question:
            return False
        reading = sentence.readings[0]
        names = [_FIELD.match(part) for part in reading.text.split(";") if any(map(str.isalnum, part))]
        if not all(name is not None and name[1] in self._fields for name in names):
            return False
        if any(word.text not in self._told for word in reading.words):
            return False
        return not any(
            each.claims or each.has("work", "about", "all", *CLAIMS, *WORK_STATES) or self._names(each).jobs
            for each in sentence.readings
        )

    def _is_known(self, reading: Reading) -> bool:
        """Whether the lexicon covers its language. An alphabet of one language is covered as such."""
        letters = _LETTER.findall(reading.text)
        if any(not _ALPHABETS.match(letter) for letter in letters):
            return False
        shared = sum(map(bool, map(_SHARED_ALPHABETS.match, letters)))
        return 2 * shared < len(letters) or reading.knows >= KNOWN_SHARE


def _words(text: str) -> tuple[str, ...]:
    return tuple(word.text for word in words(plain(text)))


def _is_courtesy(sentence: str) -> bool:
    return len(sentence) < COURTESY_LIMIT and _words(sentence) in courtesies()


def _only_offers(reading: Reading, hit: Hit) -> bool:
    """Whether a sentence says what could be done, in which money is only what somebody could look at."""
    if not _OFFER.match(reading.text.lstrip()) or any(map(str.isdigit, reading.text)):
        return False
    return all(word.text in _PURSE for word in reading.words[hit.start : hit.end])


def _unquoted(reading: Reading) -> Reading:
    return read(_QUOTED.sub(" ", reading.text)).readings[0]


def _has_time(reading: Reading) -> bool:
    return any("time" in kinds for _, kinds in reading.claims)


def _looks_ahead(reading: Reading) -> bool:
    """Whether it tells what was submitted, what runs, on what condition, or offers and asks for something."""
    return reading.tells("started", "running", "when", "soft", "mask")


def _sounds_like_news(reading: Reading, has_more: bool) -> bool:
    """Whether it tells of work, all of it or by now, although there is nothing to tell."""
    is_about_work = reading.has("work") or any(map(codes_of, reading.hits))
    return is_about_work and (has_more or reading.has("all", "now")) and not reading.has("not", "will", "ask")


def _current(jobs: Mapping[str, JobFacts]) -> dict[str, JobFacts]:
    """Jobs without those that a later one of the same name has made up for."""
    over = {JobState.FAILED.value, JobState.UNKNOWN.value, JobState.CANCELLED.value, JobState.UNWANTED.value}
    last = {job.label: handle for handle, job in jobs.items()}
    return {handle: job for handle, job in jobs.items() if job.state not in over or last[job.label] == handle}
