"""HeyGen's operations as tools: what runs at once, what waits for a click, what is refused."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import httpx2
import pytest

from agent.catalogue.handles import handle_of
from agent.catalogue.operations import LONGEST_WISH, NotDoneHere, Operations, Wish
from agent.conversation import user_message
from agent.records import Source
from agent.rights import Role
from agent.spending import Spending
from agent.tool_calls import ADDED, Failed, Outcome, TryAgain, Value, to_checkpoint, to_model
from agent.toolbox import CallContext, Effect, Planned, Toolbox
from heygen import HeyGenError
from tests.support.agent_fakes import FakeAccounts, FakeRoles
from tests.support.agent_heygen import SmallHeyGen, refusal
from tests.support.agent_job_store import FakeJobStore
from tests.support.agent_rows import message, new_submission
from tests.support.agent_stores import FakeTurnStore

LOOK = "/v3/avatars/looks/look-1"
OPERATOR = frozenset({Role.OPERATOR})


class Recorder:
    """`Wishes` and `Deeds`."""

    def __init__(self) -> None:
        self.wishes: list[Wish] = []
        self.deeds: list[tuple[str, str]] = []

    async def ask(self, context: CallContext, wish: Wish) -> None:
        self.wishes.append(wish)

    async def changed(self, workspace_id: str, actor: str, operation: str) -> None:
        self.deeds.append((actor, operation))


class Shelf:
    """The tools with everything around them. `call` makes one call as a turn of U1 would."""

    def __init__(
        self, turns: FakeTurnStore, jobs: FakeJobStore, heygen: SmallHeyGen, accounts: FakeAccounts, spending: Spending
    ) -> None:
        self.turns, self.jobs, self.heygen = turns, jobs, heygen
        self.roles, self.said = FakeRoles(), Recorder()
        self.operations = Operations(
            turns=turns,
            jobs=jobs,
            accounts=accounts,
            roles=self.roles,
            spending=spending,
            wishes=self.said,
            deeds=self.said,
        )
        self.toolbox = Toolbox(self.operations.tools())
        self.calls = 0

    async def context(self, said: str, *, origin: str, tainted: bool) -> CallContext:
        self.calls += 1
        row = message(said, f"row-{self.calls}")
        lease = self.turns.lease()
        items = [(Source.USER, user_message(said))]
        turn = await self.turns.begin_turn(lease, row, origin=origin, requester="U1", items=items, tainted=tainted)
        return CallContext(lease, turn, f"call-{self.calls}", f"key-{self.calls}")

    async def call(
        self, tool: str, said: str = "do it", *, origin: str = "message", tainted: bool = False, **arguments: Any
    ) -> Outcome:
        plan = self.toolbox.plan(tool, json.dumps(arguments))
        if not isinstance(plan, Planned):
            return plan
        context = await self.context(said, origin=origin, tainted=tainted)
        outcome = await plan.spec.run(context, plan.arguments)
        checkpoint = to_checkpoint(outcome)
        await self.turns.record_outcome(
            context.lease, context.turn.id, call_id=context.call_id, name=tool, outcome=checkpoint
        )
        return outcome

    async def finished_job(self) -> None:
        """A translation of U1's, J1."""
        submission = await self.jobs.intend(self.turns.lease(), new_submission("French", requester="U1"))
        (job,) = await self.jobs.jobs_of(submission.id)
        self.jobs.jobs[job.id] = dataclasses.replace(job, provider_id="vt-1")


@pytest.fixture
def shelf(
    turns: FakeTurnStore, jobs: FakeJobStore, heygen: SmallHeyGen, accounts: FakeAccounts, spending: Spending
) -> Shelf:
    return Shelf(turns, jobs, heygen, accounts, spending)


def accept(shelf: Shelf, path: str, data: Any = None) -> None:
    """Have HeyGen accept the next request to `path`."""
    shelf.heygen.fail(path, httpx2.Response(200, json={"data": data}))


@pytest.fixture
async def known(shelf: Shelf) -> str:
    """A look that has been read in this conversation: its handle."""
    accept(shelf, LOOK, {"id": "look-1", "name": "Ava", "avatar_type": "studio_avatar"})
    ids = {"kept": {handle_of("C1", "look-1"): {"id": "look-1", "name": "Ava"}}}
    context = await shelf.context("look", origin="message", tainted=False)
    await shelf.turns.record_outcome(
        context.lease, context.turn.id, call_id="seen", name="list_avatars", outcome={"outcome": "value", **ids}
    )
    return handle_of("C1", "look-1")


async def test_a_read_runs_at_once_with_the_id_behind_the_handle(shelf: Shelf, known: str) -> None:
    outcome = await shelf.call("get_look", look_id=known)
    assert isinstance(outcome, Value)
    assert outcome.data == {"id": known, "name": "Ava", "avatar_type": "studio_avatar"}
    assert "look-1" not in to_model(outcome)


async def test_an_id_in_place_of_a_handle_is_refused(shelf: Shelf) -> None:
    outcome = await shelf.call("get_look", look_id="look-1")
    assert isinstance(outcome, TryAgain)
    assert outcome.code == "unknown_handle"
    assert shelf.heygen.requests == []


async def test_what_heygen_would_refuse_is_refused_before(shelf: Shelf) -> None:
    outcome = await shelf.call("list_brand_kits", limit=1_000)
    assert isinstance(outcome, TryAgain)
    assert shelf.heygen.requests == []


async def test_renaming_takes_the_right(shelf: Shelf, known: str) -> None:
    outcome = await shelf.call("rename_look", "call it Ava red", look_id=known, name="Ava red")
    assert isinstance(outcome, Failed)
    assert "operator" in outcome.message


