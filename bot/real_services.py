"""Real services in place of emulated ones in the playground: what each needs from the environment."""

from __future__ import annotations

from argparse import ArgumentTypeError
from collections.abc import Collection, Iterable

from bot.settings import Settings, SettingsError

LABELS = {"slack": "Slack", "heygen": "HeyGen", "liveavatar": "LiveAvatar", "openai": "OpenAI"}
# What is taken of the settings of a service that is to be real: what it needs, and what else belongs to it.
NEEDS = {
    "slack": ("slack_bot_token", "slack_app_token"),
    "heygen": ("heygen_api_key",),
    "liveavatar": ("liveavatar_api_key", "liveavatar_avatar_id"),
    "openai": ("openai_api_key", "openai_model"),
}
TAKES = {
    "slack": ("slack_signing_secret", "slack_api_url", "approvers", "operators", "admins", "ops_channel"),
    "heygen": ("heygen_base_url", "heygen_max_concurrent", "default_avatar_id", "default_voice_id", "prices"),
    "liveavatar": ("liveavatar_base_url", "liveavatar_sandbox", "liveavatar_max_concurrent"),
    "openai": (
        *("openai_base_url", "openai_wire", "openai_provider", "openai_capabilities", "openai_tool_search"),
        *("stt_model", "stt_wire", "tts_model", "tts_wire", "tts_voice", "tts_base_url", "tts_api_key"),
    ),
}


def named(text: str) -> frozenset[str]:
    """The services of a comma-separated list; `ArgumentTypeError` names one that does not exist."""
    names = frozenset(name.strip().lower() for name in text.split(",") if name.strip())
    if unknown := sorted(names - LABELS.keys()):
        raise ArgumentTypeError(f"{', '.join(unknown)}: choose from {', '.join(LABELS)}")
    return names


def with_real(emulated: Settings, given: Settings, real: Collection[str]) -> Settings:
    """The settings of a playground in which the services in `real` are not emulated.

    Raises `SettingsError` that names what is missing of their credentials.
    """
    if missing := [name.upper() for name in _of(NEEDS, real) if getattr(given, name) is None]:
        raise SettingsError(f"--real needs {', '.join(missing)}, in the environment or in .env.")
    changes = {name: getattr(given, name) for name in [*_of(NEEDS, real), *_of(TAKES, real)]}
    if "heygen" in real:
        changes["heygen_webhook_secret"] = None  # HeyGen cannot reach this machine: its jobs are polled
    return emulated.model_copy(update=changes)


def labels(names: Iterable[str]) -> str:
    """Names as people write them."""
    wanted = set(names)
    return ", ".join(label for name, label in LABELS.items() if name in wanted)


def _of(fields: dict[str, tuple[str, ...]], real: Collection[str]) -> list[str]:
    return [field for name, found in fields.items() if name in real for field in found]
