"""The operator's command line: what goes where, exit codes, and who is asked before something changes."""

from __future__ import annotations

import io
import json
import os
import pwd
import re
import shlex
from pathlib import Path

import pytest

from bot.__main__ import main
from bot.operations.arguments import COMMANDS, OTHERS
from bot.store.overview import Kind
from tests.unit.bot.operations.conftest import Ids

pytestmark = pytest.mark.full

NAMES = {kind: name for name, kind in COMMANDS.items()}
DOCUMENT = Path(__file__).parents[4] / "docs/operations.md"
Output = pytest.CaptureFixture[str]


class Terminal(io.StringIO):
    """Somebody who types."""

    def isatty(self) -> bool:
        """It is one."""
        return True


@pytest.mark.parametrize("kind", Kind)
def test_the_list_is_the_default(ids: Ids, kind: Kind, capsys: Output) -> None:
    assert main([NAMES[kind]]) == 0
    shown = capsys.readouterr()
    assert (ids[kind] in shown.out, shown.err) == (True, "")


def test_options_work_without_the_word_list(ids: Ids, capsys: Output) -> None:
    assert main(["turns", "--state", "running", "--json"]) == 0
    assert [row["id"] for row in json.loads(capsys.readouterr().out)] == [ids[Kind.TURN]]


def test_an_empty_list_is_said_in_words(ids: Ids, capsys: Output) -> None:
    assert main(["turns", "--state", "cancelled"]) == 0
    assert capsys.readouterr() == ("", "No turn matches.\n")


def test_an_empty_list_is_an_empty_list_for_programs(ids: Ids, capsys: Output) -> None:
    assert main(["turns", "--state", "cancelled", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == []


@pytest.mark.parametrize(
    "arguments",
    [["turns", "--state", "happy"], ["turns", "--limit", "501"], ["turns", "--limit", "0"], ["turns", "show"]],
)
def test_wrong_usage_is_2(arguments: list[str], capsys: Output) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert capsys.readouterr().out == ""


def test_what_people_wrote_is_shown_only_when_asked_for(ids: Ids, capsys: Output) -> None:
    shown = []
    for options in ([], ["--reveal"]):
        assert main(["turns", "show", ids[Kind.TURN], *options]) == 0
        shown.append("Hello" in capsys.readouterr().out)
    assert shown == [False, True]


def test_a_page_for_programs_is_json(ids: Ids, capsys: Output) -> None:
    assert main(["jobs", "show", ids[Kind.JOB], "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["state"] == "unknown"


@pytest.mark.parametrize("action", [["show"], ["retry", "--yes"], ["give-up", "--yes"]])
def test_an_id_nobody_has_is_one_sentence(ids: Ids, action: list[str], capsys: Output) -> None:
    assert main(["jobs", *action, "job_9"]) == 1
    assert capsys.readouterr() == ("", "There is no job 'job_9'.\n")


def test_a_missing_database_is_one_sentence(capsys: Output) -> None:
    assert main(["turns"]) == 2
    assert capsys.readouterr().err.startswith("greenroom: There is no Greenroom database")


def test_a_change_says_what_it_did_and_who_did_it(ids: Ids, capsys: Output) -> None:
    assert main(["jobs", "retry", ids[Kind.JOB], "--yes"]) == 0
    line, sentence = capsys.readouterr().err.splitlines()
    logged = json.loads(line)
    assert sentence == f"Job {ids[Kind.JOB]} is unknown and is looked at again now."
    assert (logged["event"], logged["job"], logged["action"]) == ("operator_action", ids[Kind.JOB], "retry")
    assert logged["operator"] == pwd.getpwuid(os.getuid()).pw_name


def test_an_impossible_change_is_one_sentence(ids: Ids, capsys: Output) -> None:
    assert main(["submissions", "retry", ids[Kind.SUBMISSION], "--yes"]) == 1
    assert capsys.readouterr().err.endswith(" is sent: there is nothing to send.\n")


def test_without_a_terminal_nothing_changes_unless_yes_is_said(
    ids: Ids, monkeypatch: pytest.MonkeyPatch, capsys: Output
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("y\n"))
    assert main(["turns", "give-up", ids[Kind.TURN]]) == 2
    assert "--yes" in capsys.readouterr().err
    assert main(["turns", "--state", "running", "--json"]) == 0
    assert len(json.loads(capsys.readouterr().out)) == 1


@pytest.mark.parametrize(("typed", "code", "left"), [("y\n", 0, 0), ("n\n", 1, 1), ("", 1, 1)])
def test_on_a_terminal_it_asks(
    ids: Ids, monkeypatch: pytest.MonkeyPatch, capsys: Output, typed: str, code: int, left: int
) -> None:
    monkeypatch.setattr("sys.stdin", Terminal(typed))
    assert main(["turns", "give-up", ids[Kind.TURN]]) == code
    assert f"give-up turn {ids[Kind.TURN]}? [y/N]" in capsys.readouterr().err
    main(["turns", "--state", "running", "--json"])
    assert len(json.loads(capsys.readouterr().out)) == left


def documented() -> list[str]:
    """The commands in the operator's chapter."""
    chapter = DOCUMENT.read_text().split("## Operator's commands")[1].split("\n## ")[0]
    return re.findall(r"^\$ \S*python -m bot (.+?)(?: > \S+)?$", chapter, re.MULTILINE)


def test_the_document_shows_every_command() -> None:
    assert {line.split()[0] for line in documented()} == {*COMMANDS, *OTHERS}
    assert {"retry", "give-up", "show"} <= {line.split()[1] for line in documented() if " " in line}


@pytest.mark.parametrize("line", documented())
def test_commands_in_the_document_work(ids: Ids, failed_turn: str, line: str, capsys: Output) -> None:
    for kind, row_id in ({**ids, Kind.TURN: failed_turn} if "retry" in line else ids).items():
        line = re.sub(rf"\b{kind}_[0-9a-f]+", row_id, line)
    if line.startswith("replay"):
        place = conversation_of(ids, capsys)
        Path("journal.json").write_text(exported(place, capsys), encoding="utf-8")
        line = re.sub(r"\bconversation_[0-9a-f]+", place, line)
    assert main(shlex.split(line)) == 0, capsys.readouterr().err


def conversation_of(ids: Ids, capsys: Output) -> str:
    """The conversation of the running turn."""
    assert main(["turns", "show", ids[Kind.TURN], "--json"]) == 0
    return str(json.loads(capsys.readouterr().out)["conversation_id"])


def exported(conversation_id: str, capsys: Output) -> str:
    """Its journal."""
    assert main(["replay", "export", conversation_id]) == 0
    return capsys.readouterr().out
