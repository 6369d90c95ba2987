"""The tools that translate: one paid request for all languages of a video, and a new one for what failed."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Sequence

from pydantic import Field

from agent.claim_hits import languages_named, read
from agent.errors import OverCap
from agent.foreign import harmless, is_name
from agent.gate import QUEUED
from agent.hashing import arguments_hash
from agent.languages import Ambiguous, Languages, Resolved
from agent.money import Quote
from agent.ports import Accounts, Clock, JobStore, TurnStore
from agent.records import OPEN_JOB_STATES, Job, JobKind, JobState, Json, NewSubmission, Submission, SubmissionState
from agent.spending import Spending
from agent.submitter import Submitter
from agent.tool_calls import Deferred, Failed, NeedsApproval, Outcome, TryAgain
from agent.toolbox import Arguments, CallContext, Effect, ToolSpec
from heygen import Client

LANGUAGES_FRESH_SECONDS = 3_600.0
SETTLING_SECONDS = 30.0  # how long a call waits for a request that the background worker is just sending
SETTLING_PAUSE = 0.2
UNSENT = frozenset({SubmissionState.INTENDED, SubmissionState.SENDING})
TITLE_LIMIT = 80
MAX_LANGUAGES = 10  # a pay-as-you-go account may run this many jobs at once
APPROVAL_NOTE = (
    "Not sent. Somebody has to approve it with the button on the card in this thread; the card says who and what it "
    "costs. Do not say that it was approved, submitted or started."
)
NOTE = "Submitted, not finished. The runtime posts each result in this thread; do not poll and do not promise a time."


class TranslateArguments(Arguments):
    """Arguments of `translate_video`."""

    source: str = Field(description="The video: a handle such as V1 or F1, or exactly the link the person gave.")
    languages: list[str] = Field(description="All target languages, as the person named them.", min_length=1)
    title: str | None = Field(default=None, description="A short title for the card, or null.")


class RetryArguments(Arguments):
    """Arguments of `retry_jobs`."""

    jobs: list[str] = Field(description="Handles of failed jobs to do again, such as J2.", min_length=1)


class Translation:
    """What the translating tools share. One per process; the language list is cached per account."""

    def __init__(
        self,
        *,
        turns: TurnStore,
        jobs: JobStore,
        accounts: Accounts,
        submitter: Submitter,
        spending: Spending,
        clock: Clock,
        kick: Callable[[], None],
        max_languages: int = MAX_LANGUAGES,
    ) -> None:
        self._turns = turns
        self._jobs = jobs
        self._accounts = accounts
        self._submitter = submitter
        self._spending = spending
        self._clock = clock
        self._kick = kick
        self._max_languages = max_languages
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
            ),
            ToolSpec(
                name="retry_jobs",
                purpose="Do failed jobs of this thread again as a new paid request.",
                arguments=RetryArguments,
                effect=Effect.SUBMIT,
                run=self.retry,
            ),
        ]

    async def translate(self, context: CallContext, arguments: TranslateArguments) -> Outcome:
        """Check everything that can be checked for free, then write the request down and send it."""
        if written := await self._jobs.submission_of(context.key):
            return await self._sent(written.id)  # an interrupted call: what was promised then still holds
        turn = context.turn
        account_id = await self._accounts.account_id(turn.workspace_id)
        names = await self._resolved(account_id, arguments.languages)
        if not isinstance(names, list):
            return names
        url = await self._source(turn.conversation_id, arguments.source)
        if not isinstance(url, str):
            return url
        if busy := await self._under_way(turn.conversation_id, url, names):
            handles = ", ".join(f"{job.label} ({job.handle})" for job in busy)
            hint = "Leave these languages out. HeyGen also finishes what was cancelled too late; the card links to it."
            return TryAgain("under_way", f"This has been asked for already: {handles}.", hint)
        details: Json = {"video_url": url, "languages": names, "mode": "speed"}
        asked = turn.origin == "command" or await self._asked(context, account_id, arguments, url, names)
        title = await self._title(context, arguments.title, url)
        return await self._submit(context, account_id, details, title, None, asked=asked)

    async def _under_way(self, conversation_id: str, url: str, names: Sequence[str]) -> list[Job]:
        """Jobs of this thread that are the same work: a misunderstanding or an edit must not pay for it twice."""
        same: list[Job] = []
        for job in await self._jobs.conversation_jobs(conversation_id):
            unwanted = job.state is JobState.UNWANTED and job.finished_at is None
            under_way = job.state in OPEN_JOB_STATES or unwanted
            if under_way and job.kind is JobKind.TRANSLATION and job.label in names:
                submission = await self._jobs.submission(job.submission_id)
                same += [job] if submission.arguments.get("video_url") == url else []
        return same

    async def _asked(
        self, context: CallContext, account_id: str, arguments: TranslateArguments, url: str, names: Sequence[str]
    ) -> bool:
        """Whether the person's own words name every language, and the person has given the source."""
        words = await self._spending.words_of(context.turn)
        known = await self._list(account_id)
        usual = [known.resolve(code) for code in languages_named(words)]
        meant = known.named_in(words) | {one.name for one in usual if isinstance(one, Resolved)}
        named = all(name in meant for name in names)
        return named and await self._spending.gave(context.turn, arguments.source.strip(), url)

    async def _title(self, context: CallContext, wished: str | None, url: str) -> str:
        """A title of the person's own words, or the source's name: what a model makes up may tell an untruth."""
        if wished and context.turn.origin != "command":
            said = " ".join((await self._spending.words_of(context.turn)).casefold().split())
            title = harmless(wished, TITLE_LIMIT)  # “all three are done” may be theirs and yet be no title
            claims = any(reading.claims for reading in read(title).readings)
            wished = title if title.casefold() in said and not claims else None
        return wished or title_of(url)

    async def retry(self, context: CallContext, arguments: RetryArguments) -> Outcome:
        """A new submission with the arguments of the old one, for the named jobs that failed."""
        if written := await self._jobs.submission_of(context.key):
            return await self._sent(written.id)
        jobs = {job.handle: job for job in await self._jobs.conversation_jobs(context.turn.conversation_id)}
        wanted = [jobs.get(handle) for handle in dict.fromkeys(map(str.upper, arguments.jobs))]
        failed = [job for job in wanted if job is not None and job.state is JobState.FAILED]
        if len(failed) != len(wanted):
            names = sorted(handle for handle, job in jobs.items() if job.state is JobState.FAILED)
            return TryAgain("not_failed", "Only failed jobs of this thread can be done again.", options=names)
        if len({job.submission_id for job in failed}) != 1:
            return TryAgain("several_requests", "These jobs came from different requests.", "Retry them separately.")
        old = await self._jobs.submission(failed[0].submission_id)
        if again := await self._again(failed, [*jobs.values()], old):
            return Failed("already_retried", f"{again.label} has been asked for again already: it is {again.handle}.")
        names = [job.label for job in failed]
        details = {**old.arguments, "languages": names}
        # A retry spends again, so the person has to have asked for it: a press on the button, or words of their own.
        said = _all_said(arguments.jobs, await self._spending.words_of(context.turn))
        asked = context.turn.origin == "command" or (said and not await self._turns.mixed(context.turn.id))
        return await self._submit(context, old.account_id, details, old.title, old.id, asked=asked)

    async def _again(self, failed: Sequence[Job], jobs: Sequence[Job], old: Submission) -> Job | None:
        """A later job that does one of `failed` again, so that a second click pays nothing."""
        for one in failed:
            for later in jobs[jobs.index(one) + 1 :]:
                if later.label != one.label or later.state not in {*OPEN_JOB_STATES, JobState.SUCCEEDED}:
                    continue
                submission = await self._jobs.submission(later.submission_id)
                if submission.arguments["video_url"] == old.arguments["video_url"]:
                    return later
        return None

    async def _submit(
        self,
        context: CallContext,
        account_id: str,
        details: Json,
        title: str,
        retry_of: str | None,
        *,
        asked: bool,
    ) -> Outcome:
        quote = await self._spending.quote(JobKind.TRANSLATION, details)
        needs = await self._spending.reason(context.turn, quote, asked=asked)
        new = _new_submission(context, account_id, details, title, quote)
        if needs is not None:
            new = dataclasses.replace(new, needs=needs, expires_at=self._spending.expires_at())
        try:
            submission = await self._jobs.intend(context.lease, dataclasses.replace(new, retry_of=retry_of))
        except OverCap as error:
            return Failed("over_cap", error.sentence)
        return await self._sent(submission.id)

    async def _sent(self, submission_id: str) -> Outcome:
        """Send what is written down, if nobody has yet, and tell how it stands."""
        submission = await self._settled(submission_id)
        self._kick()
        return submitted(submission, await self._jobs.jobs_of(submission_id))

    async def _settled(self, submission_id: str) -> Submission:
        """The submission once it was sent, refused or put off; the background worker may be faster than we are."""
        until = self._clock.now() + SETTLING_SECONDS
        while True:
            submission = await self._submitter.settle(submission_id)
            due = submission.not_before <= self._clock.now() and submission.error_code != QUEUED
            under_way = submission.state in UNSENT and due
            if not under_way or self._clock.now() >= until:
                return submission
            await self._clock.sleep(SETTLING_PAUSE)

    async def _source(self, conversation_id: str, source: str) -> str | TryAgain | Failed:
        """The URL behind a handle, or the URL itself."""
        if source.lower().startswith(("http://", "https://")):
            return source
        value = await self._turns.resolve_source(conversation_id, source.strip().upper())
        if value is None:
            return TryAgain("unknown_source", "I need a link to the video.", "Ask the person for a link to the video.")
        if not value.lower().startswith(("http://", "https://")):
            hint = "Ask for a public link to the video."
            return Failed("file_not_supported", "Files attached in Slack cannot be translated yet.", hint)
        return value

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


