"""The composition root: from settings to a running application. Nothing else builds services.

Everything is opened on one exit stack and closed in reverse order: background work ends before the clients it
uses, and the store is the last to go.
"""

from __future__ import annotations

import asyncio
import functools
import os
import random
import secrets
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import TypeVar

import aiohttp
import httpx2
import structlog
from openai import AsyncOpenAI, DefaultAsyncHttpxClient
from slack_bolt.adapter.starlette.async_handler import AsyncSlackRequestHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient
from starlette.applications import Starlette
from starlette.routing import BaseRoute, Route

from agent.adding import Adding
from agent.cancel_tools import Cancelling
from agent.jobs import PollPlan
from agent.leads import LeadVideos
from agent.lexicon import courtesies, lexicon
from agent.model import Model
from agent.money import Prices, micro
from agent.ordering import Ordering
from agent.poller import Poller
from agent.ports import Clock, Ids
from agent.premade import AccountTemplates
from agent.presenters import AccountPresenters
from agent.reading import Reading
from agent.retrying import Retrying
from agent.runner import Runner
from agent.spans import NO_SPANS, Spans
from agent.spending import Spending
from agent.submitter import Submitter
from agent.toolbox import Toolbox, ToolSpec
from agent.translation import Translation
from agent.video_agents.rules import PATIENCE, Patience
from agent.videos import Videos
from agent.work import Works
from bot.accounts import WorkspaceAccounts, account_id_of
from bot.app_accounts import AccountParts, account_parts
from bot.app_agents import VideoAgentParts, agent_work
from bot.app_assets import AssetNeeds, adding, slack_files, upload_worker
from bot.app_catalogue import complete_toolbox, picks, previews, wish_buttons
from bot.app_home import home_of
from bot.app_installs import Installs, installs_of
from bot.app_links import link_buttons, links_of
from bot.app_live import SEALED, Live, LiveNeeds, escalation, live_sessions
from bot.app_mcp import ProgramNeeds, Programs, programs
from bot.app_memory import MemoryParts
from bot.app_model import model_of
from bot.app_needs import Needs
from bot.app_schedules import ScheduleParts
from bot.app_sessions import sessions_of, suggestions_of
from bot.app_works import WorkTools, all_works, checking, job_files, poll_round
from bot.background import Background
from bot.clock import RandomIds, SystemClock
from bot.crm import crm_of
from bot.fetch import SafeProbe
from bot.habits import Habits
from bot.heygen_account import crm_transport, heygen_client
from bot.hints import Hints
from bot.identity import IdentityHolder
from bot.lane_worker import LaneWorker
from bot.loops import Loop
from bot.metrics import MeteredModel, Metrics
from bot.notify import notifier, others_answer
from bot.posts import Posts
from bot.processes import Part, loops_for, refuse_alone, session_name
from bot.roles import AppointedRoles
from bot.sealing import Sealer
from bot.settings import Settings
from bot.slack.actions import Actions
from bot.slack.app import build_app
from bot.slack.asked import Bench
from bot.slack.batch_decisions import BatchDecisions
from bot.slack.batch_rendering import BatchRenderer
from bot.slack.budget import Budgets
from bot.slack.cancels import CancelCommand
from bot.slack.commands import Commands
from bot.slack.connecting import ConnectFirst
from bot.slack.decisions import Decisions
from bot.slack.defaults import Defaults
from bot.slack.delivery import DeliveryWorker
from bot.slack.file_offers import FileButtons
from bot.slack.forgetting import Forgetting
from bot.slack.gate import TalkGate
from bot.slack.home import Home
from bot.slack.intake import Intake
from bot.slack.live_actions import LiveActions
from bot.slack.live_command import LiveCommand
from bot.slack.live_relay import LiveRelay
from bot.slack.live_rendering import LiveRenderer
from bot.slack.outsiders import Outsiders
from bot.slack.pacing import Pacer
from bot.slack.reply import SlackReplies
from bot.slack.router import Router
from bot.slack.slack_calls import Permalinks
from bot.slack.socket import SocketMode
from bot.slack.subtitle_modal import SubtitleModal
from bot.slack.suggestions import Suggestions
from bot.slack.talk_actions import TalkActions
from bot.slack.translate_modal import TranslateModal
from bot.slack.video_modal import VideoModal
from bot.sockets import begin, socket_mode
from bot.store import Store
from bot.store.claims import LEASE_SECONDS
from bot.store.counts import counts
from bot.store.database import TOPICS, Database, Topic
from bot.store.directory import Account, Workspace
from bot.store.origins import origins_in
from bot.traces import TracedLanes, TracedModel, spans_of, traced_tools
from bot.usual_times import UsualTimes
from bot.wallet import WalletWatches
from bot.web.health import Health
from bot.web.links import Links
from bot.web.metrics_page import MetricsPage
from bot.web.slack_requests import Crowd, SlackRequests
from bot.web.webhooks import Webhooks
from heygen import Client

