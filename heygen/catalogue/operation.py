"""What an operation of HeyGen is: how it is called, what it does to the world and the wallet, how it is repeated."""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any, Generic, TypeVar

from pydantic import create_model

from heygen.exchange import CallClass, Method
from heygen.fields import mapping
from heygen.reading import string, strings

from .parameters import CALLBACK, Parameters

A = TypeVar("A", bound=Parameters, covariant=True)
T = TypeVar("T", covariant=True)


class Effect(enum.StrEnum):
    """What an operation does to the world.

    `SUBMIT` spends money, `LIVE` steers work that goes on, `CHANGE` alters what can be altered back, `DESTRUCTIVE`
    removes for good.
    """

    READ = "read"
    CHANGE = "change"
    SUBMIT = "submit"
    LIVE = "live"
    DESTRUCTIVE = "destructive"


class Idempotency(enum.StrEnum):
    """Why an operation may be sent again after its outcome was lost, or that it may not.

    `KEY`: HeyGen replays its first answer to the header Idempotency-Key for 24 hours, whatever the body says then.
    `REQUEST_ID`: the field `request_id` of the body does that. `NATURAL`: twice is as good as once. `LOOK_UP`: first
    look whether it was carried out. `NOTHING`: there is no way to know; a repeat may be paid for twice.
    """

    KEY = "key"
    REQUEST_ID = "request_id"
    NATURAL = "natural"
    LOOK_UP = "look_up"
    NOTHING = "nothing"


class Answer(enum.StrEnum):
    """The envelope of an answer: one resource, a page of a list, or nothing of use."""

    ONE = "one"
    PAGE = "page"
    NOTHING = "nothing"


class Unit(enum.StrEnum):
    """What is paid for: seconds of the result, or pieces."""

    SECOND = "second"
    PIECE = "piece"


@dataclass(frozen=True, slots=True)
class Charge:
    """`pieces` equal pieces of work, each paid for by `unit` at the price called `name`."""

    name: str
    unit: Unit
    pieces: int = 1


@dataclass(frozen=True, slots=True)
class Price:
    """What an operation costs. `names` are all prices it can come to, `charges` those that arguments come to.

    `published` is False where HeyGen names no price: then nobody can quote it, and only a person may agree to it.
    """

    names: tuple[str, ...] = ()
    charges: Callable[[Any], tuple[Charge, ...]] = field(default=lambda _: (), repr=False)
    published: bool = True

    @property
    def free(self) -> bool:
        """Whether it costs nothing, whatever the arguments."""
        return not self.names


FREE = Price()


def per_second(name: str, *, published: bool = True) -> Price:
    """One piece, paid for by the second of the result."""
    return Price((name,), lambda _: (Charge(name, Unit.SECOND),), published)


def per_piece(name: str, *, published: bool = True) -> Price:
    """One piece at one price."""
    return Price((name,), lambda _: (Charge(name, Unit.PIECE),), published)


class Progress(enum.StrEnum):
    """Where a job stands, in one vocabulary. `OURS`: it waits for an answer from us."""

    RUNNING = "running"
    OURS = "ours"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    GONE = "gone"
    UNKNOWN = "unknown"


_WORDS: Mapping[str, Progress] = {
    "waiting": Progress.RUNNING,
    "queued": Progress.RUNNING,
    "pending": Progress.RUNNING,
    "running": Progress.RUNNING,
    "processing": Progress.RUNNING,
    "completed": Progress.SUCCEEDED,
    "failed": Progress.FAILED,
    "not_found": Progress.GONE,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class JobRule:
    """How the work that an operation begins is followed.

    Its id is in the answer's `id_field` (a path with dots), which holds a list where `several`. `read` is the
    operation that reads it and `id_argument` that operation's parameter; `bulk` reads up to 100 at once. `words` are
    what the vendor calls its states; bulk reads use the general words as well. `events` tell of its end.
    """

    kind: str
    id_field: str
    read: str
    id_argument: str
    words: Mapping[str, Progress]
    several: bool = False
    bulk: str | None = None
    events: tuple[str, ...] = ()

    def answered_in(self, id_field: str) -> JobRule:
        """The same rule for an operation that answers one id, somewhere else."""
        return replace(self, id_field=id_field, several=False)

    def ids(self, answer: Any) -> list[str]:
        """The ids in an answer as JSON (see `Client.call_plain`), all or none; `Malformed` where one is missing."""
        *path, last = self.id_field.split(".")
        for name in path:
            answer = mapping(answer, "answer").get(name)
        return strings(last)(answer) if self.several else [string(last)(answer)]

    def progress(self, word: str) -> Progress:
        """Where a job stands for which HeyGen says `word`. `UNKNOWN` is to be treated as running, and to be shown."""
        plain = word.strip().lower()
        return self.words.get(plain) or _WORDS.get(plain) or Progress.UNKNOWN


def words(*running: str, succeeded: str = "completed", **others: Progress) -> dict[str, Progress]:
    """A job's vocabulary: its words for running, the one for success, `failed`, and any others by name."""
    return (
        dict.fromkeys(running, Progress.RUNNING) | {succeeded: Progress.SUCCEEDED, "failed": Progress.FAILED} | others
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation(Generic[A, T]):
    """One operation of HeyGen v3.

    `purpose` and `result` say in words what it is for and what it answers. `vendor` is HeyGen's name of it. `body_of`
    names the argument that is the whole body, where the body is one of several shapes. `takes_file`: its body is a
    file. `taints`: its answer holds what people or machines have written, which must not be taken for orders.
    `administrative`: it concerns the installation rather than anybody's video.
    """

    name: str
    vendor: str
    method: Method
    path: str
    purpose: str
    result: str
    parameters: type[A]
    parse: Callable[[Any], T] = field(repr=False)
    answer: Answer = Answer.ONE
    effect: Effect = Effect.READ
    price: Price = FREE
    idempotency: Idempotency = Idempotency.NATURAL
    look_up: str | None = None
    job: JobRule | None = None
    body_of: str | None = None
    bodyless: bool = False
    takes_file: bool = False
    taints: bool = False
    administrative: bool = False
    programmatic: frozenset[str] = CALLBACK

    @property
    def call_class(self) -> CallClass:
        """How long it may take."""
        if self.takes_file:
            return CallClass.UPLOAD
        return CallClass.READ if self.method == "GET" else CallClass.WRITE

    @property
    def keyed(self) -> bool:
        """Whether a call has to have a key of ours, so that it can be sent again."""
        return self.idempotency in (Idempotency.KEY, Idempotency.REQUEST_ID)

    @property
    def offered(self) -> type[Parameters]:
        """The parameters for a language model to fill in: without those only programs set, which are refused.

        Neither does its schema speak of files inside the request, which no model could write.
        """
        return _offered(self.parameters, self.programmatic)


def nothing(_: Any) -> None:
    """The parse function of an answer that says no more than that it was done."""


@cache
def _offered(parameters: type[Parameters], hidden: frozenset[str]) -> type[Parameters]:
    made = create_model(parameters.__name__, __base__=parameters)
    made.hidden = hidden
    return made
