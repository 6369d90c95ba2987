"""`/heygen jobs` and `/heygen help`."""

from __future__ import annotations

import pytest

from tests.scenario.stage import Stage


async def whispered(stage: Stage, text: str, user: str = "alice") -> str:
    """What `/heygen …` tells the person."""
    assert (await stage.command(text, user=user)).ok
    return stage.slack.ephemerals(user)[-1].rendered_text()


@pytest.mark.full
async def test_without_jobs_it_says_so(stage: Stage) -> None:
    assert "You have no jobs yet" in await whispered(stage, "jobs")


async def test_jobs_are_listed_with_state_and_link_to_their_requester_only(stage: Stage) -> None:
    root = stage.translate("French", "German")
    await stage.finish(2, only=["French (France)"])
    await stage.card(root, "1 ready, 1 in progress")
    listed = await whispered(stage, "jobs")
    assert "French (France) (translation): ready" in listed
    assert "German (Germany) (translation): in progress" in listed
    assert stage.slack.ephemerals("alice")[-1].links()
    assert "You have no jobs yet" in await whispered(stage, "jobs", user="bob")


@pytest.mark.full
async def test_help_explains_every_command(stage: Stage) -> None:
    told = await whispered(stage, "help")
    assert all(f"/heygen {name}" in told for name in ("translate", "jobs", "help"))


@pytest.mark.full
async def test_nothing_at_all_is_help(stage: Stage) -> None:
    assert "/heygen translate" in await whispered(stage, "")


@pytest.mark.full
async def test_help_about_something_else_gets_a_suggestion(stage: Stage) -> None:
    assert "Did you mean `translate`?" in await whispered(stage, "help transalte")
