"""`python -m bot mcp` as a process of its own, between the emulators."""

from __future__ import annotations

import sys
from os import environ  # noqa: TID251 - what a process inherits
from pathlib import Path

from emulators.heygen import HeyGenEmulator
from emulators.openai import OpenAIEmulator
from emulators.slack import SlackEmulator
from tests.support.mcp import OverStdio, token_line
from tests.support.settings_env import services_env

ROOT = Path(__file__).parents[2]
COMMAND = (sys.executable, "-m", "bot", "mcp")


def environment(
    slack: SlackEmulator, openai: OpenAIEmulator, heygen: HeyGenEmulator, folder: Path, port: int, **more: str
) -> dict[str, str]:
    """The settings of such a process; its token is alice's."""
    token = token_line(slack.workspace.team_id, slack.workspace.person("alice").id)
    inherited = {name: environ[name] for name in ("PATH", "HOME", "COVERAGE_PROCESS_START") if name in environ}
    return inherited | {
        "PYTHONPATH": str(ROOT),
        **services_env(slack, openai, heygen),
        "DATABASE_URL": f"sqlite:///{folder}/programs.db",
        "SECRET_KEY": "program-secret-key-of-32-characters",
        "FETCH_ALLOWED_HOSTS": heygen.url.removeprefix("http://"),
        "ALLOW_EMULATORS": "true",
        "MCP_TOKENS": token,
        "MCP_CHANNEL": slack.workspace.place("videos").id,
        "PORT": str(port),
        "PUBLIC_URL": f"http://127.0.0.1:{port}",
        "LOG_LEVEL": "warning",
        **more,
    }


async def started(environment: dict[str, str], folder: Path) -> OverStdio:
    """The process, once it has answered the first word."""
    return await OverStdio.start(COMMAND, environment, str(folder))
