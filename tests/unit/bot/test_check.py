"""`check` asks each service something free and says what came of it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date
from pathlib import Path

import pytest

from bot import check
from bot.clock import SystemClock
from bot.settings import Settings
from bot.store.database import Database
from emulators.heygen import HeyGenEmulator
from emulators.openai import OpenAIEmulator
from emulators.slack import SlackEmulator
from emulators.truto import TrutoEmulator


@pytest.fixture
async def slack() -> AsyncIterator[SlackEmulator]:
    emulator = SlackEmulator()
    await emulator.start()
    yield emulator
    await emulator.stop()


@pytest.fixture
async def heygen() -> AsyncIterator[HeyGenEmulator]:
    emulator = HeyGenEmulator()
    await emulator.start()
    yield emulator
    await emulator.stop()


@pytest.fixture
async def truto() -> AsyncIterator[TrutoEmulator]:
    emulator = TrutoEmulator()
    await emulator.start()
    yield emulator
    await emulator.stop()


@pytest.fixture
async def openai() -> AsyncIterator[OpenAIEmulator]:
    emulator = OpenAIEmulator()
    await emulator.start()
    yield emulator
    await emulator.stop()


def configured(
    slack: SlackEmulator, heygen: HeyGenEmulator, openai: OpenAIEmulator, folder: Path, **more: str
) -> Settings:
    given = {
        "slack_bot_token": slack.bot_token,
        "slack_signing_secret": slack.signing_secret,
        "slack_api_url": slack.api_url,
        "openai_api_key": openai.api_key,
        "openai_base_url": openai.base_url,
        "openai_model": "emulated-planner",
        "heygen_api_key": "hg-key-1",
        "heygen_base_url": heygen.url,
        "secret_key": "k" * 40,
        "public_url": "https://green.example",
        "database_url": f"sqlite:///{folder}/greenroom.db",
    }
    return Settings(_env_file=None, **{**given, **more})


async def told(settings: Settings) -> dict[str, tuple[bool, str]]:
    """Whether each service works, and the line about it."""
    return {line.split()[1].rstrip(":"): (works, line) for works, line in await check.services(settings)}


async def test_everything_that_works_is_ok(
    slack: SlackEmulator, heygen: HeyGenEmulator, openai: OpenAIEmulator, tmp_path: Path
) -> None:
    lines = await told(configured(slack, heygen, openai, tmp_path))

    assert {name: works for name, (works, _) in lines.items()} == dict.fromkeys(lines, True)
    assert set(lines) == {"slack", "model", "heygen", "database"}
    assert "https://green.example/webhooks/heygen/" in lines["slack"][1]
    assert "100" in lines["heygen"][1]


async def test_a_wrong_credential_is_named_but_not_shown(
    slack: SlackEmulator, heygen: HeyGenEmulator, openai: OpenAIEmulator, tmp_path: Path
) -> None:
    wrong = {"slack_bot_token": "xoxb-wrong", "heygen_api_key": "hg-wrong", "openai_api_key": "sk-wrong"}
    lines = await told(configured(slack, heygen, openai, tmp_path, **wrong))

    assert [name for name, (works, _) in lines.items() if works] == ["database"]
    assert not any("wrong" in line for _, line in lines.values())


async def test_the_way_through_truto_is_looked_at(
    slack: SlackEmulator, heygen: HeyGenEmulator, openai: OpenAIEmulator, truto: TrutoEmulator, tmp_path: Path
) -> None:
    """R62: the account behind the id is asked how it is, and HeyGen through it."""
    truto.connect(heygen.url, "hg-key-1")
    through = {"heygen_transport": "truto", "truto_api_key": truto.token, "truto_account_id": "ia-1"}
    settings = configured(slack, heygen, openai, tmp_path, **through, truto_base_url=truto.url)
    lines = await told(settings)
    assert lines["truto"] == (True, "ok       truto: the account is active; 7 tools of its own")
    assert (lines["heygen"][0], "100" in lines["heygen"][1]) == (True, True)
    assert await check.emulated(settings) == ["SLACK_API_URL", "OPENAI_BASE_URL", "HEYGEN_BASE_URL", "TRUTO_BASE_URL"]

    truto.account.status = "needs_reauth"
    lines = await told(settings)
    assert (lines["truto"][0], lines["heygen"][0]) == (False, False)
    assert "has to be reconnected in Truto" in lines["truto"][1]


@pytest.mark.parametrize(
    ("enabled", "token", "said"),
    [
        (True, None, "ok       socket: SLACK_APP_TOKEN opens connections"),
        (True, "xapp-wrong", "failing  socket: invalid_auth"),
        (False, None, "failing  socket: access_denied"),
    ],
)
async def test_an_app_level_token_is_tried(
    slack: SlackEmulator,
    heygen: HeyGenEmulator,
    openai: OpenAIEmulator,
    tmp_path: Path,
    enabled: bool,
    token: str | None,
    said: str,
) -> None:
    slack.configure(socket_mode=enabled)
    lines = await told(configured(slack, heygen, openai, tmp_path, slack_app_token=token or slack.app_token))

    assert lines["socket"][1] == said


async def test_a_service_that_is_not_there_is_failing(
    slack: SlackEmulator, heygen: HeyGenEmulator, openai: OpenAIEmulator, tmp_path: Path
) -> None:
    settings = configured(slack, heygen, openai, tmp_path, heygen_base_url="http://127.0.0.1:9")

    assert (await told(settings))["heygen"][0] is False


async def test_a_model_the_server_does_not_list_is_said(
    slack: SlackEmulator, heygen: HeyGenEmulator, openai: OpenAIEmulator, tmp_path: Path
) -> None:
    lines = await told(configured(slack, heygen, openai, tmp_path, openai_model="no-such-model"))

    assert "does not list no-such-model" in lines["model"][1]


async def test_a_database_in_use_is_looked_at_beside_its_server(
    slack: SlackEmulator, heygen: HeyGenEmulator, openai: OpenAIEmulator, tmp_path: Path
) -> None:
    settings = configured(slack, heygen, openai, tmp_path)
    serving = Database(settings.database_url, SystemClock(), "server")
    await serving.start()
    try:
        works, line = (await told(settings))["database"]
    finally:
        await serving.stop()

    assert works
    assert "in use by a serving process" in line


async def test_production_recognises_an_emulator(
    slack: SlackEmulator, heygen: HeyGenEmulator, openai: OpenAIEmulator, tmp_path: Path
) -> None:
    settings = configured(slack, heygen, openai, tmp_path, openai_base_url="http://127.0.0.1:9/v1")

    assert await check.emulated(settings) == ["SLACK_API_URL", "HEYGEN_BASE_URL"]
    assert await check.emulated(Settings(_env_file=None)) == []


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, ["APPROVERS", "CAP_", "PRICES", "OPS_CHANNEL"]),
        ({"admins": "U0BOSS", "cap_person_day": "5", "prices": "cinematic=6", "ops_channel": "C0OPS"}, []),
        ({"auto_approve_max": "0"}, ["APPROVERS", "CAP_", "AUTO_APPROVE_MAX", "PRICES", "OPS_CHANNEL"]),
    ],
)
def test_guards_of_the_money_that_are_not_there_are_said(given: dict[str, str], said: list[str]) -> None:
    settings = Settings(_env_file=None, public_url="https://a.example", heygen_webhook_secret="s", **given)
    lines = check.switched_off(settings)
    assert [
        name for name in ("APPROVERS", "CAP_", "AUTO_APPROVE_MAX", "PRICES", "OPS_CHANNEL") if name in str(lines)
    ] == said
    assert len(lines) == len(said)


async def test_the_operators_channel_is_looked_at(
    slack: SlackEmulator, heygen: HeyGenEmulator, openai: OpenAIEmulator, tmp_path: Path
) -> None:
    channel = next(one.id for one in slack.workspace.channels.values() if one.name == "general")
    works, line = (await told(configured(slack, heygen, openai, tmp_path, ops_channel=channel)))["operations"]
    assert (works, "#general" in line) == (True, True)
    works, line = (await told(configured(slack, heygen, openai, tmp_path, ops_channel="C0NOWHERE")))["operations"]
    assert (works, "channel_not_found" in line) == (False, True)


def test_models_of_sound_that_end_are_said_with_what_to_use() -> None:
    settings = Settings(_env_file=None, stt_model="whisper-1", tts_model="tts-1")
    assert check.ending(settings, date(2026, 11, 1)) == []
    (voice,) = check.ending(settings, date(2026, 12, 1))
    assert "TTS_MODEL: tts-1 is shut down on 2027-01-06" in voice
    assert len(check.ending(settings, date(2027, 3, 1))) == 2
    assert check.ending(Settings(_env_file=None), date(2027, 3, 1)) == []


async def test_ears_and_voice_are_looked_at_where_they_are_configured(
    slack: SlackEmulator, heygen: HeyGenEmulator, openai: OpenAIEmulator, tmp_path: Path
) -> None:
    settings = configured(slack, heygen, openai, tmp_path, stt_model="gpt-transcribe", tts_model="no-such-voice")
    lines = await told(settings)
    assert lines["ears"] == (True, "ok       ears: gpt-transcribe")
    assert "does not list no-such-voice" in lines["voice"][1]


async def test_the_key_of_one_server_never_goes_to_another(
    slack: SlackEmulator, heygen: HeyGenEmulator, openai: OpenAIEmulator, tmp_path: Path
) -> None:
    async with _other_voice_server() as other:
        settings = configured(slack, heygen, openai, tmp_path, tts_base_url=other.base_url, tts_model="emulated-voice")
        works, line = (await told(settings))["voice"]
        assert (works, "TTS_API_KEY is missing" in line) == (False, True)
        assert not other.journal.entries
        own = {"tts_base_url": other.base_url, "tts_model": "emulated-voice", "tts_api_key": other.api_key}
        assert (await told(configured(slack, heygen, openai, tmp_path, **own)))["voice"][0]


@asynccontextmanager
async def _other_voice_server() -> AsyncIterator[OpenAIEmulator]:
    emulator = OpenAIEmulator(api_key="sk-of-another-server")
    await emulator.start()
    yield emulator
    await emulator.stop()
