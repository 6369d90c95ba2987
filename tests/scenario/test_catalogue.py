"""What HeyGen has beyond the usual: found by words, read at once, changed by a click, paid for by no search."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from agent.catalogue.finding import SHOWN
from agent.catalogue.gates import composites_of
from agent.toolbox import Toolbox
from bot.app_catalogue import complete_toolbox
from bot.store.audit import Deed
from emulators.openai import Call
from emulators.openai.schema import check_tools
from emulators.openai.tokens import count_tokens
from emulators.slack import Message
from heygen import OPERATIONS
from tests.scenario.stage import Stage

full = pytest.mark.full
HANDLE = re.compile(r"R[A-Z2-7]{8}")
BUTTON = "perform_operation"
TRANSLATION = "/v3/video-translations/[^/]+"


def tools(stage: Stage, call: int = -1) -> set[str]:
    """The tools of a model call."""
    return {tool["name"] for tool in stage.openai.calls[call].asked.tools}


def outputs(stage: Stage) -> list[dict[str, Any]]:
    """What tools have answered, as the model was told last."""
    items = stage.openai.calls[-1].asked.items
    return [json.loads(item["output"]) for item in items if item["type"] == "function_call_output"]


def sent(stage: Stage, method: str, path: str) -> int:
    """How often HeyGen was asked."""
    return len(stage.heygen.journal.select(method, path))


async def card(stage: Stage, root: str) -> Message:
    """The post with the button."""
    return await stage.wait(lambda: next((m for m in stage.by_app(root) if BUTTON in stage.buttons(m)), None))


async def listed(stage: Stage, root: str, tool: str, name: str) -> str:
    """Have the model list something in a thread; the handle of what is called `name`."""
    before = len(stage.replies(root))
    stage.openai.script([Call(tool, {}), "I have looked."])
    stage.say("Look", root)
    await stage.reply(root, before + 1)
    (found,) = [one for one in outputs(stage)[-1]["items"] if one["name"] == name]
    return next(value for value in found.values() if isinstance(value, str) and HANDLE.fullmatch(value))


def tokens(stage: Stage, call: int) -> int:
    """What the tools of a model call cost in tokens."""
    return count_tokens(json.dumps(stage.openai.calls[call].request["tools"], ensure_ascii=False))


async def whole_toolbox(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> Toolbox:
    """All tools of the running app, found ones included."""
    made: list[Toolbox] = []

    def keeping(*arguments: Any) -> Toolbox:
        made.append(complete_toolbox(*arguments))
        return made[-1]

    monkeypatch.setattr("bot.app.complete_toolbox", keeping)
    await stage.restart()
    return made[-1]


# -- all of it


@full
async def test_every_tool_of_the_app_is_strict(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """R4: composites and operations alike; the same checks as the real service's."""
    toolbox = await whole_toolbox(stage, monkeypatch)
    found = [spec.name for spec in toolbox.found_only()]
    definitions = [*toolbox.definitions(), *toolbox.named(found)]
    assert len(check_tools(definitions)) == len(definitions) > 50
    assert all(one["strict"] for one in definitions)


