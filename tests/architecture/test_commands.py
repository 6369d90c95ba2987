"""What the documents tell somebody to type is typed: by the program, by the shell, by make, or by the test it names."""

from __future__ import annotations

import asyncio
import os
import re
import shlex
import subprocess
import sys
import tomllib
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from bot.__main__ import SCENARIOS as OFFERED
from bot.__main__ import _parser, main
from bot.operations import completed
from bot.settings import Settings
from emulators.heygen import HeyGenEmulator, media
from emulators.openai import OpenAIEmulator
from emulators.scenarios import SCENARIOS
from emulators.slack import SlackEmulator
from tests.architecture.commands import OPERATOR, VERDICTS, Command, Way, commands, file_of, verdict_of
from tests.architecture.settings_docs import ROOT
from tests.support.logs import fresh_logs
from tests.support.settings_env import services_env
from tests.unit.bot.operations import test_commands as operators

ALL = commands()
PATIENCE = 30.0


def of(way: Way) -> list[Command]:
    """Each text once."""
    found = {one.text: one for one in ALL if (verdict := verdict_of(one)) and verdict.way is way}
    return list(found.values())


def parsed(arguments: list[str]) -> str:
    """What is wrong with them; nothing if the program takes them."""
    try:
        _parser().parse_args(completed(arguments))
    except SystemExit as ended:
        return f"exit {ended.code}"
    return ""


def test_each_command_has_a_verdict_and_each_verdict_a_command() -> None:
    """A new command in a document needs a line in `VERDICTS`: run it, name the test that does, or say why not."""
    given = {one: verdict_of(one) for one in ALL}
    assert [one for one, verdict in given.items() if verdict is None] == []
    assert [verdict.pattern for verdict in VERDICTS if verdict not in given.values()] == []


def test_the_program_takes_each_command_with_its_options() -> None:
    assert {one.text: wrong for one in ALL if one.bot is not None and (wrong := parsed(one.bot))} == {}


def test_what_is_named_as_a_proof_is_a_test() -> None:
    proofs = {verdict.why for verdict in VERDICTS if verdict.way is Way.PROVEN}
    assert [one for one in proofs if f"def {one.partition('::')[2]}(" not in file_of(one).read_text()] == []


def test_the_operators_commands_are_those_that_their_test_runs() -> None:
    shown = {shlex.join(one.bot or []) for one in ALL if (verdict := verdict_of(one)) and verdict.why == OPERATOR}
    assert shown <= {shlex.join(shlex.split(line)) for line in operators.documented()}


def test_make_knows_each_target() -> None:
    for one in of(Way.TARGET):
        done = subprocess.run(["/bin/sh", "-c", f"{one.text} --dry-run"], cwd=ROOT, capture_output=True, check=False)
        assert (done.returncode, one.text) == (0, one.text), done.stderr.decode()


def test_what_make_run_is_given_is_what_the_program_takes() -> None:
    given = [word.removeprefix("ARGS=") for one in of(Way.TARGET) for word in one.words if word.startswith("ARGS=")]
    assert given
    assert {text: wrong for text in given if (wrong := parsed(shlex.split(text)))} == {}


def test_the_program_offers_every_scenario() -> None:
    assert set(OFFERED) == set(SCENARIOS)


def test_compose_has_the_services_that_commands_name() -> None:
    services = set(re.findall(r"^  (\w+):$", (ROOT / "compose.yaml").read_text(), re.MULTILINE))
    named = " ".join(one.text for one in ALL if one.text.startswith("docker compose"))
    exec_in = re.findall(r"compose exec (?:-T )?(\w+)", named)
    scaled = re.findall(r"--scale (\w+)=", named)
    stopped = [
        name for words in re.findall(r"compose (?:stop|start) ([\w ]+?)(?: docker|$)", named) for name in words.split()
    ]
    assert {"web", "worker", "database"} == {*exec_in, *scaled, *stopped} <= services


def test_what_is_installed_is_what_the_extra_asks_for() -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    installed = [set(one.words[2:]) for one in ALL if one.text.startswith(".venv/bin/pip install")]
    assert installed
    assert [packages for packages in installed if packages not in [set(extra) for extra in extras.values()]] == []


@pytest.fixture
async def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Path]:
    """Where somebody has cloned it and been through setup, with the emulators in the place of the services."""
    slack, openai, heygen = SlackEmulator(), OpenAIEmulator(), HeyGenEmulator()
    async with AsyncExitStack() as stack:
        for emulator in (slack, openai, heygen):
            await emulator.start()
            stack.push_async_callback(emulator.stop)
        values = {
            **services_env(slack, openai, heygen),
            "SECRET_KEY": "k" * 64,
            "PUBLIC_URL": "https://greenroom.example.com",
        }
        (tmp_path / ".env").write_text("".join(f"{name}={value}\n" for name, value in values.items()))
        (tmp_path / "FILE").write_bytes(media.mp4("film", 20))
        (tmp_path / ".data").mkdir()
        (tmp_path / ".venv/bin").mkdir(parents=True)
        for name in ("python", "python3"):
            script = tmp_path / ".venv/bin" / name
            script.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
            script.chmod(0o755)
        for name in Settings.model_fields:
            monkeypatch.delenv(name.upper(), raising=False)
        monkeypatch.chdir(tmp_path)
        with fresh_logs():
            yield tmp_path


async def test_commands_work_where_it_is_set_up(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`check` comes first and makes the database, as for anybody who begins."""
    assert of(Way.RUN)[0].bot == ["check"]
    for one in of(Way.RUN):
        code = await asyncio.to_thread(main, one.bot)
        shown = capsys.readouterr()
        verdict = verdict_of(one)
        assert (one.text, code) == (one.text, verdict and verdict.code), shown
        assert shown.out + shown.err


@pytest.mark.full  # a process for each
@pytest.mark.timeout(90)
async def test_lines_for_the_shell_work_in_a_shell(folder: Path) -> None:
    for one in of(Way.SHELL):
        process = await asyncio.create_subprocess_exec(
            *("/bin/sh", "-ec", one.text),
            cwd=folder,
            env={"PATH": f"{folder}/.venv/bin:{os.defpath}", "PYTHONPATH": str(ROOT)},
            stderr=asyncio.subprocess.PIPE,
        )
        async with asyncio.timeout(PATIENCE):
            _, said = await process.communicate()
        assert (one.text, process.returncode) == (one.text, 0), said.decode()
