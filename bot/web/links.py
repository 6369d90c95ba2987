"""Links to results: ours and signed. Each click re-reads the job at HeyGen, since the vendor's URLs expire.

A browser gets a page that plays the result; its player, and whatever else follows a link, gets the file by a redirect.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

import structlog
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from agent.errors import SourceRefused
from agent.ports import Accounts, Clock
from agent.records import Job, JobState, Link
from agent.work import Works
from bot.signing import Signer
from bot.slack.job_files import Openable
from bot.slack.lines import elapsed
from bot.store import Store
from bot.web import player
from bot.web.captions import as_vtt
from bot.web.watched import ELEMENTS, FILES, PICTURED, Watched, watched
from heygen import HeyGenError, NotFound

log = structlog.get_logger(__name__)

AGAIN = "HeyGen cannot be reached at the moment. Please try again in a minute."
REFUSED = "HeyGen does not let us read this video. Please tell an admin: the HeyGen account needs a look."
NOT_YET = "HeyGen has no file for this video at the moment."
NO_CAPTIONS = "There are no captions."
RETRY = {"Retry-After": "30"}
NO_STORE = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex", "Vary": "Accept"}
LONGEST_CAPTIONS = 1_000_000  # bytes
CAPTIONS_SECONDS = 20.0
PLACEHOLDER = (player.FOLDER / "poster.png").read_bytes()
TITLES = {404: "Nothing here", 410: "This is over", 502: "Not to be seen", 503: "Not at the moment"}

OFFERED = frozenset({JobState.SUCCEEDED, JobState.UNWANTED})  # what nobody wants any more was paid for all the same


Answering = Callable[[Request], Awaitable[Response]]


class _No(Exception):
    """There is nothing to give; what the person is told."""

    def __init__(self, status: int, sentence: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(sentence)
        self.status, self.sentence, self.headers = status, sentence, headers or {}


class Links:
    """Makes links (`agent.ports.JobLinks`) and answers them under `/v/`. `files` fetches captions."""

    def __init__(
        self,
        *,
        public_url: str | None,
        secret: str,
        store: Store,
        accounts: Accounts,
        works: Works,
        clock: Clock,
        files: Openable,
    ) -> None:
        self._public_url = public_url
        self._signer = Signer(secret, "link")
        self._store = store
        self._accounts = accounts
        self._works = works
        self._clock = clock
        self._files = files

    def link(self, job: Job) -> str | None:
        """See `agent.ports.JobLinks.link`."""
        if self._public_url is None or job.state not in OFFERED or job.link_id is None:
            return None
        return f"{self._public_url}/v/{self._signer.sign(job.link_id)}"

    def picture(self, job: Job) -> str | None:
        """A link to a picture of the result; None where HeyGen makes none or nobody could follow it."""
        link = self.link(job) if job.kind in PICTURED else None
        return None if link is None else f"{link}/poster"

    def routes(self) -> list[Route]:
        """The routes that answer our links."""
        answers = {"": self._page, "/file": self._file, "/poster": self._poster, "/captions.vtt": self._captions}
        places = ("/v/{token}", "/v/{token}/{part:int}")
        return [
            Route(place + ending, _answering(answer), methods=["GET"])
            for ending, answer in answers.items()
            for place in places
        ]

    async def _page(self, request: Request) -> Response:
        link, job = await self._job(request)
        now = await self._now(job, request)
        if not _wants_page(request) or job.kind in FILES:
            return _redirect(now.file)
        submission = await self._store.jobs.submission(job.submission_id)
        length = f" · {elapsed(job.duration)}" if job.duration else ""
        shown = player.Screening(
            title=submission.title,
            about=f"{job.label}{length}",
            address=f"{urlsplit(self._public_url or '').path}/v/{request.path_params['token']}",
            element=ELEMENTS.get(job.kind, "video"),
            poster=now.poster is not None,
            captions=job.label if now.captions else None,
            part=now.part,
            parts=now.parts,
            until=link.expires_at,
        )
        headers = player.headers(media=[now.file], pictures=[now.poster])
        return HTMLResponse(player.page(shown), headers=headers)

    async def _file(self, request: Request) -> Response:
        _, job = await self._job(request)
        return _redirect((await self._now(job, request)).file)

    async def _poster(self, request: Request) -> Response:
        """The picture; one of ours while HeyGen has none, since a message with a broken picture is refused by Slack."""
        _, job = await self._job(request)
        try:
            poster = (await self._now(job, request)).poster
        except _No:
            poster = None
        if poster is None:
            return Response(PLACEHOLDER, media_type="image/png", headers=NO_STORE)
        return _redirect(poster)

    async def _captions(self, request: Request) -> Response:
        """The captions themselves: browsers take none from elsewhere."""
        _, job = await self._job(request)
        captions = (await self._now(job, request)).captions
        if captions is None:
            raise _No(404, NO_CAPTIONS)
        try:
            async with (
                asyncio.timeout(CAPTIONS_SECONDS),
                self._files.open(captions, largest=LONGEST_CAPTIONS) as file,
            ):
                content = b"".join([chunk async for chunk in file.chunks()])
        except TimeoutError:
            raise _No(503, AGAIN, RETRY) from None
        except SourceRefused as error:  # its text may quote the address
            log.warning("captions_failed", job=job.id, code=error.code)
            raise _No(503 if error.retryable else 404, NO_CAPTIONS) from None
        return Response(as_vtt(content), media_type="text/vtt", headers=NO_STORE)

    async def _job(self, request: Request) -> tuple[Link, Job]:
        """What a link leads to, if it still does."""
        link_id = self._signer.unsign(request.path_params["token"])
        link = await self._store.links.get(link_id) if link_id else None
        if link is None:
            raise _No(404, "There is no such link.")
        if link.revoked_at is not None:
            raise _No(410, "This link was withdrawn.")
        if link.expires_at < self._clock.now():
            raise _No(410, "This link has expired. Ask for a new one in the Slack thread.")
        return link, await self._store.jobs.job(link.job_id)

    async def _now(self, job: Job, request: Request) -> Watched:
        """Where the result is at this moment."""
        try:
            client = await self._accounts.client(job.account_id)
            remote = await self._works[job.kind].read(client, job.provider_id or "")
        except NotFound:
            raise _No(410, "HeyGen does not have this video any more.") from None
        except HeyGenError as error:
            log.warning("link_failed", job=job.id, error=str(error))
            raise (_No(503, AGAIN, RETRY) if error.retryable else _No(502, REFUSED)) from None
        found = watched(remote, request.path_params.get("part", 1))
        if found is None:
            raise _No(404, "There is no such part of this result.")
        return found


def _answering(answer: Answering) -> Answering:
    async def answering(request: Request) -> Response:
        try:
            return await answer(request)
        except _No as no:
            return _say(request, no)

    return answering


def _wants_page(request: Request) -> bool:
    """Whether a person looks: browsers say so, and whatever downloads does not."""
    return "text/html" in request.headers.get("accept", "")


def _redirect(url: str | None) -> Response:
    if url is None:
        raise _No(503, NOT_YET, RETRY)
    return RedirectResponse(url, status_code=302, headers=NO_STORE)


def _say(request: Request, no: _No) -> Response:
    if not _wants_page(request):
        return PlainTextResponse(no.sentence, no.status, {**NO_STORE, **no.headers})
    page = player.refusal(TITLES[no.status], no.sentence)
    return HTMLResponse(page, no.status, {**player.headers(), **no.headers})