@full
async def test_what_the_catalogue_points_to_is_there(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """R19: whoever is told that another tool does it can call that tool."""
    toolbox = await whole_toolbox(stage, monkeypatch)
    names = {name for operation in OPERATIONS.values() for name in composites_of(operation)}
    assert [name for name in sorted(names | set(SHOWN)) if not toolbox.named([name])] == []


# -- finding and reading


async def test_what_is_offered_costs_under_three_thousand_tokens(stage: Stage) -> None:
    root = stage.ask("Show me our brand kits")
    await stage.reply(root)
    for call, what in ((0, "always"), (1, "after a search")):
        print(f"{what}: {len(tools(stage, call))} tools, {tokens(stage, call)} tokens")  # noqa: T201 - the figure asked for
    assert tokens(stage, 0) < 3_000
    assert tokens(stage, 1) < 4_000


async def test_brand_kits_are_found_and_listed_in_one_request(stage: Stage) -> None:
    """R79: what a search has found can be called in that turn, and the model never has more than 15 tools."""
    root = stage.ask("Show me our brand kits")
    assert "Winter campaign" in await stage.reply(root)
    assert [len(tools(stage, call)) <= 15 for call in range(3)] == [True] * 3
    assert "list_brand_kits" not in tools(stage, 0)
    assert "list_brand_kits" in tools(stage, 1)


@full
async def test_what_was_found_is_gone_in_the_next_turn(stage: Stage) -> None:
    root = stage.ask("Show me our brand kits")
    await stage.reply(root)
    stage.say("thanks", root)
    await stage.reply(root, 2)
    assert "list_brand_kits" not in tools(stage)


@full
async def test_glossaries_are_found_and_listed(stage: Stage) -> None:
    root = stage.ask("List the glossaries for brand words")
    assert "Product names" in await stage.reply(root)


@full
async def test_the_model_sees_handles_and_neither_ids_nor_links(stage: Stage) -> None:
    root = await stage.reply_thread()
    await listed(stage, root, "list_brand_kits", "Greenroom")
    asked = json.dumps(stage.openai.calls[-1].request)
    assert "kit-1" not in asked
    assert stage.heygen.url not in asked


@full
async def test_an_admin_sees_the_webhooks_and_nobody_else(stage: Stage) -> None:
    """R7: the account's own matters are an admin's."""
    await stage.restart(admins=frozenset({stage.user("bob")}))
    root = stage.ask("List our webhook endpoints")
    await stage.reply(root)
    assert sent(stage, "GET", "/v3/webhooks/endpoints") == 0
    root = stage.ask("List our webhook endpoints", user="bob")
    await stage.reply(root)
    assert sent(stage, "GET", "/v3/webhooks/endpoints") == 1
    (endpoint,) = outputs(stage)[-1]["items"]
    assert endpoint["host"] == "127.0.0.1"
    assert "secret" not in json.dumps(outputs(stage)[-1])


@full
async def test_what_is_left_in_the_account_is_told_by_the_budget(stage: Stage) -> None:
    root = stage.ask("How much is left in the wallet?")
    assert "The HeyGen account has 100.0 usd left." in await stage.reply(root)


@full
async def test_what_others_have_made_is_for_operators_to_see(stage: Stage) -> None:
    await stage.restart(operators=frozenset({stage.user("bob")}))
    stage.openai.script([Call("list_translations", {}), "No."])
    root = stage.ask("List all translations")
    await stage.reply(root)
    assert outputs(stage)[-1]["error"]["code"] == "not_allowed"
    stage.openai.script([Call("list_translations", {}), "Here."])
    root = stage.ask("List all translations", user="bob")
    await stage.reply(root)
    assert outputs(stage)[-1]["ok"] is True


# -- paying


@full
async def test_what_costs_money_is_never_called_by_itself(stage: Stage) -> None:
    """R19: a raw operation that spends or is one step of many is refused with the name of the tool that does it."""
    names = ["create_translation", "create_video_batch", "create_upload", "clone_voice", "rotate_webhook_secret"]
    stage.openai.script([[Call(name, {}) for name in names], "I could not."])
    root = stage.ask("Do it all")
    await stage.reply(root)
    told = [answer["error"]["message"] for answer in outputs(stage)]
    assert told == [
        "translate_video does this, with its price and its job.",
        "create_videos does this, with its price and its job.",
        "This is one step of several: add_asset does them all.",
        "This costs money. There is no safe way to it in this conversation yet.",
        "What HeyGen answers to this is for an admin's eyes only: it is done at HeyGen's own pages.",
    ]
    assert stage.charges == []


@full
async def test_a_search_says_what_is_not_done_here(stage: Stage) -> None:
    stage.openai.script([Call("find_tools", {"query": "clone my voice from a recording"}), "That is not possible."])
    root = stage.ask("Clone my voice")
    await stage.reply(root)
    (answer,) = outputs(stage)
    assert "costs money" in answer["not_done_here"][0]["why"]


# -- changing


async def translated(stage: Stage) -> str:
    """A thread of Alice's with a finished translation, J1."""
    root = stage.translate("French")
    await stage.finish(1)
    await stage.closing(root)
    await stage.reply(root)
    return root


async def asked_to_delete(stage: Stage, root: str) -> Message:
    """The post with the button, after Alice has asked to delete J1."""
    stage.openai.script([Call("delete_translation", {"video_translation_id": "J1"}), "Please press the button."])
    stage.say("Delete J1 for good", root)
    return await card(stage, root)


def done(stage: Stage, root: str) -> list[str]:
    """What was reported as done in a thread."""
    texts = [message.rendered_text() for message in stage.by_app(root)]
    return [text for text in texts if "HeyGen has done it" in text]


async def test_deleting_waits_for_a_click_and_happens_once(stage: Stage) -> None:
    """R80: nothing is removed for good without a person's click."""
    root = await translated(stage)
    posted = await asked_to_delete(stage, root)
    assert "It is about French (France)." in posted.rendered_text().replace("*", "")
    assert "Deletes a translation for good." in stage.asks(posted, BUTTON)
    await stage.wait(lambda: "Nothing has been changed yet" in stage.told())
    assert sent(stage, "DELETE", TRANSLATION) == 0
    seen = posted.blocks
    await stage.click(posted, BUTTON)
    assert "a second press changes nothing" in await stage.press_stale(posted, seen, BUTTON, "alice")
    await stage.wait(lambda: done(stage, root))
    await stage.wait(lambda: BUTTON not in stage.buttons(posted))
    await stage.probe()
    assert sent(stage, "DELETE", TRANSLATION) == 1
    assert len(done(stage, root)) == 1


@full
async def test_others_are_told_who_could_press(stage: Stage) -> None:
    root = await translated(stage)
    posted = await asked_to_delete(stage, root)
    assert f"Only <@{stage.user('alice')}>" in await stage.press(posted, BUTTON, user="carol")
    assert sent(stage, "DELETE", TRANSLATION) == 0


@full
async def test_an_operator_may_press_for_somebody_else(stage: Stage) -> None:
    await stage.restart(operators=frozenset({stage.user("bob")}))
    root = await translated(stage)
    await stage.click(await asked_to_delete(stage, root), BUTTON, user="bob")
    await stage.wait(lambda: done(stage, root))


@full
async def test_a_press_a_day_later_is_too_late(stage: Stage) -> None:
    root = await translated(stage)
    posted = await asked_to_delete(stage, root)
    stage.clock.advance(25 * 3_600)
    assert "too long ago" in await stage.press(posted, BUTTON)


@full
async def test_nobody_deletes_what_others_asked_for(stage: Stage) -> None:
    root = await translated(stage)
    stage.openai.script([Call("delete_translation", {"video_translation_id": "J1"}), "No."])
    before = len(stage.replies(root))
    stage.say(f"<@{stage.slack.bot_user}> delete J1", root, user="carol")
    await stage.reply(root, before + 1)
    assert outputs(stage)[-1]["error"]["code"] == "not_allowed"


@full
async def test_a_new_title_in_the_persons_own_words_is_written_at_once(stage: Stage) -> None:
    root = await translated(stage)
    rename = Call("rename_translation", {"video_translation_id": "J1", "title": "Spring launch"})
    stage.openai.script([rename, "Done."])
    stage.say("Call J1 Spring launch from now on", root)
    await stage.wait(lambda: done(stage, root))
    assert stage.heygen.journal.select("PATCH", TRANSLATION)[-1].body == {"title": "Spring launch"}
    assert stage.app is not None
    [line] = [one for one in await stage.app.store.audit.recent() if one.deed == Deed.LIBRARY_CHANGED]
    assert (line.actor, line.details) == (stage.user(), {"operation": "rename_translation"})


@full
async def test_a_title_that_the_model_made_up_waits_for_a_click(stage: Stage) -> None:
    root = await translated(stage)
    rename = Call("rename_translation", {"video_translation_id": "J1", "title": "Best video ever"})
    stage.openai.script([rename, "Please press the button."])
    stage.say("Give J1 a better title", root)
    posted = await card(stage, root)
    assert "Best video ever" in posted.rendered_text()
    assert sent(stage, "PATCH", TRANSLATION) == 0
    await stage.click(posted, BUTTON)
    await stage.wait(lambda: done(stage, root))
    assert sent(stage, "PATCH", TRANSLATION) == 1


@full
async def test_an_admin_removes_a_webhook_by_a_click(stage: Stage) -> None:
    await stage.restart(admins=frozenset({stage.user("alice")}))
    root = await stage.reply_thread()
    stage.openai.script([Call("list_webhook_endpoints", {}), "One."])
    stage.say("Which webhooks are there?", root)
    await stage.reply(root, 2)
    (endpoint,) = outputs(stage)[-1]["items"]
    stage.openai.script([Call("delete_webhook_endpoint", {"endpoint_id": endpoint["endpoint_id"]}), "Press."])
    stage.say("Remove it", root)
    await stage.click(await card(stage, root), BUTTON)
    await stage.wait(lambda: done(stage, root))
    assert sent(stage, "DELETE", "/v3/webhooks/endpoints/.*") == 1


@full
async def test_a_handle_that_nobody_gave_is_refused(stage: Stage) -> None:
    stage.openai.script([Call("get_template", {"template_id": "RAAAAAAAA"}), "I do not know that one."])
    root = stage.ask("What is in the template?")
    await stage.reply(root)
    assert outputs(stage)[-1]["error"]["code"] == "unknown_handle"
    assert sent(stage, "GET", "/v3/templates/.*") == 0


@full
async def test_the_press_survives_a_restart(stage: Stage) -> None:
    root = await translated(stage)
    posted = await asked_to_delete(stage, root)
    await stage.restart()
    await stage.click(posted, BUTTON)
    await stage.wait(lambda: done(stage, root))
    assert sent(stage, "DELETE", TRANSLATION) == 1


@full
async def test_a_press_that_a_restart_cuts_short_is_carried_out_once(stage: Stage) -> None:
    root = await translated(stage)
    await stage.click(await asked_to_delete(stage, root), BUTTON)
    await stage.restart()
    await stage.wait(lambda: done(stage, root))
    await stage.probe()
    assert sent(stage, "DELETE", TRANSLATION) == 1


# -- who speaks


async def test_avatars_come_with_their_pictures(stage: Stage) -> None:
    root = stage.ask("Which avatars are there?")
    await stage.reply(root)
    posted = await stage.wait(lambda: next((m for m in stage.by_app(root) if m.text.startswith("Avatars: ")), None))
    pictures = [block["accessory"] for block in posted.blocks if "accessory" in block]
    assert pictures
    for picture in pictures:
        assert picture["image_url"].startswith(f"{stage.public_url}/p/")
        assert (await stage.browse(picture["image_url"])).headers["content-type"] == "image/png"


@full
async def test_voices_come_with_something_to_listen_to(stage: Stage) -> None:
    root = stage.ask("Which voices are there?")
    await stage.reply(root)
    posted = await stage.wait(lambda: next((m for m in stage.by_app(root) if m.text.startswith("Voices: ")), None))
    (first, *_) = re.findall(rf"<({re.escape(stage.public_url)}/p/[^|>]+)[|]listen>", json.dumps(posted.blocks))
    assert (await stage.browse(first)).headers["content-type"].startswith("audio/")


@full
async def test_without_a_public_address_they_are_named(stage: Stage) -> None:
    await stage.restart(public_url=None)
    root = stage.ask("Which avatars are there?")
    await stage.reply(root)
    posted = await stage.wait(lambda: next((m for m in stage.by_app(root) if m.text.startswith("Avatars: ")), None))
    assert "accessory" not in json.dumps(posted.blocks)
    assert "need an address of ours" in posted.rendered_text()


@full
async def test_a_forged_preview_opens_nothing(stage: Stage) -> None:
    assert (await stage.browse(f"{stage.public_url}/p/bG9vaw.bG9vaw")).status_code == 404


# -- the model's own tool search


@full
async def test_with_tool_search_the_api_asks_us_and_gets_the_tools_in_its_own_item(stage: Stage) -> None:
    await stage.restart(openai_tool_search=True)
    root = stage.ask("Show me our brand kits")
    assert "Winter campaign" in await stage.reply(root)
    first, second, third = stage.openai.calls
    assert {"tool_search"} == {tool["type"] for tool in first.request["tools"]} - {"function"}
    (loaded,) = [item for item in second.request["input"] if item.get("type") == "tool_search_output"]
    assert "list_brand_kits" in [tool["name"] for tool in loaded["tools"]]
    assert "list_brand_kits" not in [tool.get("name") for tool in third.request["tools"]]


@full
async def test_a_thread_goes_on_when_tool_search_is_switched_off(stage: Stage) -> None:
    await stage.restart(openai_tool_search=True)
    root = stage.ask("Show me our brand kits")
    await stage.reply(root)
    await stage.restart(openai_tool_search=False)
    stage.say("Show me our brand kits once more", root)
    await stage.wait(lambda: len(stage.openai.calls) >= 6)
    assert "Winter campaign" in await stage.reply(root, 2)
