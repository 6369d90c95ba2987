"""Takes secrets and people's words out of a journal, so that it can leave the house: pure functions over JSON.

Ids become numbered ones, the same everywhere in a journal. Words become other letters, each as long as it was and the
same at every place, made with a key that is thrown away; so texts keep their length, and equal ones stay equal.
What is ours and a program needs stays: kinds, codes, states, handles, dates, and the words that tools choose from.
"""

from __future__ import annotations

import dataclasses
import hashlib
import hmac
import json
import re
import string
from collections.abc import Collection, Iterable, Mapping
from typing import Any
from urllib.parse import urlsplit

from agent.records import Json, ModelCall
from agent.replay.journal import Called, Entry, Journal, PlayedJob, PlayedTurn
from agent.replay.tape import LINKS
from agent.request import TRAILING, URL
from bot.observability import MASK, SECRET

_MAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_SLACK_ID = re.compile(r"\b[ABCDEFGSTUW](?=[A-Z]*\d)[A-Z0-9]{7,}\b")
_OTHER_ID = re.compile(
    r"\b([a-z]{2,14})[-_](?=[A-Za-z]*\d)[A-Za-z0-9]{10,}\b|\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b"
)
_OPAQUE = re.compile(r"(?=[A-Za-z_-]*\d)[A-Za-z0-9_.-]{20,}")  # a part of a path that may be a key
_HANDLE = re.compile(r"(?:[ABFGJLPSV]\d{1,4}|R[A-Z0-9]{8})")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2})?(?:Z| UTC|[+-]\d{2}:\d{2})?)?")
_SHORT = re.compile(r"\d{1,2}:\d{2}|[a-z]{2,3}(?:-[A-Z]{2})?")  # times and locales
_OURS = re.compile(r"[a-z][a-z0-9_.]{0,39}")
_PLAIN = (_HANDLE, _DATE, _SHORT)
_STRUCTURE = frozenset({"type", "role", "status", "phase", "outcome", "code", "state", "kind"})


class Masking:
    """One journal's masking. `words`: people's words stay, only secrets and ids go. `key` is for this journal alone.

    `known` are ids that go wherever they stand, `links` ids of our links and the handles they lead to, `choices` are
    words that tools choose from. Ids in `stay` are left as they are: where nothing leaves, rows can be found by them.
    """

    def __init__(
        self,
        key: bytes,
        *,
        words: bool,
        known: Iterable[str] = (),
        links: Mapping[str, str] | None = None,
        public_url: str | None = None,
        choices: Collection[str] = (),
        stay: Collection[str] = (),
    ) -> None:
        self._key = key
        self.words = words
        self._links = links or {}
        self._public_url = public_url
        self._choices = frozenset(choices)
        self._stay = frozenset(stay)
        self._names: dict[str, str] = {}
        self._counts: dict[str, int] = {}
        ids = sorted({one for one in known if one}, key=len, reverse=True)
        # In one go: what has become a number must not be taken for an id again.
        self._ids = re.compile("|".join([*map(re.escape, ids), _SLACK_ID.pattern, _OTHER_ID.pattern]))

    # -- texts

    def text(self, text: str) -> str:
        """A text without secrets and ids, and without its words unless they stay."""
        safe = self._safe(text)
        return safe if self.words else self._other_letters(safe)

    def id(self, value: str) -> str:
        """The number that stands for an id."""
        if value in self._stay:
            return value
        return self._numbered(value, _prefix(value))

    def _safe(self, text: str) -> str:
        text = URL.sub(lambda found: self._link(found.group()), text)
        text = _MAIL.sub(lambda found: f"{self._numbered(found.group(), 'person')}@mail.invalid", text)
        text = SECRET.sub(MASK, text)
        return self._ids.sub(lambda found: self.id(found.group()), text)

    def _link(self, url: str) -> str:
        """A link without whatever lets one in. Those to our results are called by their jobs."""
        whole = url.rstrip(TRAILING)
        rest = url[len(whole) :]
        if self._public_url and whole.startswith(f"{self._public_url}/"):
            handle = next((handle for link_id, handle in self._links.items() if link_id in whole), None)
            return f"{LINKS}/{handle or self._numbered(whole, 'page')}{rest}"
        try:
            parts = urlsplit(whole)
        except ValueError:
            return f"https://{self._numbered(whole, 'link')}.invalid{rest}"
        if not self.words:
            return f"{parts.scheme}://{self._numbered(whole, 'link')}.invalid{rest}"
        path = "/".join("key" if _OPAQUE.fullmatch(part) else part for part in parts.path.split("/"))
        return f"{parts.scheme}://{parts.hostname or ''}{path}{rest}"

    def _numbered(self, value: str, prefix: str) -> str:
        if value not in self._names:
            self._counts[prefix] = number = self._counts.get(prefix, 0) + 1
            # Ids of Slack's keep their shape: what is not shaped like one is no id to those who look for some.
            self._names[value] = f"{prefix}{number:010d}" if prefix.isupper() else f"{prefix}{number}"
        return self._names[value]

    def _other_letters(self, text: str) -> str:
        spared = re.compile(
            rf"{re.escape(MASK)}|{URL.pattern}|\S+@mail\.invalid|\b{_DATE.pattern}\b|\b{_HANDLE.pattern}\b"
        )
        pieces, after = [], 0
        for found in spared.finditer(text):
            pieces += [self._lettered(text[after : found.start()]), found.group()]
            after = found.end()
        return "".join([*pieces, self._lettered(text[after:])])

    def _lettered(self, text: str) -> str:
        return re.sub(r"[^\W_]+", lambda found: self._word(found.group()), text)

    def _word(self, word: str) -> str:
        digest = hmac.new(self._key, word.lower().encode("utf-8", "replace"), hashlib.sha256).digest()
        return "".join(_like(one, digest[index % len(digest)]) for index, one in enumerate(word))

    # -- JSON

    def value(self, value: Any, key: str = "") -> Any:
        """JSON with every text in it masked, and what is structure left alone."""
        if isinstance(value, dict):
            return {self._key_of(name): self.value(inner, name) for name, inner in value.items()}
        if isinstance(value, list | tuple):
            return [self.value(inner, key) for inner in value]
        if not isinstance(value, str) or self._stays(value, key):
            return value
        return self.id(value) if key in ("id", "call_id") or key.endswith("_id") else self.text(value)

    def _key_of(self, name: str) -> str:
        return name if _OURS.fullmatch(name) else self.text(name)

    def _stays(self, value: str, key: str) -> bool:
        structure = key in _STRUCTURE and _OURS.fullmatch(value)
        return bool(structure or value in self._choices or any(one.fullmatch(value) for one in _PLAIN))

    def quoted(self, text: str) -> str:
        """JSON inside a text; anything else is a text, and so is what is nested too deeply to be read."""
        try:
            value = json.loads(text)
            return json.dumps(self.value(value), ensure_ascii=False) if isinstance(value, dict) else self.text(text)
        except (ValueError, RecursionError):
            return self.text(text)

    def body(self, body: Json) -> Json:
        """An item of the log. What a model has thought stays with its provider."""
        name = body.get("name") if isinstance(body.get("name"), str) else None
        masked: Json = self.value({key: value for key, value in body.items() if key not in _OWN_WAY})
        if name is not None:
            masked["name"] = name if _OURS.fullmatch(name) else self.text(name)
        for key in ("arguments", "output"):
            if isinstance(body.get(key), str):
                masked[key] = self.quoted(body[key])
        return masked


