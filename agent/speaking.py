"""Text made into speech as a kind of work: one request, one job, which is over as soon as it was answered.

The arguments of a submission: `script` and `voice_id`; `voice` is its name, for people. HeyGen knows no key for it and
lists it nowhere: the address of the sound is told once, in the answer, and from then on read from the submission.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from agent.making import spoken_quote
from agent.money import Prices, Quote
from agent.ports import JobStore
from agent.records import JobKind, Json, Submission
from agent.work import Remote
from heygen import Client, HeyGenError, RemoteStatus, StatusEntry
from heygen.catalogue.voices import CREATE_SPEECH

PRICE = "speech"
DONE = "completed"
LONGEST_ADDRESS = 8_000  # characters


@dataclass(frozen=True, slots=True)
class Sound:
    """`agent.work.Remote` for speech: what its answer told."""

    video_url: str | None
    duration: float | None
    status: RemoteStatus = RemoteStatus.COMPLETED
    status_word: str = DONE
    failure_message: str | None = None


class Speaking:
    """`agent.work.Work` for speech."""

    kind = JobKind.SPEECH
    piece = "name"
    eventless = False  # there is nothing to tell

    def __init__(self, *, jobs: JobStore, prices: Prices) -> None:
        self._jobs = jobs
        self._prices = prices

    def may_become_dearer(self, arguments: Json) -> bool:
        """A script says what it says."""
        return False

    async def quote(self, arguments: Json) -> Quote:
        """From how long the script may take to say."""
        return spoken_quote(self._prices, str(arguments["script"]), PRICE)

    async def send(self, client: Client, submission: Submission, callback: str | None) -> list[str]:
        """See `agent.work.Work.send`: the submission's own id, the address of the sound, its length in seconds.

        An answer without a usable address is one that never came: it was billed, and nobody can ask for it.
        """
        asked = {"text": submission.arguments["script"], "voice_id": submission.arguments["voice_id"]}
        told = await client.call(CREATE_SPEECH, asked)
        if not _usable(told.audio_url):
            raise HeyGenError("the answer has no address of the sound", outcome_unknown=True)
        return [submission.id, told.audio_url, "" if told.duration is None else str(told.duration)]

    async def statuses(self, client: Client, ids: Sequence[str]) -> list[StatusEntry]:
        """Nothing: HeyGen has none, so that each is read by itself."""
        return []

    async def read(self, client: Client, provider_id: str) -> Sound:
        """See `agent.work.Work.read`. HeyGen is not asked: it would not know."""
        _, address, seconds = (*(await self._jobs.submission(provider_id)).provider_ids, "", "", "")[:3]
        return Sound(address or None, float(seconds) if seconds else None)

    def label_of(self, remote: Remote) -> str | None:
        """Speech belongs to the one job of its request."""
        return ""

    def same(self, one: Json, other: Json) -> bool:
        """The same words in the same voice."""
        return bool(one.get("script")) and all(one.get(name) == other.get(name) for name in ("script", "voice_id"))


def _usable(address: str) -> bool:
    try:
        parts = urlsplit(address)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and len(address) <= LONGEST_ADDRESS
    except ValueError:
        return False
