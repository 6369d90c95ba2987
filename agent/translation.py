"""The tool that translates: one paid request for all languages of a video."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from pydantic import Field

from agent.assets import Asset
from agent.claim_hits import languages_named
from agent.foreign import harmless, is_name
from agent.languages import Ambiguous, Languages, Resolved
from agent.ordering import TITLE_LIMIT, Order, Ordering
from agent.ports import Accounts, Clock, JobStore, TurnStore
from agent.records import JobKind, JobState, Json
from agent.spending import Spending
from agent.tool_calls import Failed, Outcome, TryAgain
from agent.toolbox import Arguments, CallContext, Effect, ToolSpec
from agent.work import PLAYED
from heygen import Client

LANGUAGES_FRESH_SECONDS = 3_600.0
LINKS = ("http://", "https://")
RESULT = re.compile(r"J\d{1,6}")
MAX_LANGUAGES = 10  # a pay-as-you-go account may run this many jobs at once


class TranslateArguments(Arguments):
    """Arguments of `translate_video`."""

    source: str = Field(description="The video: a handle such as V1, F1 or J1, or exactly the link the person gave.")
    languages: list[str] = Field(description="All target languages, as the person named them.", min_length=1)
    proofread: bool = Field(
        default=False,
        description="True only if the person wants to check or correct the subtitles before the video is made.",
    )
    title: str | None = Field(default=None, description="A short title for the card, or null.")


@dataclass(frozen=True, slots=True)
class _Source:
    """What is to be translated: its part of the request's arguments, a name for it, and its link if it is one."""

    arguments: Json
    title: str
    url: str = ""


class ReadyFiles(Protocol):
    """Has files uploaded (`agent.adding.Adding`)."""

    async def ready(self, context: CallContext, source: str) -> Asset | TryAgain | Failed:
        """The file behind a handle or link, at HeyGen and ready to be used; or why it is not."""
        ...


