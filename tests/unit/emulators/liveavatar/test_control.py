"""The control plane for other processes, the snapshot, and the emulator's own life."""

from __future__ import annotations

import json

import httpx2
import pytest

from emulators.liveavatar import LiveAvatarEmulator


async def test_tools_elsewhere_can_move_time(api: httpx2.AsyncClient, liveavatar: LiveAvatarEmulator, begin) -> None:
    await begin()
    await api.post("/_emulator/advance", json={"seconds": 61})

    assert liveavatar.account().credits == 98


async def test_tools_elsewhere_can_end_sessions(api: httpx2.AsyncClient, liveavatar: LiveAvatarEmulator, begin) -> None:
    session_id = (await begin()).json()["data"]["session_id"]
    answer = await api.post("/_emulator/end", json={"session_id": session_id, "reason": "NO_CREDITS"})

    assert answer.json() == {"ended": session_id}
    assert liveavatar.session().end_reason == "NO_CREDITS"
    assert (await api.post("/_emulator/end", json={"session_id": "nobody"})).status_code == 404


async def test_tools_elsewhere_can_drop_and_cut_websockets(api: httpx2.AsyncClient, begin, dial) -> None:
    address = (await begin()).json()["data"]["ws_url"]
    first = await dial(address)
    await api.post("/_emulator/drop", json={"code": 1012})
    await first.connection.wait_closed()
    await api.post("/_emulator/cut", json={"at": "agent.interrupt", "code": 1011})
    second = await dial(address)
    await second.send("agent.interrupt")
    await second.connection.wait_closed()

    assert (first.connection.close_code, second.connection.close_code) == (1012, 1011)


async def test_tools_elsewhere_can_change_the_events(api: httpx2.AsyncClient, liveavatar: LiveAvatarEmulator) -> None:
    dialects = (await api.post("/_emulator/dialect", json={"name": "nested"})).json()["dialects"]
    trouble = (await api.post("/_emulator/events", json={"without": ["error"], "repeat": 1})).json()

    assert "nested" in dialects
    assert (trouble["without"], liveavatar.event_trouble.repeat) == (["error"], 1)
    assert (await api.post("/_emulator/dialect", json={"name": "klingon"})).status_code == 404
    assert (await api.post("/_emulator/events", json={"louder": True})).status_code == 404


async def test_tools_elsewhere_can_let_a_service_stand_still(
    api: httpx2.AsyncClient, liveavatar: LiveAvatarEmulator, line
) -> None:
    await api.post("/_emulator/stall", json={})
    await line.send("agent.interrupt", event_id="i1")
    assert not (await api.get("/_emulator/snapshot")).json()["sessions"][0]["interruptions"]
    await api.post("/_emulator/stall", json={"on": False})

    assert (await line.next())["source_event_id"] == "i1"


async def test_tools_elsewhere_can_be_the_viewer(
    api: httpx2.AsyncClient, liveavatar: LiveAvatarEmulator, begin
) -> None:
    await begin()
    joined = (await api.post("/_emulator/viewer", json={})).json()
    left = (await api.post("/_emulator/viewer", json={"joined": False})).json()

    assert (joined, left) == ({"viewers": 1}, {"viewers": 0})


async def test_tools_elsewhere_can_change_the_switches(
    api: httpx2.AsyncClient, liveavatar: LiveAvatarEmulator, begin
) -> None:
    change = {"success_code": 100, "omit_from_start": ["ws_url"]}
    answer = await api.post("/_emulator/switches", json=change)
    started = (await begin()).json()

    assert answer.json() == {"changed": ["omit_from_start", "success_code"]}
    assert (started["code"], "ws_url" in started["data"]) == (100, False)
    assert (await api.post("/_emulator/switches", json={"volume": 11})).status_code == 404


async def test_the_snapshot_shows_everything(api: httpx2.AsyncClient, liveavatar: LiveAvatarEmulator, line) -> None:
    await line.speak("u1", 1.0)
    await line.send("agent.interrupt", event_id="i1")
    await line.speak("u1", 1.0)
    await line.settled()
    liveavatar.advance(61)
    seen = (await api.get("/_emulator/snapshot")).json()
    [session] = seen["sessions"]

    assert seen["credits"] == {"greenroom": 98}
    assert (session["billed_seconds"], session["credits"]) == (pytest.approx(61), 2)
    assert session["audio_bytes"] == 96_000
    assert [(u["id"], u["outcome"]) for u in session["utterances"]] == [("u1", "dropped"), ("u1", "talking")]
    assert [i["stale_bytes"] for i in session["interruptions"]] == [48_000]
    assert "audio_after_interrupt" in [finding["code"] for finding in session["findings"]]


async def test_the_snapshot_keeps_secrets(liveavatar: LiveAvatarEmulator, begin) -> None:
    await begin()
    text = json.dumps(liveavatar.snapshot())
    session = liveavatar.session()

    assert not [
        secret for secret in (session.token, session.secret, session.viewer_token, "la-key-1") if secret in text
    ]


async def test_a_reset_forgets_and_hangs_up(liveavatar: LiveAvatarEmulator, line) -> None:
    liveavatar.switches.overage = True
    liveavatar.trouble_events(silent=True)
    liveavatar.reset()
    await line.connection.wait_closed()

    assert liveavatar.state.sessions == {}
    assert (liveavatar.switches.overage, liveavatar.event_trouble.silent) == (False, False)
    with pytest.raises(KeyError):
        liveavatar.session()


async def test_the_same_seed_gives_the_same_ids() -> None:
    ids = []
    for _ in range(2):
        emulator = LiveAvatarEmulator(seed=5)
        transport = httpx2.ASGITransport(emulator)
        async with httpx2.AsyncClient(transport=transport, base_url="http://emulator") as client:
            body = {"mode": "LITE", "avatar_id": "2f6d0b9e-5c1f-4a86-9a55-0d0c6b9a1e01"}
            answer = await client.post("/v1/sessions/token", json=body, headers={"X-API-KEY": "la-key-1"})
        ids.append(answer.json()["data"]["session_id"])

    assert ids[0] == ids[1]
