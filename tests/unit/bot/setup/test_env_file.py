"""The file is changed line by line, at once, and is its owner's."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from bot.setup import env_file

ODD = {"A": 'it\'s # "odd" $HOME \\n =', "B": "ünï", "C": "plain"}


def test_what_is_put_is_read_and_nothing_else_changes(tmp_path: Path) -> None:
    path = tmp_path / ".env"
    path.write_text("# kept\nLOG_LEVEL=debug\nexport C='before'\n")
    path.chmod(0o644)
    env_file.put(path, ODD)
    assert env_file.read(path) == {"LOG_LEVEL": "debug", **ODD}
    env_file.put(path, {"TOKEN": "xoxb-1.2"})
    assert "\nTOKEN=xoxb-1.2\n" in path.read_text()
    assert path.read_text().startswith("# kept\nLOG_LEVEL=debug\n")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_that_cannot_be_written_is_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / ".env"
    path.write_text("A=1\n")

    def full(*_: object) -> None:
        raise OSError("no space left")

    monkeypatch.setattr("os.replace", full)
    with pytest.raises(OSError, match="no space"):
        env_file.put(path, {"A": "2"})
    assert (path.read_text(), list(tmp_path.iterdir())) == ("A=1\n", [path])
