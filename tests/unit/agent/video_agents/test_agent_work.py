"""Video agents as work: what they may cost, what is sent, what is looked for before it is sent again, what is read."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import httpx2
import pytest

from agent.jobs import reading
from agent.money import Prices
from agent.records import JobKind, JobState, Submission, SubmissionState
from agent.video_agents.rules import run_id
from agent.video_agents.tools import title_of
from agent.video_agents.work import AgentVideos, StillWorking, length_in, whole_prompt
from heygen import Client, HttpTransport

PROMPT = "A film about bees"
NEW = {"prompt": PROMPT, "mode": "chat", "seconds": 60, "avatar_id": "look-1", "voice_id": "voice-1", "avatar": "Ava"}
AGAIN = {"session": "sess-1", "message": "Shorter", "seconds": 60}
SAID = {"role": "user", "type": "text", "content": whole_prompt(NEW), "created_at": 5}


class AgentsOnly:
    """A HeyGen that has sessions and videos; `known` is what is written down here."""

    def __init__(self) -> None:
        self.sessions: dict[str, dict[str, Any]] = {}
        self.videos: dict[str, dict[str, Any]] = {}
        self.of: dict[str, list[str]] = {}  # videos by session, newest first
        self.requests: list[tuple[str, str, Any]] = []
        self.known: set[str] = set()
        self.watched: dict[str, list[str]] = {}

    def client(self) -> Client:
        http = httpx2.AsyncClient(transport=httpx2.MockTransport(self._answer))
        return Client(HttpTransport("http://heygen.test", "key", http, "test"))

    async def video_ids(self, provider_session_id: str) -> list[str]:
        return self.watched.get(provider_session_id, [])

    async def known_runs(self, account_id: str) -> set[str]:
        return self.known

    def session(self, word: str, *messages: dict[str, Any], name: str = "sess-1", **other: Any) -> None:
        """A session; `messages` oldest first."""
        self.sessions[name] = {"session_id": name, "status": word, "messages": list(reversed(messages)), **other}

    def made(self, video: str, status: str = "completed", session: str = "sess-1", **other: Any) -> None:
        url = {"video_url": f"https://files.example/{video}"} if status == "completed" else {}
        self.videos[video] = {"id": video, "status": status, **url, **other}
        self.of.setdefault(session, []).insert(0, video)

    def posts(self) -> list[tuple[str, Any]]:
        return [(path, body) for method, path, body in self.requests if method == "POST"]

    def _answer(self, request: httpx2.Request) -> httpx2.Response:
        path = request.url.path.removeprefix("/v3")
        body = json.loads(request.content) if request.content else None
        self.requests.append((request.method, path, body))
        if request.method == "POST" and path == "/video-agents":
            return httpx2.Response(200, json={"data": {"session_id": "sess-9", "status": "thinking"}})
        if request.method == "POST":
            return httpx2.Response(200, json={"data": {"session_id": path.rpartition("/")[2], "run_id": "r"}})
        if path == "/video-agents":
            listed = [{"session_id": name} for name in reversed(self.sessions)]
            return httpx2.Response(200, json={"data": listed, "has_more": False})
        if path.endswith("/videos"):
            found = [self.videos[one] for one in self.of.get(path.split("/")[2], [])]
            return httpx2.Response(200, json={"data": found, "has_more": False})
        found_one = {**self.sessions, **self.videos}.get(path.rpartition("/")[2])
        if found_one is None:
            return httpx2.Response(404, json={"error": {"code": "not_found", "message": "No."}})
        return httpx2.Response(200, json={"data": found_one})


def submission(arguments: dict[str, Any], attempts: int = 1) -> Submission:
    whose = ("s", "key-1", "T1", "A1", "c", "t", "call", "U1")
    plain = Submission(*whose, JobKind.AGENT, arguments, "hash", "Film", SubmissionState.SENDING, 1.0)
    return dataclasses.replace(plain, attempts=attempts)


@pytest.fixture
def heygen() -> AgentsOnly:
    return AgentsOnly()


@pytest.fixture
def work(heygen: AgentsOnly) -> AgentVideos:
    return AgentVideos(sessions=heygen, prices=Prices())


async def state_of(work: AgentVideos, heygen: AgentsOnly, run: str = "sess-1") -> tuple[JobState, str | None]:
    update = reading(await work.read(heygen.client(), run), now=1.0, next_look=1.0)
    return update.state, update.failure


# -- money and words -------------------------------------------------------------------------------------------


async def test_a_quote_is_what_heygen_makes_of_the_length_it_is_asked_for(work: AgentVideos) -> None:
    quote = await work.quote({**NEW, "seconds": 100})
    assert (quote.low, quote.high, quote.rate) == (79 * 33_300, 174 * 33_300, 33_300)
    assert quote.basis == "about 100 s asked for, 79 to 174 s made, $0.0333 a second"
    assert not work.may_become_dearer(NEW)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("a 30-second film", 30), ("2 minutes about bees", 120), ("45s", 45), ("in 2026", None), ("ten seconds", None)],
)
def test_the_length_a_description_names(text: str, seconds: int | None) -> None:
    assert length_in(text) == seconds


def test_heygen_is_told_a_length_in_any_case() -> None:
    assert whole_prompt(NEW) == "A film about bees\n\nLength: about 60 seconds."
    assert whole_prompt({"prompt": "20 seconds of bees", "seconds": 20}) == "20 seconds of bees"


@pytest.mark.parametrize(
    ("prompt", "title"),
    [("A 30 seconds video about our new pricing plans", "video about our new pricing plans"), ("20 s", "20 s")],
)
def test_a_video_is_called_by_what_it_is_about(prompt: str, title: str) -> None:
    assert title_of(prompt) == title


def test_the_same_words_are_the_same_video(work: AgentVideos) -> None:
    assert work.same(NEW, {**NEW, "avatar_id": "look-2"})
    assert not work.same(NEW, {**NEW, "prompt": "Wasps"})
    assert not work.same(AGAIN, {**AGAIN, "session": "sess-2"})
    assert not work.same({}, {})


# -- asking ----------------------------------------------------------------------------------------------------


async def test_a_session_is_begun_with_what_was_agreed_to(work: AgentVideos, heygen: AgentsOnly) -> None:
    assert await work.send(heygen.client(), submission(NEW), None) == ["sess-9"]
    [(path, body)] = heygen.posts()
    assert path == "/video-agents"
    assert body == {
        "prompt": whole_prompt(NEW),
        "mode": "chat",
        "avatar_id": "look-1",
        "voice_id": "voice-1",
        "incognito_mode": True,
    }


async def test_the_second_time_an_unknown_session_with_these_words_is_ours(
    work: AgentVideos, heygen: AgentsOnly
) -> None:
    heygen.session("thinking", SAID, name="sess-1")
    heygen.session("thinking", {**SAID, "content": "Wasps"}, name="sess-2")
    assert await work.send(heygen.client(), submission(NEW, attempts=2), None) == ["sess-1"]
    assert heygen.posts() == []


async def test_a_session_of_another_request_is_not_taken(work: AgentVideos, heygen: AgentsOnly) -> None:
    heygen.session("thinking", SAID, name="sess-1")
    heygen.known = {"sess-1"}
    assert await work.send(heygen.client(), submission(NEW, attempts=2), None) == ["sess-9"]


async def test_another_version_is_told_once_and_counted_from_what_there_was(
    work: AgentVideos, heygen: AgentsOnly
) -> None:
    heygen.session("completed", SAID)
    heygen.watched = {"sess-1": ["v1", "v2"]}
    run = run_id("sess-1", 2, "s")
    assert await work.send(heygen.client(), submission(AGAIN), None) == [run]
    assert heygen.posts() == [("/video-agents/sess-1", {"message": "Shorter"})]
    heygen.session("thinking", SAID, {**SAID, "content": "Shorter"})
    assert await work.send(heygen.client(), submission(AGAIN, attempts=2), None) == [run]
    assert len(heygen.posts()) == 1


async def test_versions_are_made_one_after_the_other(work: AgentVideos, heygen: AgentsOnly) -> None:
    heygen.session("generating", SAID)
    with pytest.raises(StillWorking) as caught:
        await work.send(heygen.client(), submission(AGAIN), None)
    assert (caught.value.retryable, caught.value.outcome_unknown) == (True, False)
    assert heygen.posts() == []


# -- reading ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("word", "state"),
    [
        ("thinking", JobState.RUNNING),
        ("waiting_for_input", JobState.RUNNING),
        ("a word of tomorrow", JobState.RUNNING),
        ("completed", JobState.RUNNING),  # its video may show up a little later
        ("failed", JobState.FAILED),
    ],
)
async def test_a_session_without_a_video(work: AgentVideos, heygen: AgentsOnly, word: str, state: JobState) -> None:
    heygen.session(word, SAID)
    assert (await state_of(work, heygen))[0] is state


async def test_what_went_wrong_is_told_where_heygen_tells_it(work: AgentVideos, heygen: AgentsOnly) -> None:
    heygen.session("failed", SAID, {"role": "model", "type": "error", "content": "No scenes."})
    assert await state_of(work, heygen) == (JobState.FAILED, "No scenes.")
    heygen.session("failed", SAID)
    assert await state_of(work, heygen) == (JobState.FAILED, "HeyGen gave no reason")


async def test_the_video_decides_and_each_version_has_its_own(work: AgentVideos, heygen: AgentsOnly) -> None:
    heygen.session("completed", SAID)
    heygen.made("v1")
    heygen.made("v2", "processing")
    assert (await state_of(work, heygen))[0] is JobState.SUCCEEDED
    assert (await state_of(work, heygen, run_id("sess-1", 1, "s2")))[0] is JobState.RUNNING
    assert (await state_of(work, heygen, run_id("sess-1", 2, "s3")))[0] is JobState.RUNNING


async def test_a_known_video_needs_no_session(work: AgentVideos, heygen: AgentsOnly) -> None:
    heygen.watched = {"sess-1": ["v1"]}
    heygen.made("v1")
    assert (await state_of(work, heygen))[0] is JobState.SUCCEEDED
    assert [path for _, path, _ in heygen.requests] == ["/videos/v1"]


async def test_a_stopped_session_takes_its_unfinished_video_along(work: AgentVideos, heygen: AgentsOnly) -> None:
    heygen.watched = {"sess-1": ["v1"]}
    heygen.session("failed", SAID)
    assert (await state_of(work, heygen))[0] is JobState.FAILED
    heygen.made("v2", "processing")
    assert (await state_of(work, heygen))[0] is JobState.FAILED
