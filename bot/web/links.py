"""Links to results: ours and signed. Each click re-reads the job at HeyGen, since the vendor's URLs expire."""

from __future__ import annotations

import structlog
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from agent.ports import Accounts, Clock
from agent.records import Job, JobState
from agent.work import Parts, Works
from bot.signing import Signer
from bot.store import Store
from heygen import HeyGenError, NotFound

log = structlog.get_logger(__name__)

AGAIN = "HeyGen cannot be reached at the moment. Please try again in a minute."
REFUSED = "HeyGen does not let us read this video. Please tell an admin: the HeyGen account needs a look."
RETRY = {"Retry-After": "30"}
NO_STORE = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex"}

OFFERED = frozenset({JobState.SUCCEEDED, JobState.UNWANTED})  # what nobody wants any more was paid for all the same


class Links:
    """Makes links (`agent.ports.JobLinks`) and answers them under `/v/`."""

    def __init__(
        self, *, public_url: str | None, secret: str, store: Store, accounts: Accounts, works: Works, clock: Clock
    ) -> None:
        self._public_url = public_url
        self._signer = Signer(secret, "link")
        self._store = store
        self._accounts = accounts
        self._works = works
        self._clock = clock

    def link(self, job: Job) -> str | None:
        """See `agent.ports.JobLinks.link`."""
        if self._public_url is None or job.state not in OFFERED or job.link_id is None:
            return None
        return f"{self._public_url}/v/{self._signer.sign(job.link_id)}"

    def routes(self) -> list[Route]:
        """The routes that answer our links."""
        paths = ("/v/{token}", "/v/{token}/{part:int}")
        return [Route(path, self._answer, methods=["GET"]) for path in paths]

    async def _answer(self, request: Request) -> Response:
        link_id = self._signer.unsign(request.path_params["token"])
        link = await self._store.links.get(link_id) if link_id else None
        if link is None:
            return _say(404, "There is no such link.")
        if link.revoked_at is not None or link.expires_at < self._clock.now():
            return _say(410, "This link has expired. Ask for a new one in the Slack thread.")
        return await self._redirect(await self._store.jobs.job(link.job_id), request.path_params.get("part", 1))

    async def _redirect(self, job: Job, part: int) -> Response:
        try:
            client = await self._accounts.client(job.account_id)
            remote = await self._works[job.kind].read(client, job.provider_id or "")
        except NotFound:
            return _say(410, "HeyGen does not have this video any more.")
        except HeyGenError as error:
            log.warning("link_failed", job=job.id, error=str(error))
            return _say(503, AGAIN, RETRY) if error.retryable else _say(502, REFUSED)
        url = remote.video_url if part == 1 else None
        if isinstance(remote, Parts) and 1 < part <= len(remote.urls):
            url = remote.urls[part - 1]
        if url is None and part != 1:
            return _say(404, "There is no such part of this result.")
        if url is None or not url.startswith(("https://", "http://")):
            return _say(503, "HeyGen has no file for this video at the moment.", RETRY)
        return RedirectResponse(url, status_code=302, headers=NO_STORE)


def _say(status: int, sentence: str, headers: dict[str, str] | None = None) -> Response:
    return PlainTextResponse(sentence, status_code=status, headers={**NO_STORE, **(headers or {})})
