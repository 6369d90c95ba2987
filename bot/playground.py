"""The playground: the real application on emulated Slack, OpenAI, HeyGen and LiveAvatar, with a page to type into.

The only module that imports the emulators. Nothing in the application knows that they are not the real services.
"""

from __future__ import annotations

import asyncio
import secrets
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

from agent.jobs import PollPlan
from bot import observability
from bot.accounts import account_id_of, webhook_path
from bot.app import Tempo, running
from bot.app_live import ASSETS
from bot.real_services import LABELS, labels, with_real
from bot.server import Server, bound, url_of
from bot.settings import Settings, load
from bot.slack.manifest import manifest
from bot.web.viewer_assets import AssetError, fetch
from emulators.console import Console
from emulators.heygen import HeyGenEmulator
from emulators.liveavatar import DEFAULT_KEY as LIVEAVATAR_KEY
from emulators.liveavatar import LiveAvatarEmulator
from emulators.liveavatar.catalogue import ALEX
from emulators.liveavatar.room import available
from emulators.openai import OpenAIEmulator
from emulators.scenarios import SCENARIOS, Report, Stage
from emulators.slack import SlackEmulator

PAGE_PORT = 8080
TEMPO = Tempo(poll=PollPlan(steps=((60.0, 2.0),), last=5.0))
HEYGEN_KEY = "hg-key-1"
BALANCE, CAP = 500.0, 50  # enough for a list of 200 people
APPROVER = "bob"
OPERATOR = "carol"
ADMIN = "dave"
ROLES = {APPROVER: ("approver",), OPERATOR: ("operator",), ADMIN: ("admin",)}
ADDRESS = "https://greenroom.example"  # a manifest needs one; Slack is told by `configure` where the app really is
LIVEKIT: str | None = None  # of the viewer's page; None: fetched through npm when it is not there yet
LIVE_SECONDS = 3.0  # for last words when the playground ends


async def main(once: Sequence[str] | None, *, real: Collection[str] = (), given: Settings | None = None) -> int:
    """Play and report when `once` is given (no names: all that exist), else play the first and stay up.

    The services in `real` are not emulated; `given` has their credentials, `SettingsError` where some are missing.
    """
    from bot.__main__ import stop_signal

    observability.configure("warning")
    async with opened(real=real, given=given) as (stage, connect):
        if once is not None:
            return await _play(stage, once or list(SCENARIOS))
        stopped = asyncio.create_task(stop_signal())
        console = page_of(stage, connect, real)
        await console.start(PAGE_PORT)
        _introduce(console.url, real)
        showing = asyncio.create_task(_show(stage, console.url, real))
        await asyncio.wait({stopped, showing}, return_when=asyncio.FIRST_COMPLETED)
        if showing.done():
            showing.result()
        await stopped
        showing.cancel()
        await asyncio.wait({showing})
        _tell("\nGoodbye. What the playground knew is gone with it.")
        await console.stop()
    return 0


async def _show(stage: Stage, url: str, real: Collection[str]) -> None:
    """Play something to look at, unless it could cost money, and hand over to the person."""
    if not real:
        await _play(stage, ["translate"])
    _tell(f"\nIt is your turn: open {url} and press “Guided tour”.")


def page_of(stage: Stage, connect: Callable[[], None], real: Collection[str] = ()) -> Console:
    """The page over the emulators, still to be started."""
    return Console(
        stage.slack,
        stage.heygen,
        stage.openai,
        after_reset=connect,
        roles=ROLES,
        liveavatar=stage.liveavatar,
        real=real,
    )


def _introduce(url: str, real: Collection[str]) -> None:
    """Say where the page is, what is emulated and what is not, and what to do."""
    _tell(f"Greenroom's playground: {url}  (Ctrl-C ends it)")
    if not url.endswith(f":{PAGE_PORT}"):
        _tell(f"Port {PAGE_PORT} is taken, so it is the next free one.")
    _tell(f"Emulated on this machine, at no cost: {labels(name for name in LABELS if name not in real) or 'nothing'}.")
    if real:
        _tell(f"REAL, with your credentials, at your cost: {labels(real)}.")
    if "openai" not in real:
        _tell("The model is a deterministic planner, not an AI: it understands what the page suggests.")
    _tell(f"What may cost more than $10 waits for {APPROVER.title()}'s click: choose him on the page to press it.")
    if not available():
        _tell("The live avatar's picture needs more packages: stop, and start with `make run`.")
    _tell("With Slack's credentials in the environment or in .env the same command is production; see .env.example.\n")


