"""`/heygen …` as people type it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.records import Job, JobState
from bot.slack.commands import Commands, Help, Jobs, Translate, UsageError, parse, split_languages
from bot.slack.router import Interaction
from bot.slack.router import parse as read
from tests.support.clock import ManualClock
from tests.unit.bot.slack.rows import job

URL = "https://example.com/talk.mp4"


@pytest.mark.parametrize(
    ("typed", "languages"),
    [
        (f"translate {URL} into French", ("French",)),
        (f"translate {URL} to French, German and Spanish (Mexico)", ("French", "German", "Spanish (Mexico)")),
        (f"Translate {URL} --into fr,de", ("fr", "de")),
        (f"translate {URL} --into=fr,de", ("fr", "de")),
        (f"translate --into fr,de {URL}", ("fr", "de")),
        (f"translate {URL} --to fr de pt", ("fr", "de", "pt")),
        (f"translate {URL} into: French; German", ("French", "German")),
        (f"translate {URL} French, German", ("French", "German")),
        (f"translate <{URL}> into French", ("French",)),
        (f"translate <{URL}|talk> into French", ("French",)),
        (f'translate "{URL}" into "Spanish (Mexico)", fr', ("Spanish (Mexico)", "fr")),
        (f"translate {URL} into “Spanish (Mexico)” and ‘Swiss German’", ("Spanish (Mexico)", "Swiss German")),
        (f"translate {URL} into french german", ("french", "german")),
        (f"translate {URL} into Brazilian Portuguese", ("Brazilian Portuguese",)),
        (f"translate {URL} into latin american spanish french", ("latin american spanish", "french")),
        (f"translate {URL} into Spanish (Mexico) German", ("Spanish (Mexico)", "German")),
        (f"translate {URL} into French, french, FRENCH", ("French",)),
        (f"translate {URL} into Bosnian (Bosnia and Herzegovina)", ("Bosnian (Bosnia and Herzegovina)",)),
        (f"  tr   {URL}   into\nFrench ", ("French",)),
    ],
)
def test_a_translation_is_understood_however_it_is_spelt(typed: str, languages: tuple[str, ...]) -> None:
    assert parse(typed) == Translate(URL, languages)


def test_entities_in_a_link_are_undone() -> None:
    found = parse("translate <https://example.com/v?a=1&amp;b=2> into fr")
    assert found == Translate("https://example.com/v?a=1&b=2", ("fr",))


@pytest.mark.parametrize("typed", ["jobs", "JOBS", "status", "list"])
def test_jobs(typed: str) -> None:
    assert parse(typed) == Jobs()


@pytest.mark.parametrize(
    ("typed", "topic"), [("", None), ("  ", None), ("help", None), ("?", None), ("help tr", "translate")]
)
def test_help(typed: str, topic: Any) -> None:
    assert parse(typed) == Help(topic)


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("translate", "Which video?"),
        ("translate into French", "`into` is not a link"),
        ("translate talk.mp4 into French", "`talk.mp4` is not a link"),
        (f"translate {URL}", "Into which languages?"),
        (f"translate {URL} into", "Into which languages?"),
        (f'translate {URL} into "French', "quotation mark is not closed"),
        ("translat x", "Did you mean `translate`?"),
        ("help jbos", "Did you mean `jobs`?"),
        ("<!channel>", "I don't know `&lt;!channel&gt;`"),
    ],
)
def test_an_error_says_what_is_wrong(typed: str, said: str) -> None:
    found = parse(typed)
    assert isinstance(found, UsageError)
    assert said in found.sentence


def test_a_translation_error_shows_the_usage() -> None:
    found = parse("translate")
    assert isinstance(found, UsageError)
    assert "Usage: `/heygen translate &lt;url&gt; into" in found.sentence


def test_nothing_near_gets_no_guess() -> None:
    found = parse("xyzzy")
    assert isinstance(found, UsageError)
    assert "Did you mean" not in found.sentence


def test_too_many_languages_are_refused() -> None:
    found = parse(f"translate {URL} into {', '.join(f'language {n}' for n in range(201))}")
    assert isinstance(found, UsageError)
    assert "201" in found.sentence


@given(st.text(max_size=200))
def test_anything_typed_gets_an_answer(text: str) -> None:
    assert parse(text) is not None
    assert all(split_languages(text))


# -- handlers --------------------------------------------------------------------------------------------------


class MemoryJobs:
    def __init__(self, *jobs: Job) -> None:
        self.jobs = list(jobs)
        self.asked: tuple[str, str | None] | None = None

    async def recent(self, workspace_id: str, requester: str | None = None, limit: int = 20) -> list[Job]:
        self.asked = (workspace_id, requester)
        return self.jobs[:limit]


def interaction(text: str, channel: str = "C1") -> Interaction:
    body = {
        "command": "/heygen",
        "text": text,
        "user_id": "UALICE",
        "channel_id": channel,
        "team_id": "T1",
        "trigger_id": "t",
    }
    return read("command", body)


def commands(*jobs: Job) -> Commands:
    return Commands(jobs=MemoryJobs(*jobs), clock=ManualClock(), link_for=lambda job: None)


async def test_a_translation_opens_a_conversation_whose_root_is_to_be_posted() -> None:
    asked = interaction(f"translate {URL} into French")
    event = (await commands().handle(asked)).event
    assert event is not None
    assert (event.id, event.kind, event.opens, event.thread_ts) == (asked.event_id, "command", True, None)
    assert event.payload == {
        "name": "translate_video",
        "arguments": {"source": URL, "languages": ["French"]},
        "user": "UALICE",
        "text": f"/heygen translate {URL} into French",
    }


@pytest.mark.parametrize(("channel", "kind"), [("C1", "channel"), ("D1", "im")])
async def test_the_conversations_kind_follows_its_id(channel: str, kind: str) -> None:
    event = (await commands().handle(interaction(f"translate {URL} into fr", channel))).event
    assert event is not None
    assert event.channel_type == kind


async def test_the_private_word_cannot_ping_anybody() -> None:
    answer = await commands().handle(interaction(f"translate {URL} into <!channel>"))
    assert "<!channel>" not in str(answer.text)


async def test_jobs_shows_ones_own_jobs() -> None:
    jobs = MemoryJobs(job(JobState.RUNNING, label="German"))
    handler = Commands(jobs=jobs, clock=ManualClock(), link_for=lambda job: None)
    answer = await handler.handle(interaction("jobs"))
    assert jobs.asked == ("T1", "UALICE")
    assert "German" in str(answer.blocks)


async def test_help_and_mistakes_commit_nothing() -> None:
    for text in ("help", "help translate", "nonsense"):
        answer = await commands().handle(interaction(text))
        assert answer.event is None
        assert answer.text
