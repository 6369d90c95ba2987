"""`data forget-person` and `data forget-workspace` on the command line."""

from __future__ import annotations

import asyncio
import io
import json
import re
from pathlib import Path

import pytest

from bot.__main__ import main
from bot.clock import RandomIds
from bot.store.directory import Account, Workspace
from tests.support.clock import ManualClock
from tests.support.store_steps import new_store, running, sqlite_url
from tests.support.two_people import ALICE, BOB, WORDS, files_of, two_people

pytestmark = pytest.mark.full

Output = pytest.CaptureFixture[str]


async def fill(url: str, *, second_workspace: bool = False) -> None:
    async with running(new_store(url, ManualClock(), RandomIds())) as store:  # type: ignore[arg-type]  # ids are ids
        await two_people(store)
        if second_workspace:
            await store.directory.put_workspace(Workspace("T2", "Other"))
            await store.directory.put_account(Account("A2", "T2", "direct", "token-2"))


@pytest.fixture
def busy(tmp_path: Path) -> Path:
    """A database in which Alice and Bob have been busy; the folder of its file."""
    asyncio.run(fill(sqlite_url(tmp_path)))
    return tmp_path


def test_a_forgotten_person_has_left_the_files(busy: Path, capsys: Output) -> None:
    assert WORDS[ALICE].encode() in files_of(busy)
    assert main(["data", "forget-person", ALICE, "--yes"]) == 0
    left = files_of(busy)
    assert WORDS[ALICE].encode() not in left
    assert WORDS[BOB].encode() in left
    told = capsys.readouterr()
    assert told.out == ""
    assert re.search(rf"{ALICE} is forgotten in T1 and stands there as deleted-[0-9a-f]{{8}} now", told.err)
    assert "nothing is billed: 3 jobs" in told.err
    assert "HeyGen already has 4 jobs" in told.err


def test_it_can_be_done_again(busy: Path, capsys: Output) -> None:
    for _ in range(2):
        assert main(["data", "forget-person", ALICE, "--workspace", "T1", "--yes", "--json"]) == 0
    shown = capsys.readouterr().out
    assert json.loads(shown[shown.rindex("{") :])["cancelled"] == 0


def test_the_audit_log_names_the_operator_and_the_pseudonym(busy: Path, capsys: Output) -> None:
    assert main(["data", "forget-person", ALICE, "--yes", "--json"]) == 0
    pseudonym = json.loads(capsys.readouterr().out)["pseudonym"]
    assert main(["audit", "--limit", "1", "--json"]) == 0
    (line,) = json.loads(capsys.readouterr().out)
    assert (line["deed"], line["subject_id"], line["actor"].split(":")[0]) == ("data deleted", pseudonym, "operator")


def test_the_log_does_not_name_the_person(busy: Path, capsys: Output) -> None:
    main(["data", "forget-person", ALICE, "--yes"])
    (line,) = [line for line in capsys.readouterr().err.splitlines() if "data_deleted" in line]
    assert ALICE not in line


def test_a_setting_that_names_the_person_is_pointed_out(
    busy: Path, monkeypatch: pytest.MonkeyPatch, capsys: Output
) -> None:
    monkeypatch.setenv("APPROVERS", f"{ALICE},{BOB}")
    main(["data", "forget-person", ALICE, "--yes"])
    assert f"{ALICE} is still named in APPROVERS" in capsys.readouterr().err


def test_what_is_no_persons_id_is_refused(busy: Path, capsys: Output) -> None:
    assert main(["data", "forget-person", "alice", "--yes"]) == 2
    assert "'alice' is not the id of a person" in capsys.readouterr().err


def test_without_a_terminal_nothing_is_deleted_unless_yes_is_said(
    busy: Path, monkeypatch: pytest.MonkeyPatch, capsys: Output
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("y\n"))
    assert main(["data", "forget-person", ALICE]) == 2
    assert main(["data", "forget-workspace", "T1", "--force"]) == 2
    assert "--yes" in capsys.readouterr().err
    assert WORDS[ALICE].encode() in files_of(busy)


def test_the_workspace_has_to_be_named_where_there_are_several(tmp_path: Path, capsys: Output) -> None:
    asyncio.run(fill(sqlite_url(tmp_path), second_workspace=True))
    assert main(["data", "forget-person", ALICE, "--yes"]) == 2
    assert "--workspace is needed" in capsys.readouterr().err
    assert main(["data", "forget-person", ALICE, "--workspace", "T1", "--yes"]) == 0


def test_an_unknown_workspace_is_one_sentence(busy: Path, capsys: Output) -> None:
    assert main(["data", "forget-workspace", "T9", "--yes"]) == 1
    assert capsys.readouterr().err == "There is no workspace 'T9'.\n"


def test_a_workspace_goes_only_by_force_while_heygen_works(busy: Path, capsys: Output) -> None:
    assert main(["data", "forget-workspace", "T1", "--yes"]) == 1
    told = "HeyGen works on 7 jobs and LiveAvatar holds 2 live sessions of T1: about $9.20."
    assert told in capsys.readouterr().err
    assert main(["data", "forget-workspace", "T1", "--yes", "--force"]) == 0
    assert "$9.20 will still be billed" in capsys.readouterr().err
    left = files_of(busy)
    assert not any(trace.encode() in left for trace in (ALICE, BOB, *WORDS.values()))