class Translation:
    """The translating tool. One per process; the language list is cached per account."""

    def __init__(
        self,
        *,
        turns: TurnStore,
        accounts: Accounts,
        ordering: Ordering,
        spending: Spending,
        files: ReadyFiles,
        clock: Clock,
        max_languages: int = MAX_LANGUAGES,
        jobs: JobStore | None = None,
    ) -> None:
        self._turns = turns
        self._accounts = accounts
        self._ordering = ordering
        self._spending = spending
        self._files = files
        self._clock = clock
        self._max_languages = max_languages
        self._jobs = jobs
        self._languages: dict[str, tuple[float, Languages]] = {}

    def tools(self) -> list[ToolSpec]:
        """The tool specifications."""
        return [
            ToolSpec(
                name="translate_video",
                purpose="Translate one video into one or more languages (dubbed, lips in sync). Costs money. Put all "
                "languages of a video into one call. Results are posted in the thread by the runtime.",
                arguments=TranslateArguments,
                effect=Effect.SUBMIT,
                run=self.translate,
            )
        ]

    async def translate(self, context: CallContext, arguments: TranslateArguments) -> Outcome:
        """Check everything that can be checked for free, then write the request down and send it."""
        if written := await self._ordering.written(context):
            return written
        turn = context.turn
        account_id = await self._accounts.account_id(turn.workspace_id)
        names = await self._resolved(account_id, arguments.languages)
        if not isinstance(names, list):
            return names
        source = await self._source(context, arguments.source)
        if not isinstance(source, _Source):
            return source
        order = Order(
            kind=JobKind.PROOFREAD if arguments.proofread else JobKind.TRANSLATION,
            account_id=account_id,
            arguments={**source.arguments, "languages": names, "mode": "speed"},
            labels=tuple(names),
            title=await self._ordering.title(context, arguments.title, source.title),
        )
        if busy := await self._ordering.under_way(turn.conversation_id, order):
            return busy
        asked = turn.exact or await self._asked(context, account_id, arguments, source.url, names)
        return await self._ordering.place(context, order, asked=asked)

    async def _asked(
        self, context: CallContext, account_id: str, arguments: TranslateArguments, url: str, names: Sequence[str]
    ) -> bool:
        """Whether the person's own words name every language, and the person has given the source."""
        words = await self._spending.words_of(context.turn)
        known = await self._list(account_id)
        usual = [known.resolve(code) for code in languages_named(words)]
        meant = known.named_in(words) | {one.name for one in usual if isinstance(one, Resolved)}
        named = all(name in meant for name in names)
        handle = arguments.source.strip().upper()
        if RESULT.fullmatch(handle):  # nobody gives a result: they name it
            return named and re.search(rf"(?<!\w){handle}(?!\w)", words.upper()) is not None
        return named and await self._spending.gave(context.turn, arguments.source.strip(), url)

    async def _source(self, context: CallContext, source: str) -> _Source | TryAgain | Failed:
        """The link behind a handle, or the link itself; a file that was attached is uploaded first."""
        if source.lower().startswith(LINKS):
            return _at(source)
        if RESULT.fullmatch(source.strip().upper()):
            return await self._result(context, source.strip().upper())
        value = await self._turns.resolve_source(context.turn.conversation_id, source.strip().upper())
        if value is None:
            hint = "Ask the person to attach the video here, or for a link to it."
            return TryAgain("unknown_source", "I need the video.", hint)
        if value.lower().startswith(LINKS):
            return _at(value)
        uploaded = await self._files.ready(context, source)
        if not isinstance(uploaded, Asset):
            return uploaded
        if not (uploaded.content_type or "").startswith("video/"):
            return Failed("not_a_video", "That file is no video, so there is nothing to translate.")
        return _uploaded(uploaded, source.strip().upper())

    async def _result(self, context: CallContext, handle: str) -> _Source | TryAgain:
        """What an earlier job of the thread has made."""
        jobs = await self._jobs.conversation_jobs(context.turn.conversation_id) if self._jobs else []
        job = next((job for job in jobs if job.handle == handle), None)
        if job is None or self._jobs is None:
            return TryAgain("unknown_source", f"There is no job {handle} in this thread.", "Ask which one is meant.")
        if job.state is not JobState.SUCCEEDED or job.kind not in PLAYED:
            return TryAgain("not_ready", f"{handle} has no video that could be translated.", "Ask which one is meant.")
        title = (await self._jobs.submission(job.submission_id)).title
        return _Source({"video_job": job.id, "video_handle": handle, "video_name": title}, title)

    async def _resolved(self, account_id: str, words: Sequence[str]) -> list[str] | TryAgain:
        """The provider's exact names, or what is unclear about the words."""
        languages = await self._list(account_id)
        names: list[str] = []
        for word in words:
            found = languages.resolve(word)
            if isinstance(found, Resolved):
                names += [found.name] if found.name not in names else []
            elif isinstance(found, Ambiguous):
                return TryAgain(
                    "ambiguous_language", f"Which {word}?", "Ask the person which one.", list(found.options)
                )
            else:
                hint = "Ask the person for another language."
                return TryAgain("unknown_language", f"HeyGen has no language {word!r}.", hint, list(found.suggestions))
        if len(names) > self._max_languages:
            message = f"That is {len(names)} languages; at most {self._max_languages} can be done in one request."
            return TryAgain("too_many_languages", message, "Ask the person for fewer, or do them in several requests.")
        return names

    async def _list(self, account_id: str) -> Languages:
        fresh_after = self._clock.now() - LANGUAGES_FRESH_SECONDS
        if account_id not in self._languages or self._languages[account_id][0] < fresh_after:
            client: Client = await self._accounts.client(account_id)
            names = [name for name in await client.translation_languages() if is_name(name)]
            self._languages[account_id] = (self._clock.now(), Languages(names))
        return self._languages[account_id][1]


def _at(url: str) -> _Source:
    return _Source({"video_url": url}, title_of(url), url)


def _uploaded(asset: Asset, handle: str) -> _Source:
    """An upload, by the names that `agent.material` knows; how long it plays was seen when it passed."""
    name = harmless(asset.name, TITLE_LIMIT)
    about: Json = {"video_asset_id": asset.provider_id, "video_handle": handle, "video_name": name}
    about["video_seconds"] = asset.duration
    return _Source(about, name if is_name(name) else "your video")


def title_of(url: str) -> str:
    """A name for a source: the last part of its path."""
    path = url.split("?", 1)[0].split("#", 1)[0].rstrip("/")
    name = path.rsplit("/", 1)[-1] if path.count("/") > 2 else ""
    return name[:TITLE_LIMIT] or "your video"
