"""`make interop`: clients that none of us wrote, each with the lines of docs/mcp.md, against the real app.

Arguments are the clients to run; their environments are in .tools/interop, made by .ci/interop, where a file
`<name>.failed` says why one could not be made. Such a client is named and counted, and is no failure of ours.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import secrets
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from agent.jobs import PollPlan
from bot import observability
from bot.app import Tempo, running
from bot.server import Server, bound, url_of
from bot.settings import Settings
from bot.slack.manifest import manifest
from emulators.heygen import HeyGenEmulator
from emulators.openai import OpenAIEmulator
from emulators.slack import SlackEmulator
from tests.interop.snippets import ROOT, program, snippets
from tests.support.mcp import token_line
from tests.support.settings_env import services_env

TOOLS = ROOT / ".tools/interop"
CLIENTS = {
    "agents": "OpenAI Agents SDK",
    "langchain": "LangChain and LangGraph",
    "crewai": "CrewAI",
    "claude": "Claude (Anthropic's SDK)",
    "ai": "Vercel AI SDK",
    "inspector": "MCP Inspector over HTTP",
    "stdio": "MCP Inspector over stdio",
}
# What could be run only with an account of the maker's.
NOT_RUN = {
    "claude-agent-sdk": "its command line takes its model from Anthropic's service, which needs an account",
    "ChatGPT": "its connectors run at OpenAI's, which does not reach this machine",
}
NODE = frozenset({"ai", "inspector", "stdio"})
SECONDS = 150.0
AT_ONCE = 2
TEMPO = Tempo(poll=PollPlan(steps=((60.0, 1.0),), last=2.0))


@dataclass(frozen=True, slots=True)
class Stage:
    """The running app, as clients see it."""

    url: str
    video: str
    slack: SlackEmulator
    openai: OpenAIEmulator
    heygen: HeyGenEmulator
    secrets: dict[str, str]
    environment: dict[str, str]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a client: True, False, or None where it could not be installed."""

    name: str
    passed: bool | None
    words: str
    seconds: float = 0.0


