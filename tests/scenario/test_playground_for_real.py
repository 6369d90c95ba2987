"""In the playground one service is the real one: the app talks to it and to nobody's emulator of it."""

from __future__ import annotations

import pytest

from bot import playground
from bot.settings import Settings, SettingsError
from emulators.openai import OpenAIEmulator


@pytest.fixture(autouse=True)
def without_a_face(monkeypatch: pytest.MonkeyPatch) -> None:
    """The viewer's page is not opened here, so its library need not be there."""
    monkeypatch.setattr(playground, "_livekit", lambda: None)


async def test_a_question_goes_to_the_service_that_is_named() -> None:
    service = OpenAIEmulator(api_key="sk-of-a-customer")
    await service.start()
    given = Settings(
        _env_file=None,
        openai_api_key="sk-of-a-customer",
        openai_base_url=service.base_url,
        openai_model="gpt-5.1",
    )
    async with playground.opened(real=["openai"], given=given) as (stage, _):
        root = stage.slack.say("alice", "videos", f"<@{stage.slack.bot_user}> how much credit is left?")
        await stage.slack.journal.wait_for(
            lambda: [one for one in stage.slack.thread("videos", root) if one.from_app and "usd" in one.text.lower()]
        )
        asked = {call.asked.model for call in service.calls}

        assert (asked, len(stage.openai.calls)) == ({"gpt-5.1"}, 0)
        assert stage.heygen.journal.select("GET", "/v3/users/me")
    await service.stop()


async def test_without_its_credentials_nothing_starts() -> None:
    with pytest.raises(SettingsError, match="--real needs HEYGEN_API_KEY"):
        async with playground.opened(real=["heygen"], given=Settings(_env_file=None)):
            pass