log = structlog.get_logger(__name__)

USER_AGENT = "greenroom/0.1"
LISTEN_AGAIN_SECONDS = 1.0
CATCH_UP_SECONDS = 300.0
HOUR = 3_600.0
DAY = 86_400.0
POLLING = PollPlan()

Side = TypeVar("Side", bound=Needs)


@dataclass(frozen=True, slots=True)
class Tempo:
    """How often the background looks around, in seconds. Work is usually kicked; these are the safety nets."""

    lanes: float = 0.5
    deliveries: float = 0.5
    submissions: float = 1.0
    jobs: float = 1.0
    catch_up: float = CATCH_UP_SECONDS
    approvals: float = 30.0
    roles: float = 300.0
    tokens: float = 30.0
    home: float = 10.0
    wallet: float = 300.0
    erasures: float = 5.0
    retention: float = HOUR
    schedules: float = 5.0
    live: float = 1.0
    live_cards: float = 60.0
    rest: float = 0.2  # of what seldom has anything to do, however often it is kicked
    lease: float = LEASE_SECONDS
    poll: PollPlan = POLLING
    agents: Patience = PATIENCE


@dataclass(slots=True)
class App:
    """A running application: `asgi` answers requests, the rest is for its owner and for tests."""

    asgi: Starlette
    store: Store
    identity: IdentityHolder
    accounts: WorkspaceAccounts
    loops: list[Loop]
    live: Live
    router: Router
    background: Background
    socket: SocketMode | None = None
    programs: Programs | None = None

    async def drain(self, seconds: float) -> None:
        """Begin nothing more and say so; live sessions move or end with a word, within about `seconds`.

        To be called before requests stop.
        """
        await self.background.drain(seconds)


@dataclass(frozen=True, slots=True)
class Clients:
    """What talks to the services."""

    slack: AsyncWebClient
    openai: AsyncOpenAI
    heygen: Client | None
    http: httpx2.AsyncClient
    metrics: Metrics
    spans: Spans


@asynccontextmanager
async def running(
    settings: Settings,
    *,
    clock: Clock | None = None,
    ids: Ids | None = None,
    tempo: Tempo | None = None,
    part: Part = Part.SERVE,
) -> AsyncIterator[App]:
    """The application, or the `part` of it, started; leaving the block drains and closes it.

    Raises `SettingsError` for settings that cannot work and `DatabaseError` for a database that cannot be used.
    """
    refuse_alone(part, settings)
    clock, ids, tempo = clock or SystemClock(), ids or RandomIds(), tempo or Tempo()
    async with AsyncExitStack() as stack:
        store = await _store(stack, settings, clock, ids, tempo)
        clients = await clients_of(stack, settings, await spans_of(stack, settings, part))
        app = await _compose(stack, settings, store, clients, clock, ids, tempo, part)
        app.background.start()
        stack.push_async_callback(app.background.end)
        await begin(stack, app.socket)
        yield app


async def _store(stack: AsyncExitStack, settings: Settings, clock: Clock, ids: Ids, tempo: Tempo) -> Store:
    owner = f"{os.getpid()}-{secrets.token_hex(4)}"
    database = Database(settings.database_url, clock, owner)
    store = Store(
        database,
        clock,
        ids,
        settings.retention_days * DAY,
        lease_seconds=tempo.lease,
        places=settings.heygen_max_concurrent,
        caps=settings.caps(),
        token_caps=settings.tokens().caps(),
        ops_channel=settings.ops_channel,
        sealer=Sealer(settings.secret("secret_key"), SEALED),
        share_videos=settings.slack_upload_max_mb > 0,
    )
    await store.start()
    stack.push_async_callback(store.stop)
    return store


