"""Reading posts as people and Slack do, and rows with nasty words in them."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import strategies as st
from slack_sdk.models.blocks import Block

from agent.records import Job, JobState
from bot.slack.blocks import Post
from tests.unit.bot.slack.rows import job


def link_for(job: Job) -> str | None:
    return f"https://greenroom.example/v/{job.handle}"


def words(post: Post) -> str:
    return "\n".join(
        text
        for block in post.blocks
        for text in [block.get("text", {}).get("text", ""), *(e.get("text", "") for e in block.get("elements", []))]
        if isinstance(text, str)
    )


def elements(post: Post) -> dict[str, dict[str, Any]]:
    """The buttons by their action."""
    found = [e for block in post.blocks if block["type"] == "actions" for e in block["elements"]]
    found += [block["accessory"] for block in post.blocks if "accessory" in block]
    return {element["action_id"]: element for element in found}


def buttons(post: Post) -> dict[str, str]:
    """What each button carries."""
    return {action_id: element["value"] for action_id, element in elements(post).items()}


def asks(post: Post, action_id: str) -> str:
    """What a button's dialog says before a press counts."""
    confirm = elements(post)[action_id]["confirm"]
    return f"{confirm['title']['text']} {confirm['text']['text']}"


def assert_sendable(post: Post) -> None:
    assert post.text.strip()
    assert len(post.text) <= 4000
    assert 1 <= len(post.blocks) <= 50
    assert len(json.dumps(post.blocks, ensure_ascii=False)) < 13_000
    for block in Block.parse_all(post.blocks):
        block.validate_json()
    for shown in post.blocks:
        text = shown.get("text") or {}
        assert 1 <= len(text.get("text", "x")) <= 3000


NASTY = st.text(max_size=400) | st.sampled_from(["&" * 400, "<" * 400, "```" * 100, "\n" * 50, " "])
JOBS = st.lists(
    st.builds(
        lambda state, label, failure, word: job(state, label=label, failure=failure, status_word=word),
        st.sampled_from(JobState),
        NASTY,
        st.none() | NASTY,
        st.none() | NASTY,
    ),
    max_size=12,
)
