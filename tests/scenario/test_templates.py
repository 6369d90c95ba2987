"""“Make a video from the template …”: with somebody's words in its places, for one person or for many."""

from __future__ import annotations

from typing import Any

from tests.scenario.stage import Stage

TEMPLATE = "/v3/templates/template-lead"
ONE = 'Make a video from the template "Personal hello" with first_name "Sarah" and company "Acme"'
MANY = 'Make a personal intro video from the template "Personal hello" for Sarah at Acme and John at Globex'


def sent(stage: Stage) -> list[dict[str, Any]]:
    return [entry.body for entry in stage.heygen.journal.select("POST", TEMPLATE) if entry.status == 200]


async def test_a_template_is_filled_with_the_persons_words(stage: Stage) -> None:
    root = stage.ask(ONE)
    await stage.submitted(1)
    (body,) = sent(stage)
    assert body["variables"] == {
        "first_name": {"type": "text", "content": "Sarah"},
        "company": {"type": "text", "content": "Acme"},
    }
    assert not stage.videos()
    card = await stage.card(root, "Personal hello", "s to say")
    assert "language" not in card.rendered_text()
    await stage.finish(1)
    closing = await stage.closing(root, "Personal hello", "ready.")
    (link,) = closing.links()
    assert (await stage.browse(link)).status_code == 200
    assert len(stage.charges) == 1


async def test_an_unknown_template_is_answered_with_those_there_are(stage: Stage) -> None:
    root = stage.ask('Make a video from the template "Birthday" with first_name "Sarah"')
    reply = await stage.reply(root)
    assert "Personal hello" in reply
    assert "Weekly news" in reply
    assert stage.charges == []


async def test_an_unknown_place_is_answered_with_those_there_are(stage: Stage) -> None:
    root = stage.ask('Make a video from the template "Personal hello" with nickname "Sarah"')
    assert "first_name" in await stage.reply(root)
    assert stage.charges == []


async def test_everybody_of_a_list_gets_a_video_from_the_template(stage: Stage) -> None:
    """R57: one keyed request for each lead, in HeyGen's own shape for templates."""
    root = stage.ask(MANY)
    await stage.submitted(2)
    await stage.card(root, "The template *Personal hello* says:", "Sarah (Acme)", "John (Globex)")
    fills = [{name: value["content"] for name, value in body["variables"].items()} for body in sent(stage)]
    assert fills == [{"first_name": "Sarah", "company": "Acme"}, {"first_name": "John", "company": "Globex"}]
    assert len({entry.idempotency_key for entry in stage.charges}) == 2
    await stage.finish(2)
    closing = await stage.closing(root, "all 2 are ready")
    assert len(closing.links()) == 2
    assert len(await stage.wait(lambda: stage.results(root))) == 2


async def test_one_of_many_that_fails_is_done_again_from_the_template(stage: Stage) -> None:
    root = stage.ask(MANY)
    await stage.submitted(2)
    jobs = [job for job in stage.heygen.state.jobs.values() if job.kind == "video"]
    stage.heygen.finish(jobs[1].id, fail="voice_unavailable")
    stage.heygen.finish()
    closing = await stage.closing(root, "1 of 2 is ready, 1 failed")
    await stage.click(closing, "retry_batch")
    await stage.submitted(3)
    assert sent(stage)[2]["variables"]["first_name"]["content"] == "John"


async def test_what_needs_an_approver_says_what_would_go_where(stage: Stage) -> None:
    await stage.with_approvers("bob")
    root = stage.ask(ONE)
    card = await stage.card(root, "waiting for an approval", "from the template *Personal hello*", "first_name: Sarah")
    assert stage.charges == []
    await stage.press(card, "approve_request", user="bob")
    await stage.finish(1)
    await stage.closing(root, "ready.")


async def test_a_template_that_heygen_refuses_costs_nothing(stage: Stage) -> None:
    stage.heygen.fail("before", TEMPLATE, method="POST", status=400)
    root = stage.ask(ONE)
    await stage.closing(root, "failed")
    assert stage.charges == []


async def test_an_answer_that_is_lost_is_asked_for_again_and_paid_for_once(stage: Stage) -> None:
    stage.heygen.fail("drop_reply", TEMPLATE, method="POST")
    root = stage.ask(ONE)
    await stage.wait(lambda: len(stage.heygen.journal.select("POST", TEMPLATE)) == 2)
    await stage.finish(1)
    await stage.closing(root, "ready.")
    assert len(stage.charges) == 1