@functools.cache
def _tls() -> ssl.SSLContext:
    """Whom we trust: reading it takes a while, so all clients share it."""
    return httpx2.create_ssl_context()


async def clients_of(stack: AsyncExitStack, settings: Settings, spans: Spans = NO_SPANS) -> Clients:
    """Made from the settings, closed with the stack."""
    session = await stack.enter_async_context(aiohttp.ClientSession())
    http = await stack.enter_async_context(httpx2.AsyncClient(timeout=30.0, trust_env=True, verify=_tls()))
    openai = await stack.enter_async_context(
        AsyncOpenAI(
            api_key=settings.secret("openai_api_key"),
            base_url=settings.openai_base_url,
            max_retries=0,  # the turn owns retries: they are rows, not sleeps
            timeout=httpx2.Timeout(connect=5.0, read=60.0, write=30.0, pool=10.0),
            http_client=DefaultAsyncHttpxClient(verify=_tls()),
        )
    )
    home = settings.slack_bot_token
    slack = AsyncWebClient(
        token=home.get_secret_value() if home else None,
        base_url=settings.slack_api_url,
        session=session,
        retry_handlers=[],  # a blind repeat of a post would double it
    )
    metrics = Metrics()
    own = settings.has_heygen() or not settings.has_oauth()
    heygen = heygen_client(settings, http, USER_AGENT, metrics) if own else None
    return Clients(slack, openai, heygen, http, metrics, spans)


async def _compose(
    stack: AsyncExitStack,
    settings: Settings,
    store: Store,
    clients: Clients,
    clock: Clock,
    ids: Ids,
    tempo: Tempo,
    part: Part,
) -> App:
    await asyncio.to_thread(lexicon)  # a tenth of a second that nobody's first answer should wait for
    await asyncio.to_thread(courtesies)
    identity = IdentityHolder()
    installs = await installs_of(settings, store, clients.slack, identity, clock)
    store.outbox.told = installs.home if installs.rows is not None else None
    if installs.home:
        account_id = account_id_of(installs.home)
        await store.directory.put_workspace(Workspace(installs.home, ""))
        await store.directory.put_account(Account(account_id, installs.home, settings.heygen_transport, account_id))
    parts = parts_of(stack, settings, store, clients, identity, installs, clock, ids, tempo, part)
    accounts = parts.accounts
    await parts.roles.load()
    await parts.roles.refresh()
    hints = Hints(events=store.webhook_events, jobs=store.jobs, accounts=accounts, kick=parts.kick)
    await hints.finish_interrupted()
    worker, live = await parts.background(stack, hints)
    background = Background(parts.loops, worker, live, hand_over=partial(others_answer, store.database))
    router = parts.router(live)
    bolt = parts.bolt(router, suggestions_of(stack, installs, store, accounts, clock))
    socket = socket_mode(settings, clients.slack, bolt, identity) if part.answers else None
    asgi = parts.asgi(hints, bolt, socket, live, background)
    return App(asgi, store, identity, accounts, parts.loops, live, router, background, socket, *parts.programs)


def parts_of(
    stack: AsyncExitStack,
    settings: Settings,
    store: Store,
    clients: Clients,
    identity: IdentityHolder,
    installs: Installs,
    clock: Clock,
    ids: Ids,
    tempo: Tempo,
    part: Part,
) -> Parts:
    """What composing needs everywhere. Nobody is asked anything yet; what runs is closed with the stack."""
    connections = account_parts(
        settings, store, ids, clients.http, own=clients.heygen, home=installs.home, agent=USER_AGENT
    )
    accounts = connections.accounts()
    prices = Prices(settings.prices)
    probe = SafeProbe(settings.fetch_allowed_hosts)
    works = all_works(probe=probe, jobs=store.jobs, accounts=accounts, prices=prices)
    works.add(agent_work(store, prices))
    links = links_of(settings, store, accounts, works, clock)
    roles = AppointedRoles(
        client=installs.clients(installs.home),
        members=store.roles,
        workspace_id=installs.home,
        appointments=settings.appointments(),
    )
    home = home_of(
        connections, clients=installs.clients, accounts=accounts, roles=roles, clock=clock, link_for=links.link
    )
    stack.push_async_callback(home.close)
    known = (identity, accounts, works, links, roles, prices)
    return Parts(settings, store, clients, clock, ids, tempo, *known, part, installs, connections, home)


