"""Where the video comes from."""

from __future__ import annotations

import pytest

from tests.scenario.stage import Stage


async def test_without_a_link_the_person_is_asked_for_one(stage: Stage) -> None:
    assert "Which video do you mean?" in await stage.reply(stage.ask("translate my video into French"))


@pytest.mark.full
async def test_and_the_answer_completes_the_request(stage: Stage) -> None:
    root = stage.ask("translate my video into French")
    await stage.reply(root)
    stage.say(f"translate {stage.video} into French", root)
    await stage.submitted(1)


async def test_a_web_page_is_no_video(stage: Stage) -> None:
    reply = await stage.reply(stage.ask(f"translate {stage.heygen.url}/sources/page.html into French"))
    assert "video" in reply
    assert not stage.charges
    assert stage.attempts() == 0


async def test_a_private_address_is_refused_unless_it_is_allowed_by_name(stage: Stage) -> None:
    await stage.restart(fetch_allowed_hosts=frozenset())
    root = stage.translate("French")
    await stage.reply(root)
    assert stage.attempts() == 0
    assert stage.heygen.journal.select("GET", "/sources/.*") == []
    await stage.restart(fetch_allowed_hosts=frozenset({stage.heygen.url.removeprefix("http://")}))
    stage.say(f"translate {stage.video} into French", root)
    await stage.submitted(1)


async def test_a_link_with_secrets_is_shown_to_no_model(stage: Stage) -> None:
    stage.ask(f"translate {stage.video}?token=s3cret-value into French")
    await stage.submitted(1)
    assert all("s3cret-value" not in str(call.request) for call in stage.openai.calls)
    assert stage.paid()[0]["video"]["url"].endswith("?token=s3cret-value")


@pytest.mark.full
async def test_a_source_that_does_not_exist_is_told(stage: Stage) -> None:
    root = stage.ask(f"translate {stage.heygen.url}/sources/nowhere.mp4 into French")
    await stage.reply(root)
    assert stage.attempts() == 0