def _new_submission(context: CallContext, account_id: str, details: Json, title: str, quote: Quote) -> NewSubmission:
    turn = context.turn
    return NewSubmission(
        key=context.key,
        workspace_id=turn.workspace_id,
        account_id=account_id,
        conversation_id=turn.conversation_id,
        turn_id=turn.id,
        call_id=context.call_id,
        requester=turn.requester,
        kind=JobKind.TRANSLATION,
        arguments=details,
        arguments_hash=arguments_hash(details),
        labels=tuple(details["languages"]),
        title=title,
        quote=quote,
    )


def _all_said(words: Sequence[str], text: str) -> bool:
    """Whether each of `words` stands in `text`, as a word of its own where the script parts words."""
    return all(_said(word.casefold(), text.casefold()) for word in words)


def _said(word: str, text: str) -> bool:
    return bool(re.search(rf"(?<!\w){re.escape(word)}(?!\w)", text)) if word.isascii() else word in text


def submitted(submission: Submission, jobs: Sequence[Job]) -> Outcome:
    """What to tell about a submission that has just been written down."""
    if submission.state is SubmissionState.WAITING_APPROVAL:
        return _waits(submission, jobs)
    if submission.state is SubmissionState.CANCELLED:
        return Failed("cancelled", "This request was cancelled before it was sent. Nothing is billed.")
    if submission.state is SubmissionState.REFUSED:
        return Failed(submission.error_code or "refused", submission.error or "HeyGen refused the request.")
    if submission.state is SubmissionState.UNKNOWN:
        return Failed("unknown", submission.error or "Nobody can tell whether HeyGen accepted the request.")
    names = ", ".join(job.label for job in jobs)
    waiting = "" if submission.state is SubmissionState.SENT else f" It waits: {submission.error or 'HeyGen is busy.'}"
    data: Json = {
        "jobs": [{"handle": job.handle, "language": job.label} for job in jobs],
        "title": submission.title,
        "note": NOTE + waiting,
    }
    return Deferred(
        submission.id, f"Submitted: {submission.title} → {names}.{waiting} I'll post the results here.", data
    )


def _waits(submission: Submission, jobs: Sequence[Job]) -> Outcome:
    names = ", ".join(job.label for job in jobs)
    cost = submission.quote(len(jobs)).words()
    data: Json = {
        "jobs": [{"handle": job.handle, "language": job.label} for job in jobs],
        "title": submission.title,
        "cost": cost,
        "note": APPROVAL_NOTE,
    }
    summary = (
        f"{submission.title} → {names} costs {cost} and waits for an approval: see the card. Nothing was sent yet."
    )
    return NeedsApproval(submission.id, summary, data)


def title_of(url: str) -> str:
    """A name for a source: the last part of its path."""
    path = url.split("?", 1)[0].split("#", 1)[0].rstrip("/")
    name = path.rsplit("/", 1)[-1] if path.count("/") > 2 else ""
    return name[:TITLE_LIMIT] or "your video"
