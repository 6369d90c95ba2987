"""HeyGen is busy, broken or refuses when a paid request is sent; and what it says afterwards in odd ways."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest

from tests.scenario.stage import TRANSLATIONS, Stage

pytestmark = pytest.mark.full


async def test_busy_is_shown_on_the_card_and_sent_when_heygen_says(stage: Stage) -> None:
    stage.heygen.fail("before", TRANSLATIONS, method="POST", status=429, headers={"Retry-After": "600"})
    root = stage.translate("French")
    waiting = await stage.card(root, "next try in about")
    assert "HeyGen is busy" in waiting.rendered_text()
    assert not stage.charges
    stage.clock.advance(600.0)
    await stage.finish()
    await stage.closing(root, "ready.")


async def test_a_broken_answer_is_repeated_with_the_same_key(stage: Stage) -> None:
    stage.heygen.fail("before", TRANSLATIONS, method="POST", status=500)
    stage.translate("French")
    await stage.submitted(1)
    assert (stage.attempts(), len(keys(stage))) == (2, 1)


@pytest.mark.parametrize("accident", ["drop_reply", pytest.param("after", marks=pytest.mark.full)])
async def test_an_answer_that_is_lost_is_paid_once(stage: Stage, accident: str) -> None:
    stage.heygen.fail(accident, TRANSLATIONS, method="POST", status=500)  # type: ignore[arg-type]  # a parameter
    root = stage.translate("French", "German")
    await stage.wait(lambda: stage.attempts() == 2)
    await stage.finish(2)
    await stage.closing(root, "all 2 are ready")
    assert (len(stage.charges), len(keys(stage))) == (2, 1)


@pytest.mark.full
async def test_a_connection_that_breaks_before_is_tried_again(stage: Stage) -> None:
    stage.heygen.fail("drop_before", TRANSLATIONS, method="POST")
    root = stage.translate("French")
    await stage.finish()
    await stage.closing(root, "ready.")
    assert (len(stage.charges), len(keys(stage))) == (1, 1)


@pytest.mark.parametrize(
    ("status", "sentence"),
    [
        pytest.param(401, "HeyGen did not accept our API key. An admin has to check it.", marks=pytest.mark.full),
        (402, "The HeyGen account does not have enough credit for this."),
        pytest.param(403, "This HeyGen account is not allowed to do that.", marks=pytest.mark.full),
        pytest.param(
            400, "HeyGen did not accept the request: Emulated failure with status 400.", marks=pytest.mark.full
        ),
    ],
)
async def test_a_refusal_is_told_in_one_clear_sentence_with_a_way_on(stage: Stage, status: int, sentence: str) -> None:
    stage.heygen.fail("before", TRANSLATIONS, method="POST", status=status)
    root = stage.translate("French", "German")
    closing = await stage.closing(root, "none of 2 are ready, 2 failed", sentence)
    assert sentence in await stage.reply(root)
    assert (await stage.click(closing, "retry_failed")).ok
    await stage.submitted(2)
    assert len(stage.charges) == 2


@pytest.mark.full
async def test_a_wallet_without_credit_charges_nothing(stage: Stage) -> None:
    stage.heygen.account().balance = 0.0
    root = stage.translate("French")
    await stage.closing(root, "does not have enough credit")
    assert not stage.charges


async def test_each_link_leads_to_the_file_in_its_language(stage: Stage) -> None:
    await stage.restart(auto_approve_max=Decimal(20))
    root = stage.translate("French", "German", "Japanese", "Italian", "Korean", "Polish")
    await stage.finish(6)
    text = (await stage.closing(root, "all 6 are ready")).rendered_text()
    links = re.findall(r"\*([^*]+ \([^*]+\))\*: ready[^<]*<([^|>]+)\|", text)
    answers = [(language, await stage.browse(link)) for language, link in links]
    files = [(language, stage.heygen.state.jobs[answer.url.path.split("/")[-1][:-4]]) for language, answer in answers]
    assert len(files) == 6
    assert all(job.language == language for language, job in files)


async def test_completed_without_a_file_is_not_ready_yet(stage: Stage) -> None:
    stage.heygen.switches.propagation_seconds = 120.0
    root = stage.translate("French")
    await stage.finish()
    await stage.card(root, "completed at HeyGen")
    assert stage.closings(root) == []
    stage.heygen.advance(121.0)
    stage.clock.advance(60.0)
    closing = await stage.closing(root, "ready.")
    assert (await stage.browse(closing.links()[0])).headers["content-type"] == "video/mp4"


@pytest.mark.full
async def test_a_video_that_heygen_cannot_read_fails_with_its_reason(stage: Stage) -> None:
    stage.heygen.fail_next("French (France)", "The audio track is silent.")
    root = stage.translate("French")
    await stage.submitted(1)
    stage.heygen.advance(60.0)
    assert "The audio track is silent." in (await stage.closing(root)).rendered_text()


def keys(stage: Stage) -> set[str]:
    """The keys under which paid requests were sent, whatever came of them."""
    return {entry.headers["idempotency-key"] for entry in stage.heygen.journal.select("POST", TRANSLATIONS)}
