"""`/heygen translate`: the same work without a model in between."""

from __future__ import annotations

import pytest

from tests.scenario.stage import Stage


async def test_a_root_is_posted_that_says_who_asked_for_what(stage: Stage) -> None:
    root = await stage.command_root(f"translate {stage.video} into French, German")
    text = stage.slack.message("videos", root).rendered_text()
    assert f"<@{stage.user()}>" in text
    assert "French, German" in text


async def test_the_request_takes_the_same_path_to_the_same_end(stage: Stage) -> None:
    root = await stage.command_root(f"translate {stage.video} into French, German")
    await stage.finish(2)
    closing = await stage.closing(root, "all 2 are ready")
    assert (len(stage.paid()), len(stage.charges), len(closing.links())) == (1, 2, 2)


@pytest.mark.full
async def test_no_model_is_asked(stage: Stage) -> None:
    root = await stage.command_root(f"translate {stage.video} into French")
    assert "Submitted: launch.mp4" in await stage.reply(root)
    assert not stage.openai.calls


@pytest.mark.full
async def test_the_person_is_told_at_once_and_privately(stage: Stage) -> None:
    await stage.command(f"translate {stage.video} into French")
    assert "Got it: French" in stage.slack.ephemerals("alice")[-1].rendered_text()


@pytest.mark.full
async def test_a_follow_up_in_its_thread_is_answered(stage: Stage) -> None:
    root = await stage.command_root(f"translate {stage.video} into French")
    await stage.reply(root)
    stage.say("what is running?", root)
    assert "J1 French" in await stage.reply(root, 2)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        pytest.param("translate launch.mp4 into French", "`launch.mp4` is not a link.", marks=pytest.mark.full),
        pytest.param("translate https://example.com/talk.mp4", "Into which languages?", marks=pytest.mark.full),
        pytest.param(
            'translate https://example.com/talk.mp4 into "French',
            "A quotation mark is not closed.",
            marks=pytest.mark.full,
        ),
        ("transalte https://example.com/talk.mp4 into French", "Did you mean `translate`?"),
    ],
)
async def test_a_mistake_is_explained_privately_and_costs_nothing(stage: Stage, text: str, sentence: str) -> None:
    await stage.command(text)
    assert sentence in stage.slack.ephemerals("alice")[-1].rendered_text()
    assert stage.slack.messages("videos") == []


@pytest.mark.full
async def test_a_misspelt_language_gets_a_suggestion(stage: Stage) -> None:
    root = await stage.command_root(f"translate {stage.video} into Frensh")
    reply = await stage.reply(root)
    assert "French (France)" in reply
    assert not stage.charges