@asynccontextmanager
async def opened(
    tempo: Tempo = TEMPO, *, real: Collection[str] = (), given: Settings | None = None
) -> AsyncIterator[tuple[Stage, Callable[[], None]]]:
    """The emulators with the application between them, on a database in a temporary folder.

    Also what connects them, to be called again after the emulators were reset. In place of those in `real` the
    application talks to the services themselves, with the credentials in `given`.
    """
    slack, openai = SlackEmulator(), OpenAIEmulator()
    heygen = HeyGenEmulator(speed="fast", balance=BALANCE, cap=CAP, films=True)
    liveavatar = LiveAvatarEmulator()
    stage = Stage(slack, openai, heygen, liveavatar, _tell)
    with tempfile.TemporaryDirectory(prefix="greenroom-") as folder:
        for emulator in (slack, openai, heygen, liveavatar):
            await emulator.start()
        slack.install(manifest(url=ADDRESS))
        listener = bound("127.0.0.1", 0)
        try:
            settings = _settings(stage, url_of(listener), Path(folder), await asyncio.to_thread(_livekit))
            if real:
                settings = with_real(settings, given or load(), real)
            async with running(settings, tempo=tempo) as app:
                server = Server(app.asgi, listener)
                await server.start()
                connect = partial(_connect, stage, settings)
                connect()
                yield stage, connect
                await app.drain(LIVE_SECONDS)
                await server.stop()
        finally:
            listener.close()
            for emulator in (liveavatar, heygen, openai, slack):
                await emulator.stop()


def _livekit() -> str | None:
    """The library that shows the avatar, for the viewer's page; None, and said so, where it cannot be had."""
    if LIVEKIT is not None:
        return LIVEKIT
    try:
        return str(fetch(ASSETS))
    except AssetError as error:
        _tell(f"There are no live avatars this time. {error}")
        return None


def _settings(stage: Stage, public_url: str, folder: Path, livekit: str | None) -> Settings:
    host = stage.heygen.url.removeprefix("http://")
    return Settings(
        _env_file=None,
        slack_bot_token=stage.slack.bot_token,
        slack_signing_secret=stage.slack.signing_secret,
        slack_api_url=stage.slack.api_url,
        openai_api_key=stage.openai.api_key,
        openai_base_url=stage.openai.base_url,
        openai_model="emulated-planner",
        heygen_api_key=HEYGEN_KEY,
        heygen_base_url=stage.heygen.url,
        heygen_webhook_secret=secrets.token_hex(16),
        heygen_max_concurrent=CAP,
        database_url=f"sqlite:///{folder}/greenroom.db",
        public_url=public_url,
        secret_key=secrets.token_hex(32),
        fetch_allowed_hosts=frozenset({host}),
        approvers=frozenset({stage.slack.workspace.person(APPROVER).id}),
        operators=frozenset({stage.slack.workspace.person(OPERATOR).id}),
        admins=frozenset({stage.slack.workspace.person(ADMIN).id}),
        stt_model="emulated-ears",
        tts_model="emulated-voice",
        liveavatar_api_key=LIVEAVATAR_KEY if livekit else None,
        liveavatar_base_url=stage.liveavatar.url,
        liveavatar_avatar_id=ALEX,
        live_call_seconds=5,
        viewer_livekit_js=livekit,
    )


def _connect(stage: Stage, settings: Settings) -> None:
    """What an admin does at Slack and at HeyGen: tell them where the application is."""
    stage.slack.configure(f"{settings.public_url}/slack/events")
    if settings.heygen_webhook_secret is None:
        return
    path = webhook_path(settings.secret("secret_key"), account_id_of(stage.slack.workspace.team_id))
    stage.heygen.seed_endpoint(f"{settings.public_url}{path}", settings.secret("heygen_webhook_secret"))


async def _play(stage: Stage, names: Sequence[str]) -> int:
    """Play scenarios one after the other, print what held, and return the exit code."""
    passed = failed = 0
    for name in dict.fromkeys(names):
        _tell(f"── {name} ──")
        report = await _report(stage, name)
        for what, holds in report.checks:
            _tell(f"  {'✓' if holds else '✗'} {what}")
        passed, failed = passed + report.passed, failed + (not report.passed)
    _tell(f"scenarios: {passed} passed, {failed} failed")
    return 1 if failed else 0


async def _report(stage: Stage, name: str) -> Report:
    if name in SCENARIOS:
        return await SCENARIOS[name](stage)
    report = Report()
    report.expect(f"the scenario {name!r} exists (it does not yet)", False)
    return report


def _tell(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
