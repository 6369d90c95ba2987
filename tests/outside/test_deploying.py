"""The container's recipe: judged by hadolint, and carried out as far as a machine without containers can.

Not carried out: the base image, `apt-get`, the user, and what only a container runtime does.
"""

from __future__ import annotations

import asyncio
import fnmatch
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot.__main__ import COMMANDS
from emulators.openai import OpenAIEmulator
from emulators.slack import SlackEmulator
from tests.outside.judges import ROOT, TOOLS, need
from tests.support.settings_env import services_env

pytestmark = [pytest.mark.outside, pytest.mark.timeout(600)]

HADOLINT = TOOLS / "python/bin/hadolint"
PATIENCE = 60.0
INSTRUCTION = re.compile(r"^([A-Z]+)\s+(.*)$", re.DOTALL)
LATEST = "FROM python:latest\nRUN cd /tmp && sudo apt-get install curl\n"


def hadolint(recipe: str) -> subprocess.CompletedProcess[str]:
    need(HADOLINT, "hadolint is not installed: run .ci/outside")
    return subprocess.run([HADOLINT, "-"], input=recipe, capture_output=True, text=True, timeout=60, check=False)


def recipe() -> str:
    return (ROOT / "Dockerfile").read_text()


def instructions() -> list[tuple[str, str]]:
    """The Dockerfile's instructions, joined over their lines."""
    lines = [line for line in recipe().splitlines() if not line.startswith("#")]
    joined = re.sub(r"\\\n\s*", " ", "\n".join(lines))
    found = [INSTRUCTION.match(line) for line in joined.splitlines() if line.strip()]
    return [(one.group(1), one.group(2).strip()) for one in found if one]


def of(kind: str) -> list[str]:
    return [rest for name, rest in instructions() if name == kind]


def yaml(path: str) -> Any:
    """A YAML file, read by the parser that another judge brought along."""
    program = "import json, sys, yaml; print(json.dumps(yaml.safe_load(sys.stdin)))"
    packages = TOOLS / "python"
    need(packages, "no YAML parser is installed: run .ci/outside")
    environment = {"PATH": os.defpath, "PYTHONPATH": str(packages)}
    text = (ROOT / path).read_text()
    done = subprocess.run(
        [sys.executable, "-c", program], input=text, capture_output=True, text=True, env=environment, check=True
    )
    return json.loads(done.stdout)


def copied(source: str, folder: Path) -> None:
    """What `COPY` puts there of a source: only what .dockerignore lets through."""
    rules = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if line and not line.startswith("#")]
    assert rules[0] == "*"
    assert f"!{source}" in rules
    unwanted = [rule.removeprefix("**/") for rule in rules if rule.startswith("**/")]
    if (ROOT / source).is_dir():
        shutil.copytree(ROOT / source, folder, ignore=lambda _, names: [
            name for name in names if any(fnmatch.fnmatch(name, rule) for rule in unwanted)
        ])  # fmt: skip
    else:
        shutil.copy(ROOT / source, folder)


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what the image has in /app and /opt/greenroom."""
    root = tmp_path_factory.mktemp("image")
    app, packages = root / "app", root / "opt/greenroom"
    app.mkdir()
    for line in of("COPY"):
        source, target = line.split()[-2:]
        if "--from=" not in line:
            copied(source, root / "runtime.txt" if target.startswith("/tmp/") else app / target)
    [install] = [line for line in of("RUN") if "pip install" in line]
    install = install.replace("/opt/greenroom", str(packages)).replace("/tmp/runtime.txt", str(root / "runtime.txt"))
    install = install.replace("python -m venv", f"{sys.executable} -m venv", 1).replace(" --no-cache-dir", "")
    subprocess.run(["/bin/sh", "-ec", install], check=True, timeout=550)
    return root


def environment(image: Path, **more: str) -> dict[str, str]:
    """What the image sets, with the folder's paths."""
    found = dict(re.findall(r"(\w+)=(\S+)", " ".join(of("ENV"))))
    path = found.pop("PATH").replace("/opt/greenroom", str(image / "opt/greenroom")).replace("$PATH", os.defpath)
    return {**found, "PATH": path, **more}


