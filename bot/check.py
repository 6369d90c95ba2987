"""`python -m bot check`: what is missing, what is off because of it, and whether the services answer."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime
from urllib.parse import urlsplit

import httpx2
from openai import AsyncOpenAI, OpenAIError
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from agent.model_ends import shutdown_notice
from bot.accounts import account_id_of, webhook_path
from bot.clock import SystemClock
from bot.heygen_account import heygen_client, truto_status, truto_tools
from bot.settings import Settings, SettingsError
from bot.store.database import Database, DatabaseBusy, DatabaseError
from bot.store.shared import SharedDatabase
from heygen import HeyGenError
from heygen.live import LiveClient, live_transport

SECONDS = 10.0
USER_AGENT = "greenroom"
Probe = Callable[[Settings], Awaitable[str]]
EMULATOR_HEADER = "x-greenroom-emulator"


def missing(settings: Settings) -> list[str]:
    """A line for each required setting that is not there."""
    return [f"missing  {name}: {why}" for name, why in settings.missing().items()]


def switched_off(settings: Settings) -> list[str]:
    """A line for each thing that works less because of a setting that is not there."""
    lines = []
    if settings.public_url is None:
        lines.append("off      PUBLIC_URL is not set: no links to results, no webhooks (jobs are polled)")
    elif settings.heygen_webhook_secret is None:
        lines.append("reduced  HEYGEN_WEBHOOK_SECRET is not set: HeyGen's callbacks are unsigned hints only")
    return lines + _money(settings)


def _money(settings: Settings) -> list[str]:
    """A line for each guard of the money that is not there."""
    lines = []
    if not settings.approvers and not settings.admins:
        lines.append("reduced  APPROVERS and ADMINS are not set: whoever asks for something approves it")
    if not settings.caps():
        lines.append("off      no CAP_… is set: nothing limits what is spent in a day or a month")
    if settings.auto_approve_max == 0:
        lines.append("note     AUTO_APPROVE_MAX is 0: every paid request waits for a click")
    if not settings.prices:
        lines.append("note     PRICES is not set: quotes are made with the built-in prices, of mid 2026")
    if settings.ops_channel is None:
        lines.append("off      OPS_CHANNEL is not set: alerts about money are only in the log")
    return lines


def today() -> date:
    """The date in UTC."""
    return datetime.fromtimestamp(SystemClock().now(), UTC).date()


def ending(settings: Settings, on: date) -> list[str]:
    """A line for each configured model that is gone or soon will be, with what to use."""
    configured = {
        "OPENAI_MODEL": settings.openai_model,
        "STT_MODEL": settings.stt_model,
        "TTS_MODEL": settings.tts_model,
    }
    notices = {name: shutdown_notice(model, on) for name, model in configured.items() if model}
    return [f"ending   {name}: {notice}" for name, notice in notices.items() if notice]


async def services(settings: Settings) -> list[tuple[bool, str]]:
    """Ask each configured service something free: whether it works, and a line that says so."""
    return [await _probe(name, probe, settings) for name, probe in _configured(settings)]


async def service(name: str, settings: Settings) -> tuple[bool, str]:
    """Ask one service, by its name in the lines of `services`; `LookupError` when it is not configured."""
    return await _probe(name, dict(_configured(settings))[name], settings)


def _configured(settings: Settings) -> list[tuple[str, Probe]]:
    truto = settings.heygen_transport == "truto"
    probes: list[tuple[str, Probe, bool]] = [
        ("slack", _slack, settings.slack_bot_token is not None),
        ("socket", _socket, settings.slack_app_token is not None),
        ("operations", _operations, settings.slack_bot_token is not None and settings.ops_channel is not None),
        ("model", _model, settings.openai_api_key is not None),
        ("ears", _ears, settings.openai_api_key is not None and settings.stt_model is not None),
        ("voice", _voice, settings.tts_model is not None),
        ("truto", _truto, truto and settings.has_truto()),
        ("crm", _crm, settings.truto_crm_account_id is not None),
        ("heygen", _heygen, settings.has_truto() if truto else settings.heygen_api_key is not None),
        ("liveavatar", _liveavatar, settings.liveavatar_api_key is not None),
        ("database", _database, True),
    ]
    return [(name, probe) for name, probe, configured in probes if configured]


async def _probe(name: str, probe: Probe, settings: Settings) -> tuple[bool, str]:
    try:
        async with asyncio.timeout(SECONDS):
            return True, f"ok       {name}: {await probe(settings)}"
    except SlackApiError as error:
        return False, f"failing  {name}: {error.response.get('error')}"
    except (HeyGenError, DatabaseError, SettingsError) as error:
        return False, f"failing  {name}: {error}"
    except (OpenAIError, OSError, TimeoutError) as error:
        return False, f"failing  {name}: {type(error).__name__}"


async def _slack(settings: Settings) -> str:
    client = AsyncWebClient(token=settings.secret("slack_bot_token"), base_url=settings.slack_api_url, timeout=8)
    answer = await client.auth_test()
    address = _webhook_address(settings, str(answer["team_id"]))
    return f"connected to {answer.get('team')} as {answer.get('user')}{address}"


async def _socket(settings: Settings) -> str:
    """Whether Socket Mode is on and the token good. The address that it costs goes unused."""
    client = AsyncWebClient(base_url=settings.slack_api_url, timeout=8)
    await client.apps_connections_open(app_token=settings.secret("slack_app_token"))
    return "SLACK_APP_TOKEN opens connections"


async def _operations(settings: Settings) -> str:
    """Whether alerts can be posted: the bot has to be a member of the channel."""
    client = AsyncWebClient(token=settings.secret("slack_bot_token"), base_url=settings.slack_api_url, timeout=8)
    channel = (await client.conversations_info(channel=str(settings.ops_channel)))["channel"]
    member = "" if channel.get("is_member") else ", but the bot is no member of it: invite it"
    return f"OPS_CHANNEL is #{channel.get('name')}{member}"


def _webhook_address(settings: Settings, team_id: str) -> str:
    """Where HeyGen should report; known only once the workspace is."""
    if settings.public_url is None or settings.secret_key is None:
        return ""
    account_id = account_id_of(team_id)
    path = webhook_path(settings.secret("secret_key"), account_id)
    return f"\nwebhook  register at HeyGen: {settings.public_url}{path}"


async def _model(settings: Settings) -> str:
    return await _listed(settings.openai_base_url, settings.secret("openai_api_key"), settings.openai_model)


async def _ears(settings: Settings) -> str:
    return await _listed(settings.openai_base_url, settings.secret("openai_api_key"), str(settings.stt_model))


async def _voice(settings: Settings) -> str:
    base_url, key = settings.voice_server()
    return await _listed(base_url, key, str(settings.tts_model))


async def _listed(base_url: str, key: str, model: str | None) -> str:
    """Whether the server lists the model; an answer at all says that the key is good."""
    async with AsyncOpenAI(api_key=key, base_url=base_url, max_retries=0, timeout=8.0) as client:
        names = [one.id async for one in client.models.list()]
    if model is None:
        return "OPENAI_MODEL is not set"
    return model if model in names else f"answers, but does not list {model}"


async def _heygen(settings: Settings) -> str:
    async with httpx2.AsyncClient() as http:
        balance = await heygen_client(settings, http, USER_AGENT).get_balance()
    return f"{balance.billing_type or 'no billing'}, {balance.remaining} {balance.currency or ''} left".strip()


async def _liveavatar(settings: Settings) -> str:
    async with httpx2.AsyncClient() as http:
        key = settings.secret("liveavatar_api_key")
        left = await LiveClient(live_transport(settings.liveavatar_base_url, key, http, USER_AGENT)).credits_left()
    return f"{left} credits left"


async def _truto(settings: Settings) -> str:
    """How the connection is, and what Truto offers besides."""
    async with httpx2.AsyncClient() as http:
        if (status := await truto_status(settings, http, USER_AGENT, None)) != "active":
            raise SettingsError(f"the account is {status}: HeyGen has to be reconnected in Truto")
        listed = await truto_tools(settings, http, USER_AGENT).listed()
    unusable = f", {listed.dropped} more that cannot be used" if listed.dropped else ""
    return f"the account is active; {len(listed.tools)} tools of its own{unusable}"


async def _crm(settings: Settings) -> str:
    """How the connection to the CRM is."""
    async with httpx2.AsyncClient() as http:
        status = await truto_status(settings, http, USER_AGENT, settings.truto_crm_account_id)
    if status != "active":
        raise SettingsError(f"the account is {status}: the CRM has to be reconnected in Truto")
    return "the account is active"


async def _database(settings: Settings) -> str:
    try:
        await _pinged(Database(settings.database_url, SystemClock(), "check"))
    except DatabaseBusy:
        await _pinged(SharedDatabase(settings.database_url, SystemClock(), "check"))
        return f"{settings.database_url.split('://')[0]}, in use by a serving process"
    return settings.database_url.split("://")[0]


async def _pinged(database: Database) -> None:
    await database.start()
    try:
        await database.ping()
    finally:
        await database.stop()


async def emulated(settings: Settings) -> list[str]:
    """Settings whose URL leads to one of Greenroom's own emulators: fine for a demo, never for production."""
    bases = {
        "SLACK_API_URL": settings.slack_api_url,
        "OPENAI_BASE_URL": settings.openai_base_url,
        "HEYGEN_BASE_URL": settings.heygen_base_url,
        "TRUTO_BASE_URL": settings.truto_base_url,
    }
    if settings.tts_base_url is not None:
        bases["TTS_BASE_URL"] = settings.tts_base_url
    async with httpx2.AsyncClient(timeout=2.0, follow_redirects=False) as http:
        return [name for name, url in bases.items() if await _is_emulator(http, url)]


async def _is_emulator(http: httpx2.AsyncClient, url: str) -> bool:
    parts = urlsplit(url)
    if parts.hostname not in ("localhost", "::1") and not (parts.hostname or "").startswith("127."):
        return False
    try:
        answer = await http.get(f"{parts.scheme}://{parts.netloc}/_emulator/identity")
    except httpx2.HTTPError:
        return False
    return EMULATOR_HEADER in answer.headers
