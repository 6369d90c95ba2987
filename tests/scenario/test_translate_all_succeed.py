"""“Translate this video into French, German and Japanese”, and all goes well."""

from __future__ import annotations

import pytest

from tests.scenario.stage import Stage

LANGUAGES = ("French", "German", "Japanese")


async def test_one_request_is_paid_for_three_languages(stage: Stage) -> None:
    root = stage.translate(*LANGUAGES)
    await stage.finish(3)
    await stage.closing(root, "all 3 are ready")
    assert len(stage.paid()) == stage.attempts() == 1
    assert {charge.language.split(" (")[0] for charge in stage.charges if charge.language} == set(LANGUAGES)


async def test_one_card_is_edited_in_place_with_a_line_per_language(stage: Stage) -> None:
    root = stage.translate(*LANGUAGES)
    started = await stage.card(root, *LANGUAGES)
    await stage.finish(3)
    done = await stage.card(root, "all 3 are ready")
    assert (started.ts, len(stage.cards(root))) == (done.ts, 1)
    assert done.rendered_text().count("ready after") == 3


async def test_the_requester_is_called_back_once(stage: Stage) -> None:
    root = stage.translate(*LANGUAGES)
    await stage.finish(3)
    closing = await stage.closing(root)
    await stage.probe()
    assert closing.text.startswith(f"<@{stage.user()}>")
    assert len(stage.closings(root)) == 1


async def test_links_still_work_when_the_vendors_have_expired(stage: Stage) -> None:
    root = stage.translate(*LANGUAGES)
    await stage.finish(3)
    links = (await stage.closing(root)).links()
    stage.heygen.expire_urls()
    answers = [await stage.browse(link) for link in links]
    assert [answer.headers["content-type"] for answer in answers] == ["video/mp4"] * 3


@pytest.mark.full
async def test_two_model_calls_are_enough(stage: Stage) -> None:
    root = stage.translate(*LANGUAGES)
    await stage.reply(root)
    await stage.finish(3)
    await stage.closing(root)
    assert len(stage.openai.calls) == 2


@pytest.mark.full
async def test_the_answer_says_submitted_and_what_is_running(stage: Stage) -> None:
    root = stage.translate(*LANGUAGES)
    reply = await stage.reply(root)
    assert "Submitted" in reply
    assert "J1 French" in reply.splitlines()[-1]