@pytest.fixture
async def services(tmp_path: Path) -> AsyncIterator[dict[str, str]]:
    """Settings that the app starts with."""
    slack, openai = SlackEmulator(), OpenAIEmulator()
    for emulator in (slack, openai):
        await emulator.start()
    yield {
        **services_env(slack, openai),
        "SECRET_KEY": "k" * 64,
        "ALLOW_EMULATORS": "true",
        "DATABASE_URL": f"sqlite:///{tmp_path}/greenroom.db",
        "HOST": "127.0.0.1",
        "PORT": "0",
    }
    for emulator in (slack, openai):
        await emulator.stop()


def test_hadolint_has_nothing_to_say() -> None:
    done = hadolint(recipe())
    assert (done.returncode, done.stdout) == (0, "")


def test_hadolint_would_say_something() -> None:
    """A judge that passes everything would make the test above worthless."""
    done = hadolint(LATEST)
    assert done.returncode != 0
    assert {"DL3004", "DL3007"} <= set(re.findall(r"DL\d+", done.stdout))


async def test_what_the_image_has_starts_is_healthy_and_stops(image: Path, services: dict[str, str]) -> None:
    """Its packages and its code alone: installed from the lock, begun as the container begins, asked as it is asked."""
    [entry], [command], [health] = of("ENTRYPOINT"), of("CMD"), of("HEALTHCHECK")
    started = await asyncio.create_subprocess_exec(
        *json.loads(entry),
        *json.loads(command),
        cwd=image / "app",
        env=environment(image, **services),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    assert started.stdout is not None
    try:
        while b"listening on" not in (line := await asyncio.wait_for(started.stdout.readline(), PATIENCE)):
            assert line, "the app ended"
        port = line.decode().strip().rsplit(":", 1)[1]
        asked = json.loads(health.partition("CMD ")[2])
        assert await ended(asked, image, PORT=port) == 0
        started.send_signal(signal.SIGTERM)
        await asyncio.wait_for(started.communicate(), PATIENCE)
        assert started.returncode == 0
        assert await ended(asked, image, PORT=port) != 0
    finally:
        if started.returncode is None:
            started.kill()
            await started.wait()


async def ended(command: list[str], image: Path, **more: str) -> int:
    """The exit code of a command in the image."""
    quiet = asyncio.subprocess.DEVNULL
    process = await asyncio.create_subprocess_exec(
        *command, cwd=image / "app", env=environment(image, **more), stdout=quiet, stderr=quiet
    )
    return await asyncio.wait_for(process.wait(), PATIENCE)


async def test_emulators_and_secrets_stay_out_of_the_image(image: Path) -> None:
    assert await ended(["python", "-c", "import bot.app"], image) == 0
    assert await ended(["python", "-c", "import emulators"], image) != 0
    assert sorted(path.name for path in (image / "app").iterdir()) == ["agent", "bot", "heygen"]


def test_who_runs_the_app_may_do_little() -> None:
    assert of("USER") == ["10001:10001"]
    services = yaml("compose.yaml")["services"]
    for name in ("web", "worker"):
        assert (services[name]["read_only"], services[name]["cap_drop"]) == (True, ["ALL"])


def test_every_recipe_names_commands_that_exist() -> None:
    services = yaml("compose.yaml")["services"]
    named = [services[name]["command"][0] for name in ("web", "worker")]
    named += re.findall(r"^\w+: python -m bot (\w+)", (ROOT / "Procfile").read_text(), re.MULTILINE)
    assert set(named) == {"web", "worker"} <= set(COMMANDS)


def test_the_public_ci_does_what_ci_run_does() -> None:
    steps = yaml(".github/workflows/checks.yml")["jobs"]["checks"]["steps"]
    assert steps[-1]["run"] == ".ci/run"
    assert os.access(ROOT / ".ci/run", os.X_OK)
