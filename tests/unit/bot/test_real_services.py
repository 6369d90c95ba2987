"""Real services in place of emulated ones: what is named, what is taken, what is missing."""

from __future__ import annotations

from argparse import ArgumentTypeError
from typing import Any

import pytest

from bot.real_services import LABELS, NEEDS, TAKES, labels, named, with_real
from bot.settings import Settings, SettingsError

EMULATED: dict[str, Any] = {
    "openai_api_key": "sk-emulated",
    "openai_base_url": "http://127.0.0.1:1/v1",
    "openai_model": "emulated-planner",
    "heygen_api_key": "hg-key-1",
    "heygen_base_url": "http://127.0.0.1:2",
    "heygen_webhook_secret": "s" * 32,
}


def settings(**given: Any) -> Settings:
    return Settings(_env_file=None, **given)


def test_services_are_named_with_commas() -> None:
    assert named("OpenAI, heygen,") == {"openai", "heygen"}


def test_a_service_that_does_not_exist_is_named() -> None:
    with pytest.raises(ArgumentTypeError, match=r"claude: choose from slack"):
        named("openai,claude")


def test_only_the_real_service_is_taken_from_the_environment() -> None:
    given = settings(openai_api_key="sk-real", openai_model="gpt-5.1", heygen_api_key="hg-real")
    made = with_real(settings(**EMULATED), given, {"openai"})

    assert (made.secret("openai_api_key"), made.openai_model) == ("sk-real", "gpt-5.1")
    assert made.openai_base_url == "https://api.openai.com/v1"
    assert (made.secret("heygen_api_key"), made.heygen_base_url) == ("hg-key-1", "http://127.0.0.1:2")


def test_heygen_is_polled_because_it_cannot_reach_this_machine() -> None:
    made = with_real(
        settings(**EMULATED), settings(heygen_api_key="hg-real", heygen_webhook_secret="x" * 32), ["heygen"]
    )

    assert made.heygen_webhook_secret is None


def test_what_is_missing_is_named() -> None:
    with pytest.raises(SettingsError, match="--real needs LIVEAVATAR_API_KEY, LIVEAVATAR_AVATAR_ID, OPENAI_MODEL,"):
        with_real(settings(**EMULATED), settings(openai_api_key="sk-real"), {"openai", "liveavatar"})


def test_every_field_exists_and_belongs_to_one_service() -> None:
    fields = [field for table in (NEEDS, TAKES) for found in table.values() for field in found]

    assert set(fields) <= Settings.model_fields.keys()
    assert len(fields) == len(set(fields))
    assert NEEDS.keys() == TAKES.keys() == LABELS.keys()


def test_services_are_listed_as_people_write_them() -> None:
    assert labels({"openai", "slack"}) == "Slack, OpenAI"
