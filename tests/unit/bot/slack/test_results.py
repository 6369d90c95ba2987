"""The list of results opens in any spreadsheet and computes nothing there."""

from __future__ import annotations

import csv
import dataclasses
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.records import JobState
from bot.slack.live_rendering import Attachment
from bot.slack.results import as_text, harmless_cell, results
from tests.unit.bot.slack.batch_rows import batch, member, members, only_ready


def read(file: Attachment) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(file.content.decode("utf-8-sig"))))


def test_each_row_tells_what_has_become_of_it() -> None:
    of = [
        member(JobState.SUCCEEDED, "Sarah", "Acme", 1),
        member(JobState.FAILED, "John", "Globex", 2, failure="no voice"),
        member(JobState.CANCELLED, "Zoë", "Ünï, Ltd.", 5),
    ]
    file = results(batch(), of, [], only_ready)
    link = "https://greenroom.example/v/J1"
    assert read(file) == [
        {"row": "1", "name": "Sarah", "company": "Acme", "state": "ready", "link": link, "reason": ""},
        {"row": "2", "name": "John", "company": "Globex", "state": "failed", "link": "", "reason": "no voice"},
        {"row": "5", "name": "Zoë", "company": "Ünï, Ltd.", "state": "cancelled", "link": "", "reason": ""},
    ]
    assert file.name == "intros-results-89abcdef.csv"
    assert file.content.startswith("\ufeff".encode())


def test_rows_that_were_done_again_stand_there_once() -> None:
    first = members(JobState.SUCCEEDED, JobState.FAILED, JobState.FAILED)
    second = [member(JobState.FAILED, "Lead 2", row=2), member(JobState.SUCCEEDED, "Lead 3", row=3)]
    third = [member(JobState.SUCCEEDED, "Lead 2", row=2)]
    rows = read(results(batch(), third, [second, first], only_ready))
    assert [(row["row"], row["state"]) for row in rows] == [("1", "ready"), ("2", "ready"), ("3", "ready")]


@pytest.mark.parametrize("cell", ["=1+1", "+49 1", "-5", "@x", "\t=1", "|calc", "%0A"])
def test_no_cell_is_the_beginning_of_a_formula(cell: str) -> None:
    assert not harmless_cell(cell).lstrip().startswith(tuple("=+-@|%"))


@given(st.text(max_size=80), st.text(max_size=80))
def test_any_words_can_be_read_back_and_none_is_a_formula(name: str, company: str) -> None:
    (row,) = read(results(batch(), [member(JobState.FAILED, name, company, failure=name)], [], only_ready))
    for cell in (row["name"], row["company"], row["reason"]):
        assert not cell.startswith(("=", "+", "-", "@", "\t", "\r", "|", "%"))
        assert cell.isprintable()


def test_the_same_as_a_message_rings_nobody_and_links_only_to_us() -> None:
    of = [
        member(JobState.SUCCEEDED, "Sarah", "Acme", 1),
        member(JobState.FAILED, "<!channel>", "[x](https://evil.example)", 2, failure="see https://evil.example"),
    ]
    text = as_text(results(batch(), of, [], only_ready))
    assert text.splitlines()[0] == "- Sarah (Acme): ready https://greenroom.example/v/J1"
    assert "evil.example" not in text
    assert "<!" not in text


def test_a_forgotten_row_still_has_its_state() -> None:
    (of,) = members(JobState.SUCCEEDED)
    bare = dataclasses.replace(of, submission=dataclasses.replace(of.submission, arguments={}))
    assert read(results(batch(), [bare], [], only_ready))[0]["state"] == "ready"
