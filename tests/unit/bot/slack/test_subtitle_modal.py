"""The dialog for subtitles: who may open it, what does not fit into it, and what becomes of what was written."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from agent.records import Conversation, Job, JobKind, JobState, Submission
from bot.slack import router
from bot.slack.buttons import CORRECT
from bot.slack.job_files import FileUnavailable
from bot.slack.router import Interaction
from bot.slack.subtitle_modal import EMPTY, LONGEST_INPUT, NOT_NOW, TEXT, UNKNOWN, SubtitleModal
from tests.unit.bot.slack.rows import job, submission

SRT = "1\n00:00:00,000 --> 00:00:01,000\nBonjour <b>\n"


class Rows:
    """One proofread, what is in it, and where."""

    def __init__(self, content: str = SRT, state: JobState = JobState.SUCCEEDED, **of_submission: Any) -> None:
        self.request = submission(**{"arguments": {"languages": ["French"]}, **of_submission})
        self.made = job(state, kind=JobKind.PROOFREAD, label="French")
        self.text = content
        self.error: Exception | None = None
        self.slow = False

    async def job(self, job_id: str) -> Job:
        if job_id != self.made.id:
            raise KeyError(job_id)
        return self.made

    async def submission(self, submission_id: str) -> Submission:
        return self.request

    async def conversation(self, conversation_id: str) -> Conversation:
        return Conversation(conversation_id, self.request.workspace_id, "C1", "channel", "1.0")

    async def content(self, job: Job) -> bytes:
        if self.slow:
            await asyncio.Event().wait()
        if self.error is not None:
            raise self.error
        return self.text.encode()


def dialog(rows: Rows) -> SubtitleModal:
    return SubtitleModal(requests=rows, places=rows, contents=rows, seconds=0.05)


def press(rows: Rows, user: str | None = None) -> Interaction:
    action = {"action_id": CORRECT, "value": rows.made.id, "action_ts": "1.1"}
    who = {"id": user or rows.request.requester, "team_id": rows.request.workspace_id}
    return router.parse("action", {"actions": [action], "user": who})


def submit(rows: Rows, text: str, user: str | None = None) -> Interaction:
    view = {
        "callback_id": CORRECT,
        "private_metadata": rows.made.id,
        "id": "V1",
        "state": {"values": {TEXT: {TEXT: {"value": text}}}},
    }
    who = {"id": user or rows.request.requester, "team_id": rows.request.workspace_id}
    return router.parse("view", {"type": "view_submission", "view": view, "user": who})


async def test_it_opens_with_the_subtitles_as_they_are() -> None:
    rows = Rows()
    answer = await dialog(rows).open(press(rows))
    assert answer.open_view is not None
    (block,) = answer.open_view["blocks"]
    assert block["element"]["initial_value"] == SRT
    assert answer.open_view["private_metadata"] == rows.made.id


async def test_what_does_not_fit_is_sent_back_as_a_file() -> None:
    rows = Rows("x" * (LONGEST_INPUT + 1))
    answer = await dialog(rows).open(press(rows))
    assert answer.open_view is None
    assert f"*finish {rows.made.handle}*" in (answer.text or "")


@pytest.mark.parametrize("trouble", ["slow", "broken"])
async def test_what_cannot_be_fetched_in_time_opens_nothing(trouble: str) -> None:
    rows = Rows()
    rows.slow = trouble == "slow"
    rows.error = FileUnavailable(retryable=True)
    assert (await dialog(rows).open(press(rows))).text == NOT_NOW


async def test_only_who_asked_may_correct() -> None:
    rows = Rows()
    answer = await dialog(rows).open(press(rows, "U0OTHER"))
    assert answer.open_view is None
    assert "Only" in (answer.text or "")
    refused = await dialog(rows).submitted(submit(rows, SRT, "U0OTHER"))
    assert refused.event is None
    assert refused.response_action == "errors"


@pytest.mark.parametrize("gone", [{"arguments": {}}, {"workspace_id": "T0OTHER"}])
async def test_what_is_gone_or_anothers_opens_nothing(gone: dict[str, Any]) -> None:
    rows, here = Rows(**gone), Rows()
    pressed = press(here)
    rows.made = here.made
    answer = await dialog(rows).open(pressed)
    assert answer.text == UNKNOWN


async def test_what_was_written_is_the_call_that_words_would_make() -> None:
    rows = Rows()
    answer = await dialog(rows).submitted(submit(rows, SRT))
    assert answer.event is not None
    payload = answer.event.payload
    assert (payload["name"], payload["tool"]) == ("perform_operation", "finish_proofread")
    assert payload["arguments"] == {"job": rows.made.handle, "lines": SRT.splitlines()}
    assert payload["user"] == rows.request.requester


async def test_an_empty_dialog_is_sent_back() -> None:
    rows = Rows()
    answer = await dialog(rows).submitted(submit(rows, "  \n "))
    assert answer.errors == {TEXT: EMPTY}
