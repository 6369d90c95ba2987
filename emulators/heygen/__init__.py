"""A stand-in for HeyGen's v3 API: jobs that progress, wallets that are charged, webhooks that are sent.

Strict where the real service is: what it refuses, this refuses. Sample source videos are under `/sources/`.

    emulator = HeyGenEmulator(speed="step")
    await emulator.start()
    ...                          # POST /v3/video-translations with X-Api-Key: hg-key-1
    emulator.advance(600)        # or emulator.finish()
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import time
from typing import Any

import httpx2
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from emulators.base import Emulator, Fault
from emulators.heygen import news
from emulators.heygen.accounts import DEFAULT_BALANCE, DEFAULT_CAP, DEFAULT_KEY
from emulators.heygen.agent_api import AgentApi
from emulators.heygen.agents import Agents
from emulators.heygen.asset_api import AssetApi, put_object
from emulators.heygen.assets import Assets
from emulators.heygen.batches import Batches
from emulators.heygen.billing import Subscription, UsageBased, Wallet
from emulators.heygen.clipping_api import BackgroundApi, ClippingApi
from emulators.heygen.control import control_routes, snapshot
from emulators.heygen.deliveries import Deliveries, Delivery, Message, Record
from emulators.heygen.errors import error_body, usual_body
from emulators.heygen.files import Links, file_response
from emulators.heygen.hooks import Hooks
from emulators.heygen.idempotency import IdempotencyKeys
from emulators.heygen.jobs import Jobs
from emulators.heygen.library_api import LibraryApi
from emulators.heygen.lipsync_api import LipsyncApi
from emulators.heygen.operations import Gate, Operation, fixed_first
from emulators.heygen.people import People
from emulators.heygen.people_api import PeopleApi, look_ended
from emulators.heygen.proofread_api import ProofreadApi
from emulators.heygen.resources import Resources
from emulators.heygen.sources import sample_response
from emulators.heygen.state import (
    Account,
    Adjustment,
    Charge,
    Failure,
    Job,
    Kind,
    PlannedFailure,
    Refund,
    Speed,
    State,
    Switches,
    WorkClock,
)
from emulators.heygen.template_api import TemplateApi
from emulators.heygen.templates import official
from emulators.heygen.translation_api import TranslationApi
from emulators.heygen.video_api import VideoApi
from emulators.heygen.voice_api import VoiceApi, voice_ended
from emulators.heygen.webhook_api import WebhookApi
from emulators.heygen.webhooks import Endpoint, Webhooks

__all__ = [
    "Account",
    "Adjustment",
    "Charge",
    "Endpoint",
    "HeyGenEmulator",
    "Job",
    "Record",
    "Refund",
    "Speed",
    "Subscription",
    "Switches",
    "UsageBased",
    "Wallet",
]

FAMILIES = (
    LibraryApi,
    TranslationApi,
    ProofreadApi,
    VideoApi,
    TemplateApi,
    AgentApi,
    LipsyncApi,
    AssetApi,
    PeopleApi,
    VoiceApi,
    ClippingApi,
    BackgroundApi,
    WebhookApi,
)
HOLD_LIMIT = 10.0


class HeyGenEmulator(Resources, Hooks, Emulator):
    """HeyGen v3 on loopback; see `Switches` for what can be changed about it.

    `speed`: jobs progress in `real` time, a hundred times as `fast`, or only by `advance` and `finish` (`step`).
    `balance` and `cap` are the default account's wallet in USD and its limit of jobs running together. With `films`
    finished videos are pictures and sound that play; without, they are only headers that are right.
    """

    name = "heygen"

    def __init__(
        self,
        *,
        seed: int = 1,
        speed: Speed = "real",
        balance: float = DEFAULT_BALANCE,
        cap: int = DEFAULT_CAP,
        films: bool = False,
    ) -> None:
        self._films = films
        self._speed = speed
        self._balance = balance
        self._cap = cap
        self._gate = Gate(self)
        self._client: httpx2.AsyncClient | None = None
        self._loop: asyncio.Task[None] | None = None
        self.operations: list[Operation] = fixed_first(
            operation for family in FAMILIES for operation in family(self).operations()
        )
        self._deliveries = Deliveries(
            work=lambda: self.work.now(),
            stamp=self._webhook_time,
            render=self._render,
            changed=lambda: self.journal.wake(),
        )
        super().__init__(seed=seed)
        self._fresh()

    def _fresh(self) -> None:
        """Everything that `reset` starts over."""
        self.state = State()
        self.state.switches.films = self._films
        self.work = WorkClock(self.clock, self._speed)
        self.keys = IdempotencyKeys(self.clock.now)
        self.links = Links(lambda: self.url, self.clock.now)
        self.webhooks = Webhooks(self._deliveries, self.random, self.clock.now)
        self.jobs = Jobs(
            self.state, self.clock, self.work, self.random, self._job_ended, lambda account: self.agents.places(account)
        )
        self.people = People()
        self.assets = Assets(self.state, self.clock, self.work, self.random)
        self.batches = Batches(
            self.jobs,
            self.assets,
            self.clock,
            self.random,
            lambda batch: self.webhooks.announce(news.of_batch(batch, self.batches.word)),
        )
        self.agents = Agents(
            self.jobs,
            self.clock,
            self.work,
            self.random,
            lambda session: self.webhooks.announce(news.of_session(session, self.links)),
        )
        self.templates = {template.id: template for template in official("greenroom")}
        self._open = asyncio.Event()
        self._open.set()
        self.add_account(DEFAULT_KEY, name="greenroom", balance=self._balance, cap=self._cap)

    def reset(self) -> None:
        """Back to the start: default account, default switches, no jobs, endpoints or deliveries."""
        super().reset()
        self._deliveries.clear()
        self._open.set()
        self._fresh()

    # -- what tests and the playground look at -----------------------------------------------------------------

    def snapshot(self) -> dict[str, Any]:
        """Everything visible, JSON-safe: clock, wallets, jobs, charges, deliveries."""
        self.tick()
        return snapshot(self)

    def error_body(self, status: int) -> Any:
        """The vendor's envelope for an error with this status."""
        return usual_body(status)

    # -- time and jobs -----------------------------------------------------------------------------------------

    def set_speed(self, speed: Speed) -> None:
        """Let jobs go on at another speed."""
        self.work.set_speed(speed)

    def tick(self) -> None:
        """Move jobs to where the clock says; every request and the background loop do this too."""
        self.assets.tick()
        self.agents.tick()
        self.jobs.tick()
        self.batches.tick()

    def advance(self, seconds: float) -> None:
        """Move the clock, and with it jobs, redeliveries, keys and links."""
        self.clock.advance(seconds)
        self._settle()

    def finish(self, job_id: str = "all", *, fail: str | None = None) -> list[str]:
        """End one open job or all of them now, as failed with the message `fail`; returns the ids ended.

        A session with an agent that works goes on to its next word, or to its end. `KeyError` for an unknown id.
        """
        failure = None if fail is None else Failure(fail)
        if job_id in self.agents.all:
            hurried = self.agents.hurry(self.agents.all[job_id], failure)
            self._settle()
            return [job_id] if hurried else []
        jobs = [*self.state.jobs.values()] if job_id == "all" else [self.state.jobs[job_id]]
        ended = [job for job in jobs if job.state.open]
        for job in ended:
            self.jobs.finish(job, failure)
        working = [session for session in self.agents.all.values() if job_id == "all" and session.working]
        for session in working:
            self.agents.hurry(session, failure)
        self._settle()
        return [job.id for job in ended] + [session.id for session in working]

    def fail_next(
        self,
        language: str | None = None,
        message: str = "Emulated failure.",
        *,
        kind: Kind | None = None,
        code: str = "rendering_failed",
    ) -> None:
        """Let the next submitted job (in this language, of this kind) fail with `message`."""
        self.state.planned_failures.append(PlannedFailure(Failure(message, code), language, kind))

    def propagated(self, job: Job) -> bool:
        """Whether a completed job's links are out already; see `Switches.propagation_seconds`."""
        return job.ended is not None and self.work.now() >= job.ended + self.switches.propagation_seconds

    def expire_urls(self) -> None:
        """Make every link issued so far answer 403; reading the resource again gives a fresh one."""
        self.links.expire_all()

    def hold_submissions(self) -> None:
        """Keep submissions in flight (accepted by nobody yet) until `release_submissions`, 10 s at most."""
        self._open.clear()

    def release_submissions(self) -> None:
        """Let held submissions go on."""
        self._open.set()

    async def pass_gate(self) -> None:
        """Where a submission waits while it is held."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._open.wait(), HOLD_LIMIT)

    def _job_ended(self, job: Job) -> None:
        """Whoever has to do with a job hears of its end."""
        match job.kind:
            case "look":
                look_ended(self, job)
            case "voice":
                voice_ended(self, job)
            case _ if job.part_of is not None:
                self.agents.video_ended(job)
        if (found := news.of_job(job, self.links)) is not None:
            self.webhooks.announce(found)

    def _settle(self) -> None:
        self.tick()
        self.journal.wake()
        self._deliveries.wake()

    def _webhook_time(self) -> float:
        return time.time() if self.switches.webhook_time == "wall" else self.clock.now()

    def _render(self, delivery: Delivery, timestamp: int) -> Message | None:
        return self.webhooks.message(delivery, timestamp)

    # -- serving -----------------------------------------------------------------------------------------------

    @property
    def client(self) -> httpx2.AsyncClient:
        """For downloads, probes and deliveries; made at first use, closed by `stop_background`."""
        if self._client is None:
            headers = {"User-Agent": "HeyGen-Emulator"}
            # It only goes to this machine, so it loads no certificates, which would block the loop.
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            self._client = httpx2.AsyncClient(verify=context, trust_env=False, timeout=10.0, headers=headers)
        return self._client

    async def start(self, port: int = 0) -> str:
        """Listen on loopback, let jobs progress and webhooks go out."""
        url = await super().start(port)
        self.start_background()
        return url

    async def stop(self) -> None:
        """End the background work and close the listener."""
        await self.stop_background()
        await super().stop()

    def start_background(self) -> None:
        """Only the background work, for an emulator that is mounted (set `url` then) instead of started."""
        if self._loop is None:
            loop = self._deliveries.run(self.client, self.tick)
            self._loop = asyncio.create_task(loop, name="heygen-emulator-background")

    async def stop_background(self) -> None:
        """The counterpart of `start_background`; an error of the background work comes out here."""
        if self._loop is not None:
            self._loop.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._loop
        if self._client is not None:
            await self._client.aclose()
        self._loop = self._client = None

    def routes(self) -> list[BaseRoute]:
        """API, control plane, result files, sample sources; everything else under /v3 is an enveloped 404."""
        return [
            *control_routes(self),
            *(self._gate.route(operation) for operation in self.operations),
            Route("/files/{name}", self._file),
            Route("/sources/{name}", self._source),
            Route("/storage/{asset_id}", self._storage, methods=["PUT"]),
            Route("/v3/{rest:path}", self._unknown, methods=["GET", "POST", "PUT", "PATCH", "DELETE"]),
        ]

    async def _file(self, request: Request) -> Response:
        self.tick()
        if self.switches.films:  # in a thread: a film takes long enough to be felt elsewhere
            return await asyncio.to_thread(file_response, request, self.links, self.find_file)
        return file_response(request, self.links, self.find_file)

    async def _storage(self, request: Request) -> Response:
        return await put_object(self, request)

    def streams(self, method: str, path: str) -> bool:
        """Files go past the journal: it only notes their length."""
        return (method, path) == ("POST", "/v3/assets") or path.startswith("/storage/")

    async def _source(self, request: Request) -> Response:
        asked = request.headers.get("range")
        film = self.switches.films
        return await sample_response(request.path_params["name"], asked, self.switches.slow_seconds, film=film)

    async def _unknown(self, request: Request) -> Response:
        return self._gate.respond(404, error_body("not_found", "No such route."))

    def _fault_response(self, fault: Fault) -> Response:
        response = super()._fault_response(fault)
        response.headers.setdefault("X-Request-Id", self._gate.request_id())
        return response