_OWN_WAY = frozenset({"name", "arguments", "output", "encrypted_content"})


def masked(journal: Journal, masking: Masking) -> Journal:
    """The journal as it may leave the house."""
    return dataclasses.replace(
        journal,
        conversation_id=masking.id(journal.conversation_id),
        workspace_id=masking.id(journal.workspace_id),
        words=masking.words,
        turns=tuple(_turn(turn, masking) for turn in journal.turns),
        log=tuple(_entry(entry, masking) for entry in journal.log),
        jobs=tuple(_job(job, masking) for job in journal.jobs),
    )


def ids_of(journal: Journal) -> set[str]:
    """The ids that a journal's rows hold; those of calls stand in its items as well."""
    turns = [name for turn in journal.turns for name in (turn.id, turn.requester, *(t.call_id for t in turn.tools))]
    calls = [str(entry.body["call_id"]) for entry in journal.log if entry.body.get("call_id")]
    return {journal.conversation_id, journal.workspace_id, *turns, *calls}


def choices_of(definitions: Iterable[Json]) -> set[str]:
    """The words that tools choose from, by their definitions."""
    found: set[str] = set()
    waiting: list[Any] = list(definitions)
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            found |= {one for one in [*value.get("enum", ()), value.get("const")] if isinstance(one, str)}
            waiting += value.values()
        elif isinstance(value, list):
            waiting += value
    return found


def _turn(turn: PlayedTurn, masking: Masking) -> PlayedTurn:
    return dataclasses.replace(
        turn,
        id=masking.id(turn.id),
        requester=masking.id(turn.requester),
        calls=tuple(_call(call) for call in turn.calls),
        tools=tuple(Called(masking.id(each.call_id), each.name, masking.value(each.outcome)) for each in turn.tools),
        reply=None if turn.reply is None else masking.text(turn.reply),
    )


def _call(call: ModelCall) -> ModelCall:
    return dataclasses.replace(call, response_id="", request_id=None)


def _entry(entry: Entry, masking: Masking) -> Entry:
    turn_id = None if entry.turn_id is None else masking.id(entry.turn_id)
    return dataclasses.replace(entry, turn_id=turn_id, body=masking.body(entry.body))


def _job(job: PlayedJob, masking: Masking) -> PlayedJob:
    return dataclasses.replace(job, label=masking.text(job.label))


def _prefix(value: str) -> str:
    if _SLACK_ID.fullmatch(value):
        return value[0]
    found = re.match(r"([a-z]{2,14})[-_]", value)
    return f"{found.group(1)}_" if found else "id"


def _like(letter: str, number: int) -> str:
    """Another letter of the same kind."""
    if letter.isdigit():
        return str(number % 10)
    alphabet = string.ascii_uppercase if letter.isupper() else string.ascii_lowercase
    return alphabet[number % 26]