@dataclass(frozen=True, slots=True)
class Parts:
    """What composing needs everywhere, and the composing of each side."""

    settings: Settings
    store: Store
    clients: Clients
    clock: Clock
    ids: Ids
    tempo: Tempo
    identity: IdentityHolder
    accounts: WorkspaceAccounts
    works: Works
    links: Links
    roles: AppointedRoles
    prices: Prices
    part: Part
    installs: Installs
    connections: AccountParts
    home: Home
    loops: list[Loop] = field(default_factory=list)
    programs: list[Programs] = field(default_factory=list)
    crowd: Crowd = field(default_factory=Crowd)

    def kick(self) -> None:
        """Have those loops look around now that no transaction announces anything to."""
        for loop in self.loops:
            if loop.name not in TOPICS:
                loop.kick()

    def wake(self, topic: str) -> None:
        """Have one loop look around now."""
        for loop in self.loops:
            if loop.name == topic:
                loop.kick()

    def wake_all(self) -> None:
        """Something may have been missed."""
        for loop in self.loops:
            loop.kick()

    def has_room(self, topic: Topic) -> None:
        """A loop that hands work on can take more."""
        self.wake(topic)
        self.kick()

    async def background(self, stack: AsyncExitStack, hints: Hints) -> tuple[LaneWorker, Live]:
        """Everything that works by itself."""
        store, tempo = self.store, self.tempo
        spending = self._spending()
        submitter = self._submitter(spending)
        poller = Poller(
            jobs=store.jobs,
            accounts=self.accounts,
            works=self.works,
            clock=self.clock,
            rng=random.Random(),  # noqa: S311 - jitter
            plan=tempo.poll,
            checking=checking(self.settings, store.jobs, self.works),
        )
        pacer = Pacer(self.clock)
        deliveries = self._deliveries(pacer)
        submitter.spans = poller.spans = deliveries.spans = spans = self.clients.spans
        deliveries.origins = origins_in(store.database)
        replies = SlackReplies(
            self.installs.clients,
            turns=store.turns,
            deliver_now=deliveries.deliver_now,
            pacer=pacer,
            clock=self.clock,
        )
        stack.push_async_callback(replies.close)
        replies.sessions = deliveries.sessions = sessions_of(stack, self.installs, store, pacer, self.clock)
        model = TracedModel(MeteredModel(model_of(self.settings, self.clients.openai), self.clients.metrics), spans)
        needs = self._live_needs(model)
        toolbox = self._toolbox(submitter, spending, needs)
        if self.part.answers:
            self.programs.extend(await programs(stack, self._program_needs(toolbox)))
        live = await live_sessions(stack, needs, toolbox, page=self.part.answers)
        uploads = upload_worker(self._asset_needs(), kick=partial(self.has_room, "assets"))
        stack.push_async_callback(uploads.stop)
        worker = self._lane_worker(self._runner(traced_tools(toolbox, spans), replies, model))
        self.loops.extend(
            [
                self._working("lanes", worker.round, tempo.lanes, hand_on=True),
                self._working("deliveries", deliveries.run_once, tempo.deliveries),
                self._working("files", deliveries.run_files, tempo.deliveries),
                self._working("submissions", self._kicking(submitter.run_due), tempo.submissions),
                self._working("jobs", partial(poll_round, poller, self.kick), tempo.jobs),
                self._working("agents", self._kicking(self._side(VideoAgentParts).watch(tempo.agents)), tempo.jobs),
                self._working("assets", uploads.round, tempo.submissions, hand_on=True),
                self._working("live", self._kicking(live.run_due), tempo.live, hand_on=True),
                Loop("offers", self._kicking(store.live.run_due), tempo.live, rest=tempo.rest),
                Loop("live-cards", store.live.show_running, tempo.live_cards, takes_kicks=False),
                Loop("heartbeat", self._heartbeat, tempo.lease / 4, takes_kicks=False),
                self._listening(stack),
                Loop("approvals", self._kicking(store.approvals.expire_due), tempo.approvals, rest=tempo.rest),
                Loop("batches", self._kicking(store.batches.run_due), tempo.approvals, rest=tempo.rest),
                Loop("tokens", self.installs.keeper(self.kick), tempo.tokens, takes_kicks=False),
                Loop(
                    "schedules",
                    self._side(ScheduleParts).due(self.installs.clients),
                    tempo.schedules,
                    takes_kicks=False,
                ),
                Loop("home", self.home.refresh, tempo.home, takes_kicks=False),
                Loop("credentials", self.connections.forget_ended, tempo.wallet, takes_kicks=False),
                Loop("roles", self.roles.refresh, tempo.roles, takes_kicks=False),
                Loop("wallet", self._wallets().look, tempo.wallet, takes_kicks=False),
                Loop("erasures", self._kicking(store.erasures.run_due), tempo.erasures, takes_kicks=False),
                Loop("retention", store.retention.run_once, tempo.retention, takes_kicks=False),
                Loop("catch-up", partial(self._catch_up, hints), tempo.catch_up, takes_kicks=False),
            ]
        )
        self.loops[:] = loops_for(self.part, self.loops)
        store.database.on_announced = self.wake
        for loop in self.loops:
            loop.watch = self.clients.metrics.round
        return worker, live

    def tools_alone(self) -> Toolbox:
        """Every tool that a turn is offered, to be described and checked."""
        spending = self._spending()
        model = model_of(self.settings, self.clients.openai)
        return self._toolbox(self._submitter(spending), spending, self._live_needs(model))

    def _submitter(self, spending: Spending) -> Submitter:
        return Submitter(
            jobs=self.store.jobs,
            accounts=self.accounts,
            works=self.works,
            spending=spending,
            clock=self.clock,
            rng=random.Random(),  # noqa: S311 - jitter
        )

    def _side(self, side: type[Side]) -> Side:
        return side(
            settings=self.settings,
            store=self.store,
            accounts=self.accounts,
            roles=self.roles,
            clock=self.clock,
            kick=self.kick,
        )

    def _program_needs(self, toolbox: Toolbox) -> ProgramNeeds:
        return ProgramNeeds(
            settings=self.settings,
            store=self.store,
            accounts=self.accounts,
            roles=self.roles,
            clock=self.clock,
            kick=self.kick,
            toolbox=toolbox,
            links=self.links,
            slack=self.installs.clients(self.installs.home),
            http=self.clients.http,
            user_agent=USER_AGENT,
        )

    def _asset_needs(self) -> AssetNeeds:
        return AssetNeeds(
            settings=self.settings,
            store=self.store,
            accounts=self.accounts,
            installs=self.installs,
            http=self.clients.http,
            clock=self.clock,
            kick=self.kick,
        )

    def _live_needs(self, model: Model) -> LiveNeeds:
        return LiveNeeds(
            settings=self.settings,
            store=self.store,
            roles=self.roles,
            accounts=self.connections.live_accounts(),
            links=self.links,
            prices=self.prices,
            model=model,
            openai=self.clients.openai,
            http=self.clients.http,
            clock=self.clock,
            ids=self.ids,
            kick=self.kick,
            tell_operators=self._tell_operators,
            user_agent=USER_AGENT,
        )

    def _working(
        self, topic: Topic, round_: Callable[[], Awaitable[int]], interval: float, *, hand_on: bool = False
    ) -> Loop:
        """A loop whose rounds claim rows; see `Claims.work`. With `hand_on` others go on with what a round claimed."""

        async def working() -> int:
            async with self.store.claims.work(hand_on=hand_on):
                return await round_()

        return Loop(topic, working, interval)

    def _listening(self, stack: AsyncExitStack) -> Loop:
        name = session_name(self.part, self.store.database)
        ears = notifier(self.store.database, wake=self.wake, wake_all=self.wake_all, name=name)
        stack.push_async_callback(ears.close)
        return Loop("notifications", ears.listen, LISTEN_AGAIN_SECONDS, takes_kicks=False)

    def _deliveries(self, pacer: Pacer) -> DeliveryWorker:
        return DeliveryWorker(
            self.installs.clients,
            deliveries=self.store.deliveries,
            jobs=self.store.jobs,
            places=self.store.turns,
            costs=self.store.ledger,
            link_for=self.links.link,
            approvers=self.roles.approvers,
            pacer=pacer,
            clock=self.clock,
            random=random.random,
            live=self._live_renderer(),
            batches=BatchRenderer(
                batches=self.store.batches,
                costs=self.store.ledger,
                link_for=self.links.link,
                approvers=self.roles.approvers,
                clock=self.clock,
            ),
            agents=self._side(VideoAgentParts).renderer(),
            schedules=self._side(ScheduleParts).renderer(),
            job_files=job_files(self.settings, self.store.jobs, self.accounts, self.works),
            preview_link=previews(self._side(Needs)).link,
            usual_for=UsualTimes(self.store.jobs, self.clock).of,
            picture_for=self.links.picture,
        )

    async def _tell_operators(self, workspace_id: str, key: str, text: str) -> None:
        await Posts(self.store, self.kick).tell_operators(workspace_id, self.settings.ops_channel, key, text)

    def _live_renderer(self) -> LiveRenderer:
        return LiveRenderer(
            live=self.store.live,
            places=self.store.turns,
            operators=self.roles.operators,
            approvers=self.roles.approvers,
            permalink=Permalinks(self.installs.clients),
            clock=self.clock,
            ops_channel=self.settings.ops_channel is not None,
        )

    def _spending(self) -> Spending:
        return Spending(
            turns=self.store.turns,
            works=self.works,
            clock=self.clock,
            auto_approve_max=micro(self.settings.auto_approve_max),
            approval_seconds=self.settings.approval_hours * HOUR,
            allowances=self.store.schedules,
        )

    def _wallets(self) -> WalletWatches:
        return WalletWatches(
            wallet=self.store.wallet,
            accounts=self.accounts,
            known=self.connections.working,
            alert=self._tell_operators,
        )

    def _toolbox(self, submitter: Submitter, spending: Spending, live: LiveNeeds) -> Toolbox:
        ordering = Ordering(
            jobs=self.store.jobs,
            batches=self.store.batches,
            submitter=submitter,
            spending=spending,
            works=self.works,
            clock=self.clock,
            kick=self.kick,
        )
        files = adding(self._asset_needs(), spending)
        translation = Translation(
            turns=self.store.turns,
            accounts=self.accounts,
            ordering=ordering,
            spending=spending,
            files=files,
            clock=self.clock,
            max_languages=self.settings.heygen_max_concurrent,
            jobs=self.store.jobs,
        )
        retrying = Retrying(
            turns=self.store.turns,
            jobs=self.store.jobs,
            batches=self.store.batches,
            ordering=ordering,
            spending=spending,
            works=self.works,
        )
        reading = Reading(jobs=self.store.jobs, accounts=self.accounts, budget=self.store.ledger, clock=self.clock)
        cancelling = Cancelling(
            turns=self.store.turns, jobs=self.store.jobs, cancels=self.store.cancellations, roles=self.roles
        )
        making = self._making_tools(ordering, spending, files)
        translating = [*translation.tools(), *files.tools(), *making, *retrying.tools()]
        later = self._side(ScheduleParts).tools(self.installs.clients) + self._side(MemoryParts).tools()
        specs = [*translating, *reading.tools(), *cancelling.tools(), *escalation(live).tools(), *later]
        return complete_toolbox(specs, self._side(Needs), spending)

    def _making_tools(self, ordering: Ordering, spending: Spending, uploads: Adding) -> list[ToolSpec]:
        settings = self.settings
        presenters = AccountPresenters(
            accounts=self.accounts,
            clock=self.clock,
            avatar_id=settings.default_avatar_id,
            voice_id=settings.default_voice_id,
            habits=Habits(self.store.usual, self.accounts),
        )
        templates = AccountTemplates(self.accounts)
        one = Videos(
            turns=self.store.turns,
            accounts=self.accounts,
            presenters=presenters,
            ordering=ordering,
            spending=spending,
        )
        many = LeadVideos(
            turns=self.store.turns,
            accounts=self.accounts,
            files=slack_files(settings, self.installs),
            presenters=presenters,
            templates=templates,
            ordering=ordering,
            spending=spending,
            crm=crm_of(crm_transport(settings, self.clients.http, USER_AGENT)),
        )
        turns, jobs, accounts = self.store.turns, self.store.jobs, self.accounts
        others = WorkTools(turns, jobs, accounts, presenters, ordering, spending, uploads, templates)
        agents = self._side(VideoAgentParts).tools(presenters, ordering, spending)
        return [*one.tools(), *many.tools(), *others.tools(), *agents]

    def _runner(self, toolbox: Toolbox, replies: SlackReplies, model: Model) -> Runner:
        runner = Runner(
            turns=self.store.turns,
            jobs=self.store.jobs,
            toolbox=toolbox,
            model=model,
            replies=replies,
            links=self.links,
            budget=self.store.ledger,
            clock=self.clock,
            secret=self.settings.secret("secret_key").encode(),
            recall=self._side(MemoryParts).recall(model),
            live=self.store.live,
            agents=self.store.agents,
            limits=Outsiders(self.installs.clients, self.store.talk, self.clock),
        )
        runner.spans = self.clients.spans
        return runner

    def _lane_worker(self, runner: Runner) -> LaneWorker:
        return LaneWorker(
            lanes=self.store.lanes,
            jobs=self.store.jobs,
            outbox=Posts(self.store, self.kick),
            cancels=self.store.cancellations,
            approvals=self.store.approvals,
            batches=self.store.batches,
            roles=self.roles,
            runner=runner,
            clock=self.clock,
            kick=partial(self.has_room, "lanes"),
            schedules=self.store.schedules,
            crowded=self.crowd.is_big,
            relay=self._side(VideoAgentParts).relays(
                ConnectFirst(self.accounts.connected, self.store.deliveries, self.kick),
                LiveRelay(live=self.store.live, notices=self.store.deliveries, roles=self.roles, kick=self.kick),
            ),
        )

    def bolt(self, router: Router, suggestions: Suggestions) -> AsyncApp:
        """What takes Slack's events and interactions, over HTTP or a websocket."""
        store, secret = self.store, self.settings.slack_signing_secret
        intake = Intake(
            lanes=TracedLanes(store.lanes, self.clients.spans, self.clock),
            echoes=store.deliveries,
            members=self.installs.workspaces,
            wake=self.kick,
            doubt=self.installs.doubt,
            gate=TalkGate(store.talk, self.kick),
            home=self.home.opened,
            messages=suggestions.opened,
        )
        return build_app(
            self.clients.slack,
            signing_secret=secret.get_secret_value() if secret else "",
            members=self.installs.workspaces,
            intake=intake,
            router=router,
        )

    def asgi(
        self, hints: Hints, bolt: AsyncApp, socket: SocketMode | None, live: Live, background: Background
    ) -> Starlette:
        """Everything that answers requests; Slack's only with a signing secret to tell them by."""
        settings, store = self.settings, self.store
        health = Health(
            ping=store.database.ping,
            backlog=store.overview.backlog,
            failures=lambda: {loop.name: loop.failures for loop in self.loops},
            slack_known=lambda: self.identity.known or self.installs.rows is not None,
            socket=lambda: None if socket is None else socket.status,
            draining=lambda: background.draining,
        )
        metrics = MetricsPage(
            self.clients.metrics,
            token=settings.metrics_token.get_secret_value() if settings.metrics_token else None,
            counts=partial(counts, store.database),
            live_sessions=lambda: live.sessions,
        )
        if not self.part.answers:
            return Starlette(routes=[*health.routes(), *metrics.routes()])
        secret = settings.heygen_webhook_secret
        webhooks = Webhooks(
            hints=hints,
            secret=secret.get_secret_value() if secret else None,
            account_of=self.accounts.account_of,
        )
        routes: list[BaseRoute] = [*webhooks.routes(), *self.links.routes(), *health.routes(), *metrics.routes()]
        routes += previews(self._side(Needs)).routes() + self._side(VideoAgentParts).resources().routes()
        routes += self.installs.routes(self.roles)
        routes += live.viewer.routes() if live.viewer is not None else []
        routes += [route for one in self.programs for route in one.routes]
        if settings.slack_signing_secret is not None:
            slack = SlackRequests(AsyncSlackRequestHandler(bolt), self.crowd)
            routes.append(Route("/slack/events", slack.answer, methods=["POST"]))
        return Starlette(routes=routes)

    def router(self, live: Live) -> Router:
        """Everything that people type after the command, press and submit."""
        store = self.store
        router = Router(lanes=TracedLanes(store.lanes, self.clients.spans, self.clock), wake=self.kick)
        budgets = Budgets(
            ledger=store.ledger, wallet=store.wallet, accounts=self.accounts, roles=self.roles, clock=self.clock
        )
        by_command = CancelCommand(
            requests=store.jobs,
            batches=store.batches,
            cancels=store.cancellations,
            clock=self.clock,
            kick=self.kick,
        )
        forgetting = Forgetting(store.erasures)
        forgetting.register(router)
        talk = TalkActions(talk=store.talk, roles=self.roles, kick=self.kick)
        talk.register(router)
        commands = Commands(
            jobs=store.jobs,
            budgets=budgets,
            cancelling=by_command,
            forgetting=forgetting,
            clock=self.clock,
            link_for=self.links.link,
            live=LiveCommand(live=store.live, kick=self.kick),
            schedules=self._side(ScheduleParts).actions(),
            memory=self._side(MemoryParts).command(),
            talk=talk,
            connected=self.accounts.connected,
        )
        commands.register(router)
        self.connections.connecting(self.roles, self.kick).register(router)
        self.connections.connecting_live(self.roles, self.kick).register(router)
        Actions(requests=store.jobs).register(router)
        wish_buttons(self._side(Needs)).register(router)
        link_buttons(self._side(Needs)).register(router)
        translations = TranslateModal(jobs=store.jobs, places=store.turns)
        offered, preview_link = picks(self._side(Needs)), previews(self._side(Needs)).link
        self.loops.append(Loop("picks", offered.run_once, HOUR))
        videos = VideoModal(picks=offered, preview_link=preview_link)
        commands.dialogs = {"video": videos.typed, "translate": translations.typed}
        Defaults(rows=store.usual, accounts=self.accounts, picks=offered, roles=self.roles).register(router)
        for dialogs in (translations, videos, FileButtons(translations=translations, videos=videos)):
            dialogs.register(router)
        self._side(VideoAgentParts).actions().register(router)
        self._side(ScheduleParts).actions().register(router)
        files = job_files(self.settings, store.jobs, self.accounts, self.works)
        SubtitleModal(requests=store.jobs, places=store.turns, contents=files).register(router)
        bench = Bench(self.roles, self.roles.approvers)
        decisions = Decisions(
            requests=store.jobs,
            places=store.turns,
            approvals=store.approvals,
            cancels=store.cancellations,
            notices=store.deliveries,
            bench=bench,
            kick=self.kick,
        )
        decisions.register(router)
        on_batches = BatchDecisions(
            batches=store.batches,
            places=store.turns,
            cancels=store.cancellations,
            notices=store.deliveries,
            bench=bench,
            kick=self.kick,
        )
        on_batches.register(router)
        on_cards = LiveActions(
            live=store.live,
            places=store.turns,
            roles=self.roles,
            approvers=self.roles.approvers,
            link_for=live.link,
            kick=self.kick,
        )
        on_cards.register(router)
        return router

    def _kicking(self, round_: Callable[[], Awaitable[int]]) -> Callable[[], Awaitable[int]]:
        """`round_`, waking the others when it did something."""

        async def kicking() -> int:
            done = await round_()
            if done:
                self.kick()
            return done

        return kicking

    async def _heartbeat(self) -> int:
        await self.store.claims.extend()
        return 0

    async def _catch_up(self, hints: Hints) -> int:
        for account in await self.connections.working():
            await hints.catch_up(account.id)
        return 0