async def main(names: list[str]) -> int:
    """Run the clients, tell, and return the exit code."""
    observability.configure("error")
    async with opened() as stage:
        gate = asyncio.Semaphore(AT_ONCE)
        verdicts = await asyncio.gather(*(_judged(stage, name, gate) for name in names or CLIENTS))
    for one in verdicts:
        mark = {True: "✓", False: "✗", None: "–"}[one.passed]
        tell(f"  {mark} {CLIENTS[one.name]}: {one.words} ({one.seconds:.0f} s)")
    for name, why in NOT_RUN.items():
        tell(f"  – {name}: not run: {why}")
    passed, failed = (sum(one.passed is verdict for one in verdicts) for verdict in (True, False))
    absent = sum(one.passed is None for one in verdicts)
    tell(f"interop: {absent} not installed, {len(NOT_RUN)} not to be run here")
    tell(f"clients: {passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


def tell(line: str) -> None:
    """Say it at once."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


@asynccontextmanager
async def opened() -> AsyncIterator[Stage]:
    """The app between its emulators, with a token for each client."""
    slack, openai, heygen = SlackEmulator(), OpenAIEmulator(), HeyGenEmulator(speed="fast")
    emulators = (slack, openai, heygen)
    for emulator in emulators:
        await emulator.start()
    slack.install(manifest(url="https://green.example"))
    listener = bound("127.0.0.1", 0)
    with tempfile.TemporaryDirectory(prefix="greenroom-interop-") as folder:
        alice = slack.workspace.person("alice").id
        lines = {name: token_line(slack.workspace.team_id, alice, "40", name) for name in CLIENTS}
        environment = _environment(slack, openai, heygen, Path(folder))
        given = {name.lower(): value for name, value in environment.items() if name != "DATABASE_URL"}
        settings = Settings(
            _env_file=None,
            **given,
            database_url=f"sqlite:///{folder}/greenroom.db",
            public_url=url_of(listener),
            mcp_tokens=SecretStr(", ".join(lines.values())),
        )
        async with running(settings, tempo=TEMPO) as app:
            server = Server(app.asgi, listener)
            await server.start()
            slack.configure(f"{server.url}/slack/events")
            known = {name: line.rpartition("/")[2] for name, line in lines.items()}
            video = f"{heygen.url}/sources/launch.mp4"
            yield Stage(f"{server.url}/mcp", video, slack, openai, heygen, known, environment)
            await server.stop()
        listener.close()
    for emulator in reversed(emulators):
        await emulator.stop()


def _environment(slack: SlackEmulator, openai: OpenAIEmulator, heygen: HeyGenEmulator, folder: Path) -> dict[str, str]:
    """Settings, as the environment holds them; of the process that is started over stdio, too."""
    return {
        **services_env(slack, openai, heygen),
        "DATABASE_URL": f"sqlite:///{folder}/stdio.db",
        "SECRET_KEY": secrets.token_hex(32),
        "FETCH_ALLOWED_HOSTS": heygen.url.removeprefix("http://"),
        "MCP_CHANNEL": slack.workspace.place("videos").id,
        "ALLOW_EMULATORS": "true",
        "PORT": "0",
    }


async def _judged(stage: Stage, name: str, gate: asyncio.Semaphore) -> Verdict:
    failed = TOOLS / f"{'node' if name in NODE else name}.failed"
    if failed.exists():
        return Verdict(name, None, f"not installed: {' '.join(failed.read_text().split())[-300:]}")
    async with gate:
        begun = time.monotonic()
        try:
            words = await (_inspected(stage, name) if name in ("inspector", "stdio") else _played(stage, name))
        except (AssertionError, TimeoutError, ValueError, KeyError, OSError) as error:
            return Verdict(name, False, f"{type(error).__name__}: {error}", time.monotonic() - begun)
        return Verdict(name, True, words, time.monotonic() - begun)


async def _played(stage: Stage, name: str) -> str:
    """Run a client's snippet as a program of its own."""
    folder = TOOLS / ("node" if name in NODE else name)
    file = folder / f"snippet.{'mjs' if name in NODE else 'py'}"
    file.write_text(program(name))
    command = ["node", str(file)] if name in NODE else [str(folder / "bin/python"), str(file)]
    said = await _run(command, folder, _given(stage, name))
    reports = [line for line in said.splitlines() if line.startswith("REPORT ")]
    assert reports, f"it said nothing: {said[-1500:]}"
    report = json.loads(reports[-1].removeprefix("REPORT "))
    return _complete(report["tools"], report["handle"], report["done"], report["how"])


async def _inspected(stage: Stage, name: str) -> str:
    """The inspector's command line, over HTTP or over the configuration that the page shows."""
    folder = TOOLS / "node"
    where = _over_http(stage, name) if name == "inspector" else _over_stdio(stage, name, folder)

    async def ask(method: str, *more: str) -> Any:
        command = [str(folder / "node_modules/.bin/mcp-inspector"), "--cli", *where, "--method", method, *more]
        said = await _run(command, folder, _given(stage, name))
        return json.loads(said[said.index("{") :])

    names = [tool["name"] for tool in (await ask("tools/list"))["tools"]]
    arguments = ["--tool-arg", f"source={stage.video}", 'languages=["French"]']
    submitted = (await ask("tools/call", "--tool-name", "translate_video", *arguments))["structuredContent"]
    handle = submitted["jobs"][0]["handle"]
    wait = ["--tool-name", "wait_for_job", "--tool-arg", f'handles=["{handle}"]', "seconds=50"]
    for _ in range(3):  # over stdio each look is a process of its own, which has to find out what it missed
        done = (await ask("tools/call", *wait))["structuredContent"]
        if done["done"]:
            break
    return _complete(names, handle, done, "called by its command line")


def _over_http(stage: Stage, name: str) -> list[str]:
    header = f"Authorization: Bearer {stage.secrets[name]}"
    return [stage.url, "--transport", "http", "--header", header]


def _over_stdio(stage: Stage, name: str, folder: Path) -> list[str]:
    config = json.loads(snippets()["stdio"].replace("/path/to/greenroom", str(ROOT)))
    server = config["mcpServers"]["greenroom"]
    line = token_line(stage.slack.workspace.team_id, stage.slack.workspace.person("alice").id, "40", name)
    server["env"] |= stage.environment | {"MCP_TOKENS": line, "MCP_TOKEN": stage.secrets[name]}
    file = folder / "stdio.json"
    file.write_text(json.dumps(config))
    return ["--config", str(file), "--server", "greenroom"]


def _complete(names: list[str], handle: str, done: dict[str, Any], how: str) -> str:
    assert {"translate_video", "get_job", "wait_for_job", "find_tools"} <= set(names), names
    assert (done["code"], done["done"]) == ("completed", True), done
    assert done["jobs"][0]["handle"] == handle
    assert re.match(r"J\d+$", handle), handle
    return f"{len(names)} tools, {handle} {how}, completed"


def _given(stage: Stage, name: str) -> dict[str, str]:
    inherited = {key: os.environ[key] for key in ("PATH", "HOME") if key in os.environ}  # noqa: TID251
    return inherited | {
        "GREENROOM_URL": stage.url,
        "GREENROOM_TOKEN": stage.secrets[name],
        "GREENROOM_VIDEO": stage.video,
        "INTEROP_MODEL": "openai:gpt-5" if name == "langchain" else "gpt-5",
        "OPENAI_API_KEY": stage.openai.api_key,
        "OPENAI_BASE_URL": stage.openai.base_url,
        "OPENAI_AGENTS_DISABLE_TRACING": "1",
        "CREWAI_DISABLE_TELEMETRY": "true",
        "CREWAI_TRACING_ENABLED": "false",
        "OTEL_SDK_DISABLED": "true",
        "LANGSMITH_TRACING": "false",
    }


async def _run(command: list[str], folder: Path, environment: dict[str, str]) -> str:
    """What a process says; `AssertionError` when it fails."""
    pipe = asyncio.subprocess.PIPE
    null = asyncio.subprocess.DEVNULL
    process = await asyncio.create_subprocess_exec(
        *command, stdin=null, stdout=pipe, stderr=pipe, env=environment, cwd=folder
    )
    try:
        async with asyncio.timeout(SECONDS):
            said, complaint = await process.communicate()
    except TimeoutError:
        process.kill()
        await process.wait()
        raise
    assert process.returncode == 0, f"{(said + complaint).decode()[-2500:]}"
    return said.decode()


if __name__ == "__main__":
    sys.exit(asyncio.run(main(sys.argv[1:])))
