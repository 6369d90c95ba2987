"""`views.*`: triggers that spoil, stacks that end, hashes that guard."""

from __future__ import annotations

from typing import Any

import pytest

from emulators.slack import SlackEmulator

ALICE = "U0ALICE001"
TITLE = {"type": "plain_text", "text": "Title"}
MODAL: dict[str, Any] = {"type": "modal", "title": TITLE, "blocks": []}
HOME: dict[str, Any] = {"type": "home", "blocks": []}
INPUT = {"type": "input", "label": TITLE, "element": {"type": "plain_text_input", "initial_value": "old"}}


@pytest.fixture
def trigger(slack: SlackEmulator) -> str:
    return slack.workspace.new_trigger(ALICE)


async def test_a_modal_opens_on_the_persons_screen(slack: SlackEmulator, api: Any, trigger: str) -> None:
    await api.client.views_open(trigger_id=trigger, view=MODAL)
    assert [view.body["title"]["text"] for view in slack.views("alice")] == ["Title"]


async def test_a_trigger_lives_three_seconds(slack: SlackEmulator, api: Any, trigger: str) -> None:
    slack.clock.advance(3.1)
    assert await api.refused("views.open", trigger_id=trigger, view=MODAL) == "expired_trigger_id"


async def test_a_trigger_is_used_once(api: Any, trigger: str) -> None:
    await api.client.views_open(trigger_id=trigger, view=MODAL)
    assert await api.refused("views.open", trigger_id=trigger, view=MODAL) == "exchanged_trigger_id"


async def test_a_trigger_is_known(api: Any) -> None:
    assert await api.refused("views.open", trigger_id="1.2.x", view=MODAL) == "invalid_trigger_id"


@pytest.mark.parametrize(
    "change",
    [
        {"title": {"type": "plain_text", "text": "x" * 25}},
        {"title": None},
        {"type": "home"},
        {"private_metadata": "x" * 3001},
        {"callback_id": "x" * 256},
        {"colour": "red"},
        {"blocks": [INPUT]},
        {"blocks": [{"type": "markdown", "text": "x"}]},
    ],
    ids=str,
)
async def test_a_malformed_modal_is_refused(api: Any, trigger: str, change: dict[str, Any]) -> None:
    error = await api.refused("views.open", trigger_id=trigger, view={**MODAL, **change})
    assert error == "invalid_arguments"


async def test_a_huge_view_is_too_large(api: Any, trigger: str) -> None:
    section = {"type": "section", "text": {"type": "mrkdwn", "text": "x" * 3000}}
    assert await api.refused("views.open", trigger_id=trigger, view={**MODAL, "blocks": [section] * 90}) == (
        "view_too_large"
    )


async def test_three_views_are_the_deepest_stack(slack: SlackEmulator, api: Any, trigger: str) -> None:
    top = (await api.client.views_open(trigger_id=trigger, view=MODAL))["view"]["id"]
    for _ in range(2):
        again = slack.workspace.new_trigger(ALICE, top)
        top = (await api.client.views_push(trigger_id=again, view=MODAL))["view"]["id"]
    again = slack.workspace.new_trigger(ALICE, top)
    assert await api.refused("views.push", trigger_id=again, view=MODAL) == "push_limit_reached"


async def test_a_stale_hash_conflicts(api: Any, trigger: str) -> None:
    view = (await api.client.views_open(trigger_id=trigger, view=MODAL))["view"]
    await api.client.views_update(view_id=view["id"], view=MODAL, hash=view["hash"])
    error = await api.refused("views.update", view_id=view["id"], view=MODAL, hash=view["hash"])
    assert error == "hash_conflict"


async def test_an_update_keeps_what_was_typed(slack: SlackEmulator, api: Any, trigger: str) -> None:
    block = {**INPUT, "block_id": "b", "element": {**INPUT["element"], "action_id": "a"}}
    modal = {**MODAL, "submit": TITLE, "blocks": [block]}
    id_ = (await api.client.views_open(trigger_id=trigger, view=modal))["view"]["id"]
    slack.view(id_).values["b"]["a"]["value"] = "new"
    await api.client.views_update(view_id=id_, view=modal)
    assert slack.view(id_).values["b"]["a"]["value"] == "new"


async def test_an_unknown_view_cannot_be_updated(api: Any) -> None:
    assert await api.refused("views.update", view_id="V0", view=MODAL) == "not_found"


async def test_an_external_id_is_unique_and_finds_its_view(slack: SlackEmulator, api: Any, trigger: str) -> None:
    named = {**MODAL, "external_id": "settings"}
    await api.client.views_open(trigger_id=trigger, view=named)
    assert (await api.client.views_update(external_id="settings", view=named))["ok"]
    again = slack.workspace.new_trigger(ALICE)
    assert await api.refused("views.open", trigger_id=again, view=named) == "duplicate_external_id"


async def test_a_home_tab_is_published_over_the_last(slack: SlackEmulator, api: Any) -> None:
    for blocks in ([], [{"type": "divider"}]):
        await api.client.views_publish(user_id=ALICE, view={**HOME, "blocks": blocks})
    home = slack.home("alice")
    assert home is not None
    assert len(home.body["blocks"]) == 1


@pytest.mark.parametrize(
    ("user", "view", "error"), [("U0", HOME, "user_not_found"), (ALICE, MODAL, "invalid_arguments")]
)
async def test_publish_refuses(api: Any, user: str, view: Any, error: str) -> None:
    assert await api.refused("views.publish", user_id=user, view=view) == error
