"""What is asked, in which order, and what depends on what was answered. No input and no output."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

SIGNING_SECRET = re.compile(r"[0-9a-f]{32}")
PUBLIC_URL = "PUBLIC_URL"


@dataclass(frozen=True, slots=True)
class Question:
    """One setting to ask for. `check` names the service of `bot.check` that tells whether the answer works."""

    name: str
    text: str
    secret: bool = False
    optional: bool = False
    check: str | None = None


WHERE = Question(
    PUBLIC_URL,
    "The https address where Slack, HeyGen and browsers reach this machine (nothing: Socket Mode, and no links)",
    optional=True,
)
BOT_TOKEN = Question(
    "SLACK_BOT_TOKEN", "The app's bot token: “OAuth & Permissions”, after “Install to Workspace” (xoxb-…)", True,
    check="slack",
)  # fmt: skip
APP_TOKEN = Question(
    "SLACK_APP_TOKEN", "An app-level token with connections:write: “Basic Information” (xapp-…)", True, check="socket"
)
SECRET_OF_SLACK = Question("SLACK_SIGNING_SECRET", "The app's signing secret: “Basic Information”", True)
AFTER_SLACK = (
    Question("OPENAI_API_KEY", "The key of the language model's server", True, check="model"),
    Question("OPENAI_MODEL", "The name of the language model", check="model"),
    Question("HEYGEN_API_KEY", "HeyGen's API key", True, check="heygen"),
    Question(
        "LIVEAVATAR_API_KEY",
        "LiveAvatar's API key (nothing: no live sessions)",
        True,
        optional=True,
        check="liveavatar",
    ),
)
AVATAR = Question("LIVEAVATAR_AVATAR_ID", "The id of the avatar of live sessions")
ASKED = frozenset(one.name for one in (WHERE, BOT_TOKEN, APP_TOKEN, SECRET_OF_SLACK, *AFTER_SLACK, AVATAR))


def of_slack(known: Mapping[str, str]) -> tuple[Question, ...]:
    """What is asked about Slack: how its requests are told from others depends on the way they come."""
    over_http = PUBLIC_URL in known and "SLACK_APP_TOKEN" not in known
    return (BOT_TOKEN, SECRET_OF_SLACK if over_http else APP_TOKEN)


def after_slack(known: Mapping[str, str]) -> tuple[Question, ...]:
    """What is asked about the other services, but for the avatar."""
    through_truto = known.get("HEYGEN_TRANSPORT") == "truto"
    return tuple(one for one in AFTER_SLACK if not (through_truto and one.name == "HEYGEN_API_KEY"))


def hint(name: str, value: str) -> str | None:
    """What looks odd about an answer that no service can be asked about."""
    if name == SECRET_OF_SLACK.name and not SIGNING_SECRET.fullmatch(value):
        return (
            "Slack's are 32 digits and letters from a to f. A wrong one shows when Slack's requests are answered 401."
        )
    return None
