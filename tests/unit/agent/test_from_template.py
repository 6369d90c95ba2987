"""Videos from templates: which one is meant, what may go where, what it may cost, one or many."""

from __future__ import annotations

import json
from typing import Any

import pytest

from agent.money import Reason
from agent.records import JobKind
from agent.spoken import spoken_seconds
from agent.tool_calls import Deferred, Failed, NeedsApproval, Outcome, TryAgain
from agent.work import Works
from tests.support.agent_desk import Desk
from tests.support.agent_heygen import SmallHeyGen

SAID = "Make a video from Personal hello: first name Sarah, company Acme"
PLACES = [{"name": "First Name", "value": "Sarah"}, {"name": "company", "value": "Acme"}]
SPOKEN = "Hi Sarah, hello to Acme."


async def create(desk: Desk, call_id: str = "call_1", said: str = SAID, **arguments: Any) -> Outcome:
    given = {"template": "Personal hello", "places": PLACES, **arguments}
    return await desk.ask("create_from_template", call_id, said=said, **given)


def bodies(heygen: SmallHeyGen, template: str = "t-1") -> list[dict[str, Any]]:
    return [json.loads(one.content) for one in heygen.sent("POST", f"/v3/templates/{template}")]


async def test_words_go_into_their_places_under_one_key(desk: Desk, heygen: SmallHeyGen) -> None:
    assert isinstance(await create(desk), Deferred)
    (body,) = bodies(heygen)
    assert body["variables"] == {
        "first_name": {"type": "text", "content": "Sarah"},
        "company": {"type": "text", "content": "Acme"},
    }
    assert heygen.sent("POST", "/v3/templates/t-1")[0].headers["idempotency-key"] == "gr-call_1"
    (submission,) = desk.jobs.submissions.values()
    low, high = spoken_seconds(SPOKEN)
    assert (submission.quote_low, submission.quote_high) == (low * 100_000, high * 100_000)
    assert submission.title == "Personal hello"


async def test_a_place_that_is_left_out_stays_as_it_is(desk: Desk, heygen: SmallHeyGen) -> None:
    await create(desk, places=PLACES[:1])
    assert set(bodies(heygen)[0]["variables"]) == {"first_name"}
    (submission,) = desk.jobs.submissions.values()
    assert submission.arguments["script"] == "Hi Sarah, hello to you all."


async def test_a_file_goes_into_its_place(desk: Desk, heygen: SmallHeyGen) -> None:
    logo = "https://example.com/new.png"
    await create(desk, said=f"{SAID}, logo {logo}", places=[*PLACES, {"name": "logo", "value": logo}])
    (submission,) = desk.jobs.submissions.values()
    assert submission.needs is Reason.NOT_ASKED  # what stands in a link is no word of the person's
    assert submission.arguments["fills"]["logo"] == {"type": "image", "asset": {"type": "url", "url": logo}}


@pytest.mark.parametrize(
    ("wrong", "code", "option"),
    [
        ({"template": "Birthday"}, "unknown_template", "Personal hello"),
        ({"template": "Personal"}, "ambiguous_template", "Personal goodbye"),
        ({"places": [{"name": "nickname", "value": "S"}]}, "unknown_place", "first_name"),
        ({"places": []}, "nothing_to_fill", "company"),
    ],
)
async def test_what_does_not_fit_is_answered_with_what_would(
    desk: Desk, wrong: dict[str, Any], code: str, option: str
) -> None:
    outcome = await create(desk, **wrong)
    assert isinstance(outcome, TryAgain)
    assert outcome.code == code
    assert option in outcome.options
    assert not desk.jobs.submissions


async def test_an_account_without_templates_says_so(desk: Desk, heygen: SmallHeyGen) -> None:
    heygen.templates.clear()
    assert isinstance(await create(desk), Failed)


async def test_words_that_the_model_made_up_need_a_click(desk: Desk) -> None:
    assert isinstance(await create(desk, said="Make a video from Personal hello for Sarah"), NeedsApproval)


async def test_the_same_again_while_it_is_made_pays_nothing(desk: Desk) -> None:
    await create(desk)
    outcome = await create(desk, "call_2")
    assert isinstance(outcome, TryAgain)
    assert outcome.code == "under_way"


async def test_a_template_that_is_not_all_spoken_may_be_of_any_length(desk: Desk, works: Works) -> None:
    await create(desk, template="Personal goodbye", places=[], said="Make a video from Personal goodbye")
    (submission,) = desk.jobs.submissions.values()
    assert submission.needs is Reason.TOO_DEAR
    assert submission.quote_high == 180_000_000


async def test_each_of_many_is_filled_with_its_own_words(desk: Desk, heygen: SmallHeyGen) -> None:
    """R57."""
    people = [{"name": "Sarah", "company": "Acme"}, {"name": "John", "company": "Globex"}]
    said = "Make a video from Personal hello for Sarah at Acme and John at Globex"
    outcome = await desk.ask("create_videos", said=said, script=None, template="Personal hello", people=people)
    assert isinstance(outcome, Deferred)
    scripts = [one.arguments["script"] for one in desk.jobs.submissions.values()]
    assert scripts == [SPOKEN, "Hi John, hello to Globex."]
    assert {one.kind for one in desk.jobs.submissions.values()} == {JobKind.TEMPLATE}
    (batch,) = desk.batches.batches.values()
    assert (batch.kind, batch.arguments["template_name"]) == (JobKind.TEMPLATE, "Personal hello")
    assert batch.arguments["template"] == "Hi {{first_name}}, hello to {{company}}."


def test_two_requests_are_the_same_by_what_goes_where(works: Works) -> None:
    work = works[JobKind.TEMPLATE]
    asked = {"template_id": "t-1", "fills": {"a": {"type": "text", "content": "x"}}}
    assert work.same(asked, {**asked, "row": 3})
    assert not work.same(asked, {**asked, "fills": {}})
    assert not work.same({}, {})
