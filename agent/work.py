"""The seam behind which each kind of paid work lives: what it costs, how it is asked for, how it is read.

Whoever submits, watches, repeats and pays for work asks the registry (`Works`) and knows no kind by name. How a kind
is added is in docs/lifecycle-job.md.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Protocol, runtime_checkable

from agent.money import Quote
from agent.records import JobKind, Json, Submission
from heygen import Client, RemoteStatus, StatusEntry

_PARTS = re.compile(r", (\d{1,4}) parts?$")


class Remote(Protocol):
    """A piece of work as HeyGen shows it. Its URL is fresh and short-lived."""

    @property
    def status(self) -> RemoteStatus:
        """The state behind the vendor's word."""
        ...

    @property
    def status_word(self) -> str:
        """The vendor's word."""
        ...

    @property
    def video_url(self) -> str | None:
        """Where the result is right now."""
        ...

    @property
    def duration(self) -> float | None:
        """How long the result is, in seconds."""
        ...

    @property
    def failure_message(self) -> str | None:
        """Why it failed, in the vendor's words."""
        ...


@runtime_checkable
class Parts(Protocol):
    """A `Remote` whose result is several files. The first of them is its `video_url`."""

    @property
    def urls(self) -> tuple[str, ...]:
        """Where each of them is right now, in an order that stays."""
        ...


class Work(Protocol):
    """One kind of paid work. `arguments` are those of a submission of this kind, as they are stored and hashed.

    One whose person was forgotten has none left: everything but `read` and `statuses` is asked only of others.
    """

    @property
    def kind(self) -> JobKind:
        """Which one."""
        ...

    @property
    def piece(self) -> str:
        """What the label of a job says, as a field's name for the model, such as `language`."""
        ...

    @property
    def eventless(self) -> bool:
        """Whether no webhook tells of its end, so that HeyGen is to call back even where webhooks are signed."""
        ...

    def may_become_dearer(self, arguments: Json) -> bool:
        """Whether the same arguments may cost more a minute later, because something outside has changed."""
        ...

    async def quote(self, arguments: Json) -> Quote:
        """What the whole request will cost; `SourceRefused` when what it is made from cannot be used."""
        ...

    async def send(self, client: Client, submission: Submission, callback: str | None) -> list[str]:
        """The paid request, under the submission's key; the ids HeyGen answers, in no promised order."""
        ...

    async def statuses(self, client: Client, ids: Sequence[str]) -> list[StatusEntry]:
        """The states of up to 100 jobs in one read."""
        ...

    async def read(self, client: Client, provider_id: str) -> Remote:
        """One job in full."""
        ...

    def label_of(self, remote: Remote) -> str | None:
        """The label of the job that this result belongs to, None where HeyGen does not say."""
        ...

    def same(self, one: Json, other: Json) -> bool:
        """Whether two requests with these arguments would make the same for a job of the same label."""
        ...


class Works:
    """Every kind of work that this installation can do."""

    def __init__(self, works: Iterable[Work] = ()) -> None:
        self._works = {work.kind: work for work in works}

    def add(self, *works: Work) -> None:
        """Further kinds: those that are made from the results of others need the registry itself."""
        self._works |= {work.kind: work for work in works}

    def __getitem__(self, kind: JobKind) -> Work:
        """The work of a kind; `KeyError` for one that was not registered."""
        return self._works[kind]


UNKEYED = {JobKind.AGENT: 60.0, JobKind.CLIPS: 60.0}
"""Kinds whose requests HeyGen knows by no key: seconds after which an attempt in doubt has arrived or is lost.

Their `Work.send` looks for what an earlier attempt may have begun.
"""

STOPPABLE = frozenset({JobKind.AGENT})
"""Kinds that HeyGen stops when it is told to: what is unwanted of them is billed only if it was done before."""

ONCE = frozenset({JobKind.SPEECH})
"""Kinds whose requests HeyGen knows by no key and lists nowhere: an attempt in doubt is never repeated."""

ANSWERED = frozenset({JobKind.SPEECH})
"""Kinds whose answer is all that is ever told: their `Work.send` gives an id of ours and then what was answered.

It is kept with the submission, where their `Work.read` finds it.
"""

FILED = frozenset({JobKind.PROOFREAD, JobKind.SPEECH})
"""Kinds whose results are shared in the thread as files, beside their links."""

PLAYED = frozenset(JobKind) - FILED - {JobKind.CLIPS}
"""Kinds whose result is one video, which may be shared in the thread as well, where it is not too large for that."""

PIECES = {JobKind.TRANSLATION: "languages", JobKind.PROOFREAD: "languages"}
"""Kinds whose one request makes several jobs: the argument that lists them, a label each. The others make one each."""


def with_parts(word: str, count: int) -> str:
    """The vendor's word for a finished job, and of how many parts its result is: so it stands in the job's row."""
    return f"{word}, {count} part{'' if count == 1 else 's'}"


def parts_in(word: str | None) -> int:
    """Of how many parts a result is, from the word in a job's row; 0 where it is one thing."""
    found = _PARTS.search(word or "")
    return int(found[1]) if found else 0


def only(kind: JobKind, arguments: Json, labels: Sequence[str]) -> Json:
    """`arguments` of a request for no more than the jobs with these labels."""
    name = PIECES.get(kind)
    if name is None:
        return arguments
    return {**arguments, name: [label for label in arguments.get(name, []) if label in labels]}
