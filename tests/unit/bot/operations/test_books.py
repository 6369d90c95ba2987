"""`audit`, `ledger` and `approvals` on the command line."""

from __future__ import annotations

import asyncio
import json
import re
import time
from pathlib import Path

import pytest

from agent.money import Reason
from bot.__main__ import main
from bot.clock import RandomIds
from tests.support.clock import ManualClock
from tests.support.store_steps import PERSON, new_store, new_submission, open_turn, running, sqlite_url

pytestmark = pytest.mark.full

Output = pytest.CaptureFixture[str]


async def asked(url: str, *, approved: bool) -> str:
    """A request for two languages that waits for an approval, or has it; returns its id."""
    clock = ManualClock(time.time() - 600)
    async with running(new_store(url, clock, RandomIds())) as store:  # type: ignore[arg-type]  # ids are ids
        lease, turn = await open_turn(store)
        new = new_submission(
            lease, "German", "French", turn_id=turn.id, needs=Reason.TOO_DEAR, expires_at=time.time() + 7_000
        )
        submission = await store.jobs.intend(lease, new)
        if approved:
            await store.approvals.approve(submission.id, arguments_hash=new.arguments_hash, actor="U0BOSS")
    return submission.id


@pytest.fixture
def waiting(tmp_path: Path) -> str:
    """A request that waits for an approval."""
    return asyncio.run(asked(sqlite_url(tmp_path), approved=False))


@pytest.fixture
def approved(tmp_path: Path) -> str:
    """A request that was approved by U0BOSS."""
    return asyncio.run(asked(sqlite_url(tmp_path), approved=True))


def test_what_waits_is_shown_with_its_age_its_end_and_its_price(waiting: str, capsys: Output) -> None:
    assert main(["approvals"]) == 0
    heading, line = capsys.readouterr().out.splitlines()
    assert heading.split() == ["SUBMISSION", "AGE", "LEFT", "COST", "NEEDS", "REQUESTER"]
    assert line.split() == [waiting, "10m", "1h", "about", "$2.00", "too_dear", PERSON]


def test_nothing_waits_after_the_approval(approved: str, capsys: Output) -> None:
    assert main(["approvals"]) == 0
    assert capsys.readouterr() == ("", "Nothing waits for an approval.\n")


def test_what_waits_is_filtered_by_workspace(waiting: str, capsys: Output) -> None:
    assert main(["approvals", "--workspace", "T9", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == []
    assert main(["approvals", "--workspace", "T1", "--json"]) == 0
    (row,) = json.loads(capsys.readouterr().out)
    assert (row["id"], row["jobs"], row["quote_high"]) == (waiting, 2, 2_000_000)
    assert "title" not in row


def test_the_audit_log_tells_who_approved_what(approved: str, capsys: Output) -> None:
    assert main(["audit"]) == 0
    heading, line = capsys.readouterr().out.splitlines()
    assert heading.split() == ["AGE", "ACTOR", "DEED", "SUBJECT", "DETAILS"]
    assert line.split()[:6] == ["10m", "U0BOSS", "approved", approved, "amount", "$2.00,"]
    assert len(line) <= 120


def test_the_ledger_has_lines_and_sums(approved: str, capsys: Output) -> None:
    assert main(["ledger"]) == 0
    heading, *lines, empty, sums = capsys.readouterr().out.splitlines()
    assert heading.split() == ["AGE", "KIND", "AMOUNT", "PERSON", "CHANNEL", "JOB"]
    assert [line.split()[1:5] for line in lines] == [["hold", "$1.00", PERSON, "C1"]] * 2
    assert (empty, sums.split("  ")[:2]) == ("", ["promised $2.00", "spent $0.00"])


@pytest.mark.parametrize(
    ("options", "held"),
    [
        (["--limit", "1"], 2_000_000),
        (["--person", PERSON], 2_000_000),
        (["--person", "U9"], 0),
        (["--channel", "C1", "--days", "1"], 2_000_000),
        (["--channel", "C9"], 0),
        (["--workspace", "T9"], 0),
    ],
)
def test_sums_are_those_of_all_that_matches(approved: str, options: list[str], held: int, capsys: Output) -> None:
    assert main(["ledger", "--json", *options]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["sums"] == {"held": held, "charged": 0, "drift": 0}
    assert len(shown["lines"]) == (1 if "--limit" in options else held // 1_000_000)


def test_an_empty_ledger_is_said_in_words(waiting: str, capsys: Output) -> None:
    assert main(["ledger"]) == 0
    assert capsys.readouterr() == ("", "No line matches.\n")


@pytest.mark.parametrize("days", ["0", "x", "4000"])
def test_days_are_a_number(days: str, capsys: Output) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["ledger", "--days", days])
    assert ended.value.code == 2


def test_a_request_shows_its_quote_its_approval_and_its_money(approved: str, capsys: Output) -> None:
    assert main(["submissions", "show", approved]) == 0
    shown = capsys.readouterr().out
    assert re.search(r"quote_high +\$2\.00\n", shown)
    assert re.search(r"decided_by +U0BOSS\n", shown)
    assert "ledger (2)" in shown
    assert "audit (1)" in shown