async def test_a_name_in_the_persons_own_words_is_written_and_noted(shelf: Shelf, known: str) -> None:
    shelf.roles.people["U1"] = OPERATOR
    outcome = await shelf.call("rename_look", "call it  AVA red please", look_id=known, name="Ava red")
    assert isinstance(outcome, Value)
    assert outcome.data[ADDED] == "HeyGen has done it: rename look."
    assert shelf.said.deeds == [("U1", "rename_look")]
    assert json.loads(shelf.heygen.sent("PATCH", LOOK)[0].content) == {"name": "Ava red"}


@pytest.mark.parametrize(("said", "tainted"), [("give it a nice name", False), ("call it Ava red", True)])
async def test_what_others_may_have_written_waits_for_a_click(
    shelf: Shelf, known: str, said: str, tainted: bool
) -> None:
    shelf.roles.people["U1"] = OPERATOR
    await shelf.call("rename_look", said, tainted=tainted, look_id=known, name="Ava red")
    (wish,) = shelf.said.wishes
    assert (wish.tool, wish.about, wish.texts) == ("rename_look", ("Ava",), ("Ava red",))
    assert shelf.heygen.sent("PATCH", LOOK) == []
    assert shelf.said.deeds == []


async def test_deleting_always_waits_for_a_click(shelf: Shelf, known: str) -> None:
    shelf.roles.people["U1"] = OPERATOR
    outcome = await shelf.call("delete_look", "delete the look", look_id=known)
    assert isinstance(outcome, Value)
    assert outcome.data["done"] is False
    assert len(shelf.said.wishes) == 1


async def test_a_press_carries_it_out(shelf: Shelf, known: str) -> None:
    shelf.roles.people["U1"] = OPERATOR
    await shelf.call("delete_look", origin="command", look_id=known)
    assert len(shelf.heygen.sent("DELETE", LOOK)) == 1
    assert shelf.said.deeds == [("U1", "delete_look")]


async def test_a_press_without_the_right_is_refused(shelf: Shelf, known: str) -> None:
    assert isinstance(await shelf.call("delete_look", origin="command", look_id=known), Failed)
    assert shelf.heygen.sent("DELETE", LOOK) == []


async def test_what_is_gone_is_said_to_be_gone(shelf: Shelf, known: str) -> None:
    shelf.roles.people["U1"] = OPERATOR
    shelf.heygen.accidents.clear()
    shelf.heygen.fail(LOOK, refusal(404, "avatar_not_found"))
    outcome = await shelf.call("delete_look", origin="command", look_id=known)
    assert isinstance(outcome, Failed)
    assert outcome.code == "not_found"
    assert shelf.said.deeds == []


async def test_people_may_delete_their_own_results(shelf: Shelf) -> None:
    await shelf.finished_job()
    await shelf.call("delete_translation", video_translation_id="J1")
    (wish,) = shelf.said.wishes
    assert wish.about == ("French",)


async def test_and_not_those_of_others(shelf: Shelf) -> None:
    await shelf.finished_job()
    (submission,) = shelf.jobs.submissions.values()
    shelf.jobs.submissions[submission.id] = dataclasses.replace(submission, requester="U2")
    assert isinstance(await shelf.call("delete_translation", video_translation_id="J1"), Failed)


async def test_more_than_a_button_can_carry_is_refused(shelf: Shelf, known: str) -> None:
    shelf.roles.people["U1"] = OPERATOR
    outcome = await shelf.call("rename_look", "no", look_id=known, name="x" * LONGEST_WISH)
    assert isinstance(outcome, Failed)
    assert shelf.said.wishes == []


async def test_what_fails_at_heygen_passes_through(shelf: Shelf, known: str) -> None:
    shelf.heygen.accidents.clear()
    shelf.heygen.fail("/v3/brand-kits", refusal(404))
    assert isinstance(await shelf.call("list_brand_kits"), Failed)
    shelf.heygen.fail("/v3/brand-kits", refusal(500))
    with pytest.raises(HeyGenError):
        await shelf.call("list_brand_kits")


async def test_only_admins_find_what_is_administrative(shelf: Shelf) -> None:
    context = await shelf.context("?", origin="message", tainted=False)
    assert not shelf.operations.may(context, "list_webhook_endpoints")
    assert shelf.operations.may(context, "list_brand_kits")
    assert shelf.operations.may(context, "delete_video")
    assert not shelf.operations.may(context, "list_videos")
    assert shelf.operations.may(context, "add_asset")
    shelf.roles.people["U1"] = frozenset({Role.ADMIN})
    assert shelf.operations.may(context, "list_webhook_endpoints")


def test_nothing_but_reads_is_a_read(shelf: Shelf) -> None:
    reads = {definition["name"] for definition in shelf.toolbox.definitions({Effect.READ})}
    assert not {name for name in reads if name.startswith(("delete_", "rename_", "update_", "create_"))}


def test_a_tool_of_ours_takes_the_place_of_an_operation(shelf: Shelf) -> None:
    names = [spec.name for spec in shelf.operations.tools(taken=["list_templates"])]
    assert "list_templates" not in names


def test_why_something_is_not_done_here() -> None:
    why = NotDoneHere(["translate_video"]).why_not
    assert why("create_translation") == "translate_video does this, with its price and its job."
    assert "no safe way" in (why("create_lipsync") or "")
    assert "one step of several: a tool of ours" in (why("create_upload") or "")
    assert why("make_coffee") is None
