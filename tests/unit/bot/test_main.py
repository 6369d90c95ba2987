"""The command line: conventions, exit codes, and one sentence for what is wrong."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvloop

from bot.__main__ import main
from bot.settings import Settings
from tests.support.logs import fresh_logs

ROOT = Path(__file__).parents[3]


@pytest.fixture(autouse=True)
def _empty_environment(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    monkeypatch.chdir(tmp_path_factory.mktemp("nothing"))
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    with fresh_logs():
        yield


def test_help_names_the_commands(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--help"])

    assert ended.value.code == 0
    shown = capsys.readouterr().out
    assert all(word in shown for word in ("serve", "check", "playground", "--once"))


def test_an_unknown_command_is_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["dance"])

    assert ended.value.code == 2
    assert "dance" in capsys.readouterr().err


def test_serve_without_settings_names_each_that_is_missing(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["serve"]) == 2

    error = capsys.readouterr().err
    assert all(name in error for name in ("SLACK_BOT_TOKEN", "HEYGEN_API_KEY", "SECRET_KEY"))
    assert "Traceback" not in error


@pytest.mark.parametrize("part", ["web", "worker"])
def test_what_shares_its_work_needs_postgresql(part: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([part]) == 2
    error = capsys.readouterr().err
    assert f"`{part}` shares its work" in error
    assert "PostgreSQL" in error
    assert "Traceback" not in error


def test_an_upload_needs_an_account(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["upload", "film.mp4"]) == 2
    assert "HEYGEN_API_KEY" in capsys.readouterr().err


def test_a_file_that_is_not_there_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HEYGEN_API_KEY", "hg-key-1")
    assert main(["upload", "film.mp4"]) == 1
    assert "film.mp4" in capsys.readouterr().err


def test_check_says_what_is_missing_and_fails(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check"]) == 1

    shown = capsys.readouterr().out
    assert "missing  SLACK_BOT_TOKEN" in shown
    assert "off      PUBLIC_URL" in shown
    assert "ok       database" in shown


def test_a_wrong_setting_is_one_sentence(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("PORT", "many")

    assert main(["check"]) == 2
    assert capsys.readouterr().err.startswith("greenroom: PORT ")


@pytest.mark.parametrize(
    ("command", "loop"),
    [
        ("playground", uvloop.Loop),
        ("mcp --http", uvloop.Loop),
        ("mcp", asyncio.SelectorEventLoop),
        ("check", asyncio.SelectorEventLoop),
    ],
)
def test_what_answers_others_runs_on_the_quick_event_loop(
    command: str, loop: type, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []

    async def run(*_: object) -> int:
        seen.append(type(asyncio.get_running_loop()))
        return 0

    monkeypatch.setattr("bot.__main__._run", run)
    assert main(command.split()) == 0
    assert issubclass(seen[0], loop)


def test_standard_streams_that_were_closed_are_held_open() -> None:
    script = (
        "import os\n"
        "from bot.__main__ import _hold_standard_streams as hold\n"
        "os.close(0); os.close(2); hold(); os.fstat(0); os.fstat(2); print(os.open('/dev/null', 0))"
    )
    ended = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=15, check=False
    )
    assert (ended.returncode, ended.stdout) == (0, "3\n")


def test_without_standard_streams_a_command_does_its_work(tmp_path: Path) -> None:
    script = f"from bot.__main__ import main; open({str(tmp_path / 'code')!r}, 'w').write(str(main(['serve'])))"
    without = 'exec "$0" -c "$1" <&- >&- 2>&-'
    environment = {"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"}
    subprocess.run(["sh", "-c", without, sys.executable, script], cwd=tmp_path, env=environment, timeout=15, check=True)
    assert (tmp_path / "code").read_text() == "2"
