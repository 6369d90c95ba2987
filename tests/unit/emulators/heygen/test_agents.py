"""Video agents: one video at once, a chat that asks back, stops, revisions, and sessions that go wrong silently."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import httpx2
import pytest

from emulators.heygen import HeyGenEmulator
from emulators.heygen.agents import DRAFT, QUESTION

Begin = Callable[..., Awaitable[str]]
Read = Callable[[str], Awaitable[dict[str, Any]]]
Say = Callable[[str, str], Awaitable[httpx2.Response]]

THOUGHT = 61  # seconds after which a session has surely thought
MADE = 300


@pytest.fixture
def begin(api: httpx2.AsyncClient) -> Begin:
    async def begin(mode: str = "generate", prompt: str = "A film of 30 seconds.", **fields: Any) -> str:
        answer = await api.post("/v3/video-agents", json={"prompt": prompt, "mode": mode} | fields)
        return answer.json()["data"]["session_id"]

    return begin


@pytest.fixture
def read(api: httpx2.AsyncClient) -> Read:
    async def read(session_id: str) -> dict[str, Any]:
        return (await api.get(f"/v3/video-agents/{session_id}")).json()["data"]

    return read


@pytest.fixture
def say(api: httpx2.AsyncClient) -> Say:
    async def say(session_id: str, message: str) -> httpx2.Response:
        return await api.post(f"/v3/video-agents/{session_id}", json={"message": message})

    return say


@pytest.fixture
async def chatting(heygen: HeyGenEmulator, begin: Begin) -> str:
    """A session in chat mode that has asked its question."""
    session_id = await begin("chat")
    heygen.advance(THOUGHT)
    return session_id


@pytest.fixture
async def drafted(heygen: HeyGenEmulator, say: Say, chatting: str) -> str:
    """One that shows a draft."""
    await say(chatting, "For our customers.")
    heygen.advance(THOUGHT)
    return chatting


async def test_one_shot_makes_a_video(heygen: HeyGenEmulator, begin: Begin, read: Read, api) -> None:
    session_id = await begin()
    seen = [(await read(session_id))["status"]]
    for seconds in (THOUGHT, MADE):
        heygen.advance(seconds)
        seen.append((await read(session_id))["status"])
    session = await read(session_id)
    video = (await api.get(f"/v3/videos/{session['video_id']}")).json()["data"]

    assert seen == ["thinking", "generating", "completed"]
    assert (session["progress"], video["status"]) == (100, "completed")
    assert 0.7 * 30 < video["duration"] < 1.8 * 30


async def test_a_video_costs_by_its_length_and_once(heygen: HeyGenEmulator, begin: Begin) -> None:
    session_id = await begin()
    heygen.advance(THOUGHT + MADE)

    [charge] = heygen.charges
    assert (charge.job_id, charge.kind) == (session_id, "agent")
    assert charge.amount == pytest.approx(heygen.sessions()[0].seconds * 0.0309, abs=1e-4)


async def test_a_key_in_the_header_means_nothing(heygen: HeyGenEmulator, api) -> None:
    headers = {"Idempotency-Key": "k1"}
    for _ in range(2):
        await api.post("/v3/video-agents", json={"prompt": "A film."}, headers=headers)

    assert len(heygen.sessions()) == len(heygen.charges) == 2


async def test_a_chat_asks_first(read: Read, chatting: str) -> None:
    session = await read(chatting)

    assert (session["status"], session["messages"][0]["content"]) == ("waiting_for_input", QUESTION)
    assert [message["role"] for message in session["messages"]] == ["model", "user"]
    assert all("id" not in message for message in session["messages"])


async def test_an_answer_brings_a_draft_to_look_at(api, read: Read, drafted: str) -> None:
    session = await read(drafted)
    text, shown = session["messages"][:2]
    resource = (await api.get(f"/v3/video-agents/{drafted}/resources/{shown['resource_ids'][0]}")).json()["data"]
    picture = await api.get(resource["url"])

    assert (session["status"], text["content"], shown["type"]) == ("reviewing", DRAFT, "resource")
    assert (resource["resource_type"], resource["source_type"]) == ("draft", "generated")
    assert picture.content.startswith(b"\x89PNG")


async def test_another_wish_brings_another_draft(heygen: HeyGenEmulator, read: Read, say: Say, drafted: str) -> None:
    await say(drafted, "Please use a brighter room.")
    heygen.advance(THOUGHT)

    assert (await read(drafted))["status"] == "reviewing"
    assert sorted(r.metadata["version"] for r in heygen.sessions()[0].resources.values()) == [1, 2]


async def test_agreement_makes_the_video(heygen: HeyGenEmulator, read: Read, say: Say, drafted: str) -> None:
    answer = (await say(drafted, "Looks good, go ahead.")).json()["data"]
    heygen.advance(THOUGHT)
    making = (await read(drafted))["status"]
    heygen.advance(MADE)
    session = await read(drafted)

    assert (answer["session_id"], answer["run_id"]) == (drafted, "run-2")
    assert (making, session["status"]) == ("generating", "completed")
    assert session["messages"][0]["resource_ids"]


async def test_a_revision_is_another_video_and_paid_for(
    heygen: HeyGenEmulator, api, read: Read, say: Say, drafted: str
) -> None:
    await say(drafted, "Yes")
    heygen.advance(THOUGHT + MADE)
    first = (await read(drafted))["video_id"]
    await say(drafted, "Make the ending shorter.")
    heygen.advance(THOUGHT + MADE)
    videos = (await api.get(f"/v3/video-agents/{drafted}/videos")).json()

    assert [video["id"] for video in videos["data"]] == [(await read(drafted))["video_id"], first]
    assert (videos["has_more"], len(heygen.charges)) == (False, 2)


@pytest.mark.parametrize("mode", ["generate", "chat"])
async def test_a_busy_session_does_not_listen(heygen: HeyGenEmulator, begin: Begin, say: Say, mode: str) -> None:
    answer = await say(await begin(mode), "Hello?")

    assert answer.status_code == (400 if mode == "generate" else 409)


async def test_one_that_listens_always_can_be_asked_for(heygen: HeyGenEmulator, begin: Begin, say: Say) -> None:
    heygen.switches.busy_agents_refuse = False

    assert (await say(await begin("chat"), "And make it short.")).status_code == 200


async def test_what_says_nothing_any_more_is_left_out(heygen: HeyGenEmulator, read: Read, chatting: str) -> None:
    heygen.agent_says(chatting, *(f"Thought {n}" for n in range(50)))
    messages = (await read(chatting))["messages"]

    assert [message["content"] for message in messages] == [f"Thought {n}" for n in range(49, 9, -1)]
    assert len({message["created_at"] for message in messages}) == 1


async def test_a_stop_ends_it_at_its_next_step_and_gives_the_money_back(
    heygen: HeyGenEmulator, api, begin: Begin, read: Read
) -> None:
    session_id = await begin()
    stopped = await api.post(f"/v3/video-agents/{session_id}/stop", json={})
    before = (await read(session_id))["status"]
    heygen.advance(3)
    session = await read(session_id)

    assert (stopped.json()["data"], before) == ({"session_id": session_id}, "thinking")
    assert (session["status"], session["video_id"]) == ("failed", None)
    assert heygen.charges[0].refunded


async def test_a_stop_while_it_renders_leaves_no_video(heygen: HeyGenEmulator, api, begin: Begin, read: Read) -> None:
    session_id = await begin()
    heygen.advance(THOUGHT)
    await api.post(f"/v3/video-agents/{session_id}/stop", json={})
    heygen.advance(MADE)

    assert (await api.get(f"/v3/video-agents/{session_id}/videos")).json()["data"] == []
    assert heygen.charges[0].refunded


async def test_a_stopped_revision_keeps_the_first_video(
    heygen: HeyGenEmulator, api, read: Read, say: Say, drafted: str
) -> None:
    await say(drafted, "Yes")
    heygen.advance(THOUGHT + MADE)
    await say(drafted, "Shorter, please.")
    await api.post(f"/v3/video-agents/{drafted}/stop", json={})
    heygen.advance(5)
    session = await read(drafted)

    assert session["status"] == "completed"
    assert [charge.refunded for charge in heygen.charges] == [False, True]


async def test_a_stop_of_what_has_ended_changes_nothing(heygen: HeyGenEmulator, api, begin: Begin, read: Read) -> None:
    session_id = await begin()
    heygen.advance(THOUGHT + MADE)
    await api.post(f"/v3/video-agents/{session_id}/stop")
    heygen.advance(5)

    assert (await read(session_id))["status"] == "completed"


async def test_a_session_may_die_without_a_word(heygen: HeyGenEmulator, begin: Begin, read: Read) -> None:
    heygen.twist_next_agent("silence")
    session_id = await begin()
    heygen.advance(THOUGHT)
    session = await read(session_id)

    assert (session["status"], session["progress"], len(session["messages"])) == ("failed", 0, 1)
    assert heygen.charges[0].refunded


async def test_a_session_may_think_for_ever(heygen: HeyGenEmulator, api, begin: Begin, read: Read) -> None:
    heygen.twist_next_agent("hang")
    session_id = await begin()
    heygen.account().cap = 1
    heygen.advance(3600)
    refused = await api.post("/v3/video-agents", json={"prompt": "Another."})

    assert (await read(session_id))["status"] == "thinking"
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "30")


async def test_a_failure_may_have_words(heygen: HeyGenEmulator, begin: Begin, read: Read) -> None:
    heygen.fail_next(message="The prompt is against our rules.", kind="agent")
    session_id = await begin()
    heygen.advance(THOUGHT)
    newest = (await read(session_id))["messages"][0]

    assert (newest["type"], newest["content"]) == ("error", "The prompt is against our rules.")


async def test_a_lost_session_goes_on_unseen(heygen: HeyGenEmulator, api, begin: Begin, read: Read) -> None:
    session_id = await begin()
    heygen.advance(THOUGHT)
    video_id = (await read(session_id))["video_id"]
    heygen.lose_session(session_id)
    heygen.advance(MADE)

    assert (await api.get(f"/v3/video-agents/{session_id}")).status_code == 404
    assert (await api.get(f"/v3/videos/{video_id}")).json()["data"]["status"] == "completed"


async def test_sessions_share_the_cap_with_other_jobs(heygen: HeyGenEmulator, begin: Begin, avatar_video, api) -> None:
    heygen.account().cap = 2
    await begin()
    await avatar_video()
    refused = await api.post("/v3/video-agents", json={"prompt": "A film."})
    heygen.advance(THOUGHT)  # its video needs no place of its own

    assert (refused.status_code, refused.json()["error"]["code"]) == (429, "rate_limit_exceeded")
    assert len(heygen.state.jobs) == 2


async def test_a_session_that_waits_needs_no_place(heygen: HeyGenEmulator, chatting: str, avatar_video) -> None:
    heygen.account().cap = 1

    assert (await avatar_video()).status_code == 200


async def test_without_money_nothing_begins(heygen: HeyGenEmulator, api) -> None:
    heygen.account().balance = 0.1

    assert (await api.post("/v3/video-agents", json={"prompt": "A film."})).status_code == 402
    assert heygen.sessions() == []


@pytest.mark.parametrize(
    ("fields", "status", "param"),
    [
        ({"prompt": ""}, 400, "prompt"),
        ({"prompt": "x" * 10_001}, 400, "prompt"),
        ({"callback_id": "J1"}, 400, "callback_id"),
        ({"callback_url": "nowhere"}, 400, "callback_url"),
        ({"orientation": "square"}, 400, "orientation"),
        ({"auto_proceed": True}, 400, "auto_proceed"),
        ({"files": [{"type": "url", "url": "https://a.example/a.png"}] * 21}, 400, "files"),
        ({"files": [{"type": "asset_id", "asset_id": "nope"}]}, 404, None),
        ({"files": [{"type": "base64", "media_type": "image/png", "data": "%%"}]}, 400, "files"),
        ({"avatar_id": "nope"}, 404, None),
        ({"voice_id": "nope"}, 404, None),
        ({"style_id": "nope"}, 404, None),
        ({"brand_kit_id": "nope"}, 404, None),
    ],
)
async def test_what_cannot_be_is_refused(heygen: HeyGenEmulator, api, fields, status: int, param: str | None) -> None:
    answer = await api.post("/v3/video-agents", json={"prompt": "A film."} | fields)

    assert (answer.status_code, answer.json()["error"].get("param")) == (status, param)
    assert heygen.charges == []


async def test_what_was_given_is_a_resource(heygen: HeyGenEmulator, begin: Begin) -> None:
    await begin(files=[{"type": "url", "url": "https://a.example/logo.png"}])

    [resource] = heygen.sessions()[0].resources.values()
    assert (resource.source, resource.type) == ("user_uploaded", "image")


async def test_only_the_end_is_announced(heygen: HeyGenEmulator, receiver, say: Say, begin: Begin) -> None:
    session_id = await begin("chat", callback_url=f"{receiver.url}/secret", callback_id="J7")
    heygen.seed_endpoint(f"{receiver.url}/hook", "whsec_1")
    heygen.advance(THOUGHT)
    await say(session_id, "Yes, do.")
    heygen.advance(THOUGHT + MADE)
    await receiver.journal.wait_for(lambda: len(receiver.bodies) == 2)

    [event] = heygen.webhooks.events
    assert (event.type, event.entity_id) == ("video_agent.success", session_id)
    assert (event.data["callback_id"], event.data["video_id"]) == ("J7", heygen.sessions()[0].videos[0])


async def test_a_failed_session_is_announced(heygen: HeyGenEmulator, begin: Begin) -> None:
    heygen.switches.probe_endpoints = False
    heygen.seed_endpoint("https://elsewhere.example/hook", "whsec_1")
    heygen.twist_next_agent("silence")
    await begin()
    heygen.advance(THOUGHT)

    assert [event.type for event in heygen.webhooks.events] == ["video_agent.fail"]


async def test_finishing_takes_a_session_a_step_further(heygen: HeyGenEmulator, begin: Begin, read: Read) -> None:
    session_id = await begin()
    steps = [heygen.finish(session_id) for _ in range(3)]

    assert steps == [[session_id], [session_id], []]
    assert (await read(session_id))["status"] == "completed"


async def test_everything_open_can_be_finished_at_once(heygen: HeyGenEmulator, begin: Begin, avatar_video) -> None:
    await begin()
    await begin("chat")
    await avatar_video()
    heygen.finish()

    assert [session.phase for session in heygen.sessions()] == ["generating", "waiting_for_input"]
    heygen.finish()
    assert [session.phase for session in heygen.sessions()] == ["completed", "waiting_for_input"]


async def test_sessions_are_listed_newest_first(begin: Begin, api) -> None:
    made = [await begin(prompt=f"Film {n}") for n in range(3)]
    first = (await api.get("/v3/video-agents?limit=2")).json()
    rest = (await api.get(f"/v3/video-agents?limit=2&token={first['next_token']}")).json()

    listed = first["data"] + rest["data"]
    assert [line["session_id"] for line in listed] == made[::-1]
    assert listed[0].keys() == {"session_id", "title", "created_at"}


async def test_another_account_sees_nothing_of_it(heygen: HeyGenEmulator, begin: Begin, api) -> None:
    session_id = await begin()
    heygen.add_account("hg-key-2")
    api.headers["X-Api-Key"] = "hg-key-2"

    assert (await api.get(f"/v3/video-agents/{session_id}")).status_code == 404
    assert (await api.get("/v3/video-agents")).json()["data"] == []


async def test_styles_have_tags(api) -> None:
    styles = (await api.get("/v3/video-agents/styles?tag=news")).json()["data"]

    assert [style["name"] for style in styles] == ["Newsroom"]


async def test_the_control_page_shows_sessions(heygen: HeyGenEmulator, begin: Begin) -> None:
    session_id = await begin()

    [shown] = heygen.snapshot()["sessions"]
    assert (shown["id"], shown["state"], shown["mode"]) == (session_id, "thinking", "generate")
