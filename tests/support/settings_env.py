"""The settings by which the app reaches the emulators, as an environment holds them."""

from __future__ import annotations

from emulators.heygen import HeyGenEmulator
from emulators.openai import OpenAIEmulator
from emulators.slack import SlackEmulator

HEYGEN_KEY = "hg-key-1"


def services_env(slack: SlackEmulator, openai: OpenAIEmulator, heygen: HeyGenEmulator | None = None) -> dict[str, str]:
    """What the app needs of Slack, OpenAI and HeyGen; without one of HeyGen's, nothing answers there."""
    return {
        "SLACK_BOT_TOKEN": slack.bot_token,
        "SLACK_SIGNING_SECRET": slack.signing_secret,
        "SLACK_API_URL": slack.api_url,
        "OPENAI_API_KEY": openai.api_key,
        "OPENAI_BASE_URL": openai.base_url,
        "OPENAI_MODEL": "emulated-planner",
        "HEYGEN_API_KEY": HEYGEN_KEY,
        "HEYGEN_BASE_URL": "http://127.0.0.1:9" if heygen is None else heygen.url,
    }
