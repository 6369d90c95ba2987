"""The playground: the real application on emulated Slack, OpenAI and HeyGen, with a page to type into.

The only module that imports the emulators. Nothing in the application knows that they are not the real services.
"""

from __future__ import annotations

import secrets
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

from agent.jobs import PollPlan
from bot import observability
from bot.accounts import account_id_of, webhook_path
from bot.app import Tempo, running
from bot.server import Server, bound, url_of
from bot.settings import Settings
from bot.slack.manifest import manifest
from emulators.console import Console
from emulators.heygen import HeyGenEmulator
from emulators.liveavatar import DEFAULT_KEY as LIVEAVATAR_KEY
from emulators.liveavatar import LiveAvatarEmulator
from emulators.liveavatar.catalogue import ALEX
from emulators.openai import OpenAIEmulator
from emulators.scenarios import SCENARIOS, Report, Stage
from emulators.slack import SlackEmulator

PAGE_PORT = 8080
TEMPO = Tempo(poll=PollPlan(steps=((60.0, 2.0),), last=5.0))
HEYGEN_KEY = "hg-key-1"
APPROVER = "bob"
OPERATOR = "carol"
ADMIN = "dave"
ROLES = {APPROVER: ("approver",), OPERATOR: ("operator",), ADMIN: ("admin",)}
ADDRESS = "https://greenroom.example"  # a manifest needs one; Slack is told by `configure` where the app really is
LIVEKIT: str | None = None  # of the viewer's page; None: fetched through npm when it is not there yet
LIVE_SECONDS = 3.0  # for last words when the playground ends


async def main(once: Sequence[str] | None) -> int:
    """Play and report when `once` is given (no names: all that exist), else play the first and stay up."""
    from bot.__main__ import stop_signal

    observability.configure("warning")
    async with opened() as (stage, connect):
        if once is not None:
            return await _play(stage, once or list(SCENARIOS))
        console = Console(stage.slack, stage.heygen, stage.openai, after_reset=connect, roles=ROLES)
        await console.start(PAGE_PORT)
        _tell(f"Greenroom's playground: {console.url}  (Ctrl-C ends it)")
        _tell("Slack, OpenAI and HeyGen are emulated; the model is a deterministic planner, not an AI.")
        _tell(f"What may cost more than $10 waits for {APPROVER.title()}'s click: choose him on the page to press it.")
        _tell("With credentials in the environment or in .env the same command is production; see .env.example.\n")
        await _play(stage, ["translate"])
        _tell(f"\nIt is your turn: {console.url}")
        await stop_signal()
        await console.stop()
    return 0


@asynccontextmanager
async def opened(tempo: Tempo = TEMPO) -> AsyncIterator[tuple[Stage, Callable[[], None]]]:
    """The emulators with the application between them, on a database in a temporary folder.

    Also what connects them, to be called again after the emulators were reset.
    """
    slack, openai, heygen = SlackEmulator(), OpenAIEmulator(), HeyGenEmulator(speed="fast")
    liveavatar = LiveAvatarEmulator()
    stage = Stage(slack, openai, heygen, liveavatar, _tell)
    with tempfile.TemporaryDirectory(prefix="greenroom-") as folder:
        for emulator in (slack, openai, heygen, liveavatar):
            await emulator.start()
        slack.install(manifest(url=ADDRESS))
        listener = bound("127.0.0.1", 0)
        settings = _settings(stage, url_of(listener), Path(folder))
        try:
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


def _settings(stage: Stage, public_url: str, folder: Path) -> Settings:
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
        database_url=f"sqlite:///{folder}/greenroom.db",
        public_url=public_url,
        secret_key=secrets.token_hex(32),
        fetch_allowed_hosts=frozenset({host}),
        approvers=frozenset({stage.slack.workspace.person(APPROVER).id}),
        operators=frozenset({stage.slack.workspace.person(OPERATOR).id}),
        admins=frozenset({stage.slack.workspace.person(ADMIN).id}),
        stt_model="emulated-ears",
        tts_model="emulated-voice",
        liveavatar_api_key=LIVEAVATAR_KEY,
        liveavatar_base_url=stage.liveavatar.url,
        liveavatar_avatar_id=ALEX,
        live_call_seconds=5,
        viewer_livekit_js=LIVEKIT,
    )


def _connect(stage: Stage, settings: Settings) -> None:
    """What an admin does at Slack and at HeyGen: tell them where the application is."""
    stage.slack.configure(f"{settings.public_url}/slack/events")
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
