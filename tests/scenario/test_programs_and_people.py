"""What a program wants waits for people: approvals, caps, buttons, and where in Slack they are."""

from __future__ import annotations

import asyncio
from decimal import Decimal

from pydantic import SecretStr

from tests.scenario.program_stage import CHANNEL, asked, program, root
from tests.scenario.stage import Stage
from tests.support.mcp import OverHttp, secret_of, token_line


async def test_what_is_too_dear_waits_for_a_person_and_is_resumed_by_its_handle(stage: Stage) -> None:
    robot = await program(stage, auto_approve_max=Decimal(1), approvers=frozenset({stage.user("bob")}))

    told = await robot.call("translate_video", asked(stage, "French"))

    assert (told["ok"], told["code"], told["retryable"]) == (True, "needs_approval", True)
    thread = (await root(stage)).ts
    card = await stage.card(thread, "Approve")
    assert told["waits_at"]["link"].endswith(card.ts.replace(".", ""))
    assert stage.charges == []
    handle = told["jobs"][0]["handle"]
    waits = await robot.call("get_job", {"handle": handle})
    assert (waits["code"], waits["waits_at"]) == ("needs_approval", told["waits_at"])
    again = await robot.call("translate_video", asked(stage, "French"))
    assert (again["ok"], again["code"]) == (False, "under_way")  # asking once more buys nothing

    await stage.press(card, "approve_request", user="bob")
    await stage.finish(1)
    assert (await robot.call("wait_for_job", {"handles": [handle], "seconds": 10}))["code"] == "completed"
    assert len(stage.charges) == 1


async def test_a_declined_request_is_told_and_costs_nothing(stage: Stage) -> None:
    robot = await program(stage, auto_approve_max=Decimal(0), approvers=frozenset({stage.user("bob")}))
    told = await robot.call("translate_video", asked(stage, "French"))
    card = await stage.card((await root(stage)).ts, "Approve")

    await stage.press(card, "decline_request", user="bob")

    ended = await robot.call("wait_for_job", {"handles": [told["jobs"][0]["handle"]], "seconds": 10})
    assert (ended["jobs"][0]["state"], ended["done"], stage.charges) == ("cancelled", True, [])


async def test_a_token_spends_no_more_than_its_cap_in_a_month(stage: Stage) -> None:
    robot = await program(stage, dollars="3")
    assert (await robot.call("translate_video", asked(stage, "French")))["code"] == "submitted"

    told = await robot.call("translate_video", asked(stage, "German"))

    assert (told["ok"], told["code"]) == (False, "over_cap")
    assert "this program's $3.00" in told["message"]
    assert len(stage.charges) == 1
    budget = await robot.call("get_budget")
    assert [one["cap"] for one in budget["spending"] if (one["of"], one["this"]) == ("token", "month")] == ["$3.00"]


async def test_the_same_key_is_the_same_call(stage: Stage) -> None:
    robot = await program(stage)

    calls = [robot.call("translate_video", asked(stage, "French"), once="order-7") for _ in range(3)]
    told = await asyncio.gather(*calls)

    assert {one["call"] for one in told} == {told[0]["call"]}
    assert {one["code"] for one in told} == {"submitted"}
    assert len(stage.charges) == 1


async def test_what_would_be_deleted_needs_a_button_in_slack(stage: Stage) -> None:
    robot = await program(stage)
    handle = (await robot.call("translate_video", asked(stage, "French")))["jobs"][0]["handle"]
    await stage.finish(1)
    await robot.call("wait_for_job", {"handles": [handle], "seconds": 10})

    found = await robot.call("find_tools", {"query": "delete a translation"})
    named = {one["name"]: one["input_schema"] for one in found["found"]}
    assert "video_translation_id" in named["delete_translation"]["properties"]
    told = await robot.call("call_tool", {"name": "delete_translation", "arguments": {"video_translation_id": handle}})

    assert (told["code"], told["done"]) == ("needs_approval", False)
    thread = (await root(stage)).ts
    wish = await stage.wait(lambda: next((m for m in stage.by_app(thread) if "Do it" in str(m.blocks)), None))
    assert stage.heygen.journal.select("DELETE") == []
    assert stage.buttons(wish) == {"perform_operation"}


async def test_programs_do_not_see_each_other(stage: Stage) -> None:
    robot = await program(stage)
    other = token_line(stage.slack.workspace.team_id, stage.user("bob"), name="other")
    both = f"{token_line(stage.slack.workspace.team_id, stage.user('alice'))}, {other}"
    await stage.restart(mcp_tokens=SecretStr(both))
    told = await robot.call("translate_video", asked(stage, "French"))
    stranger = OverHttp(stage.public_url, secret_of("other"))

    for handle in (told["jobs"][0]["handle"], told["call"]):
        assert (await stranger.call("get_job", {"handle": handle}))["code"] == "unknown_handle"
    assert (await stranger.call("list_jobs"))["jobs"] == []
    assert (await stranger.ask("resources/list"))["result"]["resources"] == []


async def test_without_a_channel_it_stands_in_the_direct_messages_of_the_person(stage: Stage) -> None:
    robot = await program(stage, mcp_channel=None, auto_approve_max=Decimal(0))

    told = await robot.call("translate_video", asked(stage, "French"))

    direct = stage.slack.workspace.direct(stage.user("alice"), stage.slack.bot_user)
    assert told["waits_at"]["channel"] == direct.id
    assert any("Approve" in str(m.blocks) for m in stage.slack.messages(direct.id))


async def test_where_the_thread_cannot_be_opened_nothing_is_spent(stage: Stage) -> None:
    robot = await program(stage, mcp_channel="C0NOTTHERE1")

    told = await robot.call("translate_video", asked(stage, "French"))

    assert (told["ok"], told["code"], stage.charges) == (False, "cannot_post", [])
    assert (await robot.call("find_voices", {"language": "French"}))["ok"]  # what is only read needs no thread
    await stage.restart(mcp_channel=stage.slack.workspace.place(CHANNEL).id)
    assert (await robot.call("translate_video", asked(stage, "French")))["code"] == "submitted"
