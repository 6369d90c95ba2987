"""The part of the composition root that builds live sessions: the account, ears, voice, the desk, the viewer's page."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import httpx2
import structlog
from openai import AsyncOpenAI

from agent.escalation import Escalation, LiveTerms
from agent.live.brain import Brain
from agent.live.desk import Desk
from agent.live.ears import EarsMaker
from agent.live.openai_ears import HttpEarsMaker
from agent.live.openai_voice import HttpVoice
from agent.live.parts import LiveParts
from agent.live.phrases import phrases_in
from agent.live.realtime_ears import RealtimeEarsMaker
from agent.live.realtime_voice import RealtimeVoice
from agent.live.records import LivePass
from agent.live.summary import Summaries
from agent.live.voice import Voice
from agent.model import Model
from agent.money import Prices, micro
from agent.ports import Clock, Ids, JobLinks
from agent.toolbox import Toolbox
from bot.live_accounts import WorkspaceLiveAccounts
from bot.roles import AppointedRoles
from bot.settings import Settings, SettingsError
from bot.slack.live_calls import LiveCalls, TellOperators
from bot.store import Store
from bot.web.viewer import Viewer
from bot.web.viewer_assets import AssetError, LiveKitFile, LiveKitUrl, fetch, locate
from bot.web.viewer_headers import room_sources
from heygen.live import LiveConnection

log = structlog.get_logger(__name__)

SEALED = "live session"
ASSETS = Path(".data/viewer")


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveNeeds:
    """What live sessions are built of."""

    settings: Settings
    store: Store
    roles: AppointedRoles
    accounts: WorkspaceLiveAccounts
    links: JobLinks
    prices: Prices
    model: Model
    openai: AsyncOpenAI
    http: httpx2.AsyncClient
    clock: Clock
    ids: Ids
    kick: Callable[[], None]
    tell_operators: TellOperators
    user_agent: str


@dataclass(frozen=True, slots=True)
class Live:
    """Live sessions of this process. Without an account, a face or a page (`desk` None) people can still be called."""

    desk: Desk | None = None
    viewer: Viewer | None = None

    @property
    def sessions(self) -> int:
        """How many this process has."""
        return 0 if self.desk is None else self.desk.sessions

    def link(self, given: LivePass) -> str | None:
        """The personal link of a pass."""
        return None if self.viewer is None else self.viewer.link(given)

    async def run_due(self) -> int:
        """What waits for this process."""
        return 0 if self.desk is None else await self.desk.run_due()

    async def drain(self, seconds: float, *, hand_over: bool = False) -> None:
        """Let sessions end, or with `hand_over` go on elsewhere."""
        if self.desk is not None:
            await self.desk.drain(seconds, hand_over=hand_over)


def escalation(needs: LiveNeeds) -> Escalation:
    """The tools that call people and offer sessions."""
    settings = needs.settings
    terms = LiveTerms(
        price_per_minute=needs.prices.per_minute("live"),
        max_minutes=settings.live_max_minutes,
        auto_approve_max=micro(settings.auto_approve_max),
        call_seconds=float(settings.live_call_seconds),
        offer_seconds=settings.live_offer_minutes * 60.0,
    )
    return Escalation(
        turns=needs.store.turns,
        live=needs.store.live,
        budget=needs.store.ledger,
        roles=needs.roles,
        terms=terms,
        accounts=needs.accounts,
        called=needs.roles.called,
        kick=needs.kick,
    )


async def live_sessions(stack: AsyncExitStack, needs: LiveNeeds, toolbox: Toolbox, *, page: bool = True) -> Live:
    """The desk and the page, where the settings allow sessions; `SettingsError` when the page cannot be served.

    Without the `page` nobody can come in: what is left is to stop what nobody has.
    """
    settings = needs.settings
    if not needs.accounts.possible or settings.public_url is None:
        return Live()
    desk = await _desk(stack, needs, toolbox)
    if not page:
        return Live(desk)
    viewer = Viewer(
        public_url=settings.public_url,
        secret=settings.secret("secret_key"),
        passes=needs.store.live,
        desk=desk,
        clock=needs.clock,
        livekit=await asyncio.to_thread(_livekit, settings),
        rooms=room_sources(settings.liveavatar_base_url),
    )
    return Live(desk, viewer)


def _livekit(settings: Settings) -> LiveKitFile | LiveKitUrl:
    """livekit-client as the settings name it; without that our own copy, fetched when there is none."""
    named = settings.viewer_livekit_js
    try:
        if named is None:
            fetch(ASSETS)
        return locate(named, settings.viewer_livekit_integrity, ASSETS)
    except AssetError as error:
        raise SettingsError(f"live sessions need the viewer's page: {error}") from error


async def _desk(stack: AsyncExitStack, needs: LiveNeeds, toolbox: Toolbox) -> Desk:
    settings, store = needs.settings, needs.store
    brain = Brain(
        model=needs.model,
        toolbox=toolbox,
        humans=LiveCalls(
            posts=store.deliveries,
            places=store.turns,
            operators=needs.roles.operators,
            tell_operators=needs.tell_operators,
            clock=needs.clock,
            kick=needs.kick,
        ),
        links=needs.links,
        clock=needs.clock,
        secret=settings.secret("secret_key").encode(),
        unconfirmed=phrases_in(None).unconfirmed,
    )
    parts = LiveParts(
        store=store.live,
        accounts=needs.accounts,
        turns=store.turns,
        jobs=store.jobs,
        budget=store.ledger,
        brain=brain,
        ears=_ears(needs),
        voice=await _voice(stack, needs),
        clock=needs.clock,
        ids=needs.ids,
        connect=_connect(needs),
        options=needs.accounts.options,
    )
    summaries = Summaries(
        store=store.live,
        turns=store.turns,
        jobs=store.jobs,
        links=needs.links,
        model=needs.model,
        person=brain.person,
    )
    return Desk(parts, limit=settings.liveavatar_max_concurrent, summaries=summaries)


def _connect(needs: LiveNeeds) -> Callable[[str, Callable[[], Awaitable[bool]]], LiveConnection]:
    def connect(url: str, may_reopen: Callable[[], Awaitable[bool]]) -> LiveConnection:
        new_id = lambda: needs.ids.new("utterance")  # noqa: E731 - a name would say no more
        return LiveConnection(url, clock=needs.clock, new_id=new_id, may_reopen=may_reopen)

    return connect


def _ears(needs: LiveNeeds) -> EarsMaker | None:
    """None where no model is set: people type then."""
    settings = needs.settings
    if settings.stt_model is None:
        return None
    if settings.stt_wire == "realtime":
        return RealtimeEarsMaker(needs.openai, settings.stt_model)
    return HttpEarsMaker(needs.openai, settings.stt_model)


async def _voice(stack: AsyncExitStack, needs: LiveNeeds) -> Voice | None:
    """None where no model is set: what the avatar would say is shown then."""
    settings = needs.settings
    if settings.tts_model is None:
        return None
    base_url, key = settings.voice_server()
    client = await stack.enter_async_context(AsyncOpenAI(api_key=key, base_url=base_url, max_retries=0))
    if settings.tts_wire == "http":
        return HttpVoice(client, settings.tts_model, settings.tts_voice)
    voice = RealtimeVoice(client, settings.tts_model, settings.tts_voice)
    stack.push_async_callback(voice.close)
    return voice
