"""Starting the judges: where they are installed, and a process that listens until it is no longer needed."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
TOOLS = ROOT / ".tools/outside"
PRISM = TOOLS / "node_modules/.bin/prism"
AIMOCK = TOOLS / "node_modules/.bin/llmock"  # aimock's server has the name of the other tool
LLMOCK = TOOLS / "python/bin/llmock"
EMULATE = TOOLS / "node_modules/emulate"
NEWER_NODE = TOOLS / "node_modules/.bin/node"  # emulate needs 22.15; on Linux one comes from npm
DOCUMENT = ROOT.parent / "shared/reference/heygen-openapi.json"
HERE = Path(__file__).parent
FIXTURES = HERE / "fixtures"

Json = dict[str, Any]

START_SECONDS = 60.0
STOP_SECONDS = 10.0
LOG_SHOWN = 4_000


@dataclass(frozen=True, slots=True)
class Judge:
    """A judge that listens at `url` and writes what it sees to `log`."""

    url: str
    log: Path

    def told(self) -> str:
        """What it has written so far."""
        return self.log.read_text(errors="replace")


def need(path: Path, reason: str) -> None:
    """Skip where `path` is missing; fail in CI, where a judge that stays away would go unnoticed."""
    if path.exists():
        return
    if os.environ.get("CI") == "true":  # noqa: TID251 - whether this is CI is no setting of the product
        pytest.fail(reason)
    pytest.skip(reason)


@contextmanager
def prism(log: Path) -> Iterator[Judge]:
    """HeyGen as its schema describes it."""
    need(DOCUMENT, "HeyGen's OpenAPI file is not beside this checkout")
    need(PRISM, "Prism is not installed: run .ci/outside")
    with _listening([PRISM, "mock", "-h", "127.0.0.1", "-p", "{port}", DOCUMENT], log) as judge:
        yield judge


@contextmanager
def aimock(log: Path) -> Iterator[Judge]:
    """A model that says what the fixtures say, and answers 503 to everything that none of them foresees."""
    need(AIMOCK, "aimock is not installed: run .ci/outside")
    options: list[str | Path] = ["-f", FIXTURES, "--strict", "--validate-on-load"]
    with _listening([AIMOCK, "-h", "127.0.0.1", "-p", "{port}", *options], log) as judge:
        yield judge


@contextmanager
def llmock(log: Path) -> Iterator[Judge]:
    """A model that fails as told and judges how its client takes it."""
    need(LLMOCK, "llmock is not installed: run .ci/outside")
    # The pause between chunks lets it notice a client that hangs up in the middle of a stream.
    options: list[str | Path] = ["serve", "--host", "127.0.0.1", "--port", "{port}", "--stream-chunk-delay-ms", "5"]
    command = ["env", f"PYTHONPATH={TOOLS}/python", sys.executable, LLMOCK, *options]
    with _listening(command, log) as judge:
        yield judge


@contextmanager
def emulate(log: Path, configuration: Json) -> Iterator[Judge]:
    """A Slack: its Web API and its events, signed."""
    need(EMULATE, "emulate is not installed: run .ci/outside")
    node: str | Path = NEWER_NODE if NEWER_NODE.exists() else "node"
    arguments: list[str | Path] = [TOOLS / "node_modules", "{port}", json.dumps(configuration)]
    with _listening([node, HERE / "slack_by_others.mjs", *arguments], log) as judge:
        yield judge


@contextmanager
def _listening(command: list[str | Path], log: Path) -> Iterator[Judge]:
    port = _free_port()
    arguments = [str(part).replace("{port}", str(port)) for part in command]
    with log.open("wb") as output:
        # A process group of its own, so that children of wrappers end with it.
        process = subprocess.Popen(arguments, stdout=output, stderr=output, start_new_session=True)
    try:
        _wait_until_listening(process, port, log)
        yield Judge(f"http://127.0.0.1:{port}", log)
    finally:
        _end(process)


def _wait_until_listening(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1.0).close()
        except OSError:
            time.sleep(0.05)  # nothing tells when another process begins to listen
        else:
            return
    pytest.fail(f"{process.args!r} does not listen:\n{log.read_text(errors='replace')[-LOG_SHOWN:]}")


def _end(process: subprocess.Popen[bytes]) -> None:
    for how in (signal.SIGTERM, signal.SIGKILL):
        if process.poll() is not None:
            return
        os.killpg(process.pid, how)
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            continue


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
