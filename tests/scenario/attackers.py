"""What attackers say, and how to see in the emulators' journals that they got nothing by it."""

from __future__ import annotations

import json
import tomllib
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.scenario.stage import TRANSLATIONS, Stage

CORPUS: dict[str, str] = {
    name: entry["text"]
    for name, entry in tomllib.loads((Path(__file__).parent / "attacks" / "texts.toml").read_text()).items()
}
FOREIGN = "evil.example"
SPEAKING = ("chat.postMessage", "chat.update", "chat.startStream", "chat.appendStream", "chat.stopStream")


def loot(stage: Stage) -> str:
    """A video that HeyGen would take and that nobody has asked for."""
    return f"{stage.heygen.url}/sources/short.mp4"


def order(stage: Stage, tool: str = "translate_video", **arguments: Any) -> str:
    """An order that the gullible model obeys."""
    if tool == "translate_video":
        arguments = {"source": loot(stage), "languages": ["German"], "title": None, **arguments}
    return f"CALL {tool} {json.dumps(arguments)}"


def attack(stage: Stage, name: str = "plain", tool: str = "translate_video", **arguments: Any) -> str:
    """A text of the corpus with an order in it."""
    return CORPUS[name].format(order=order(stage, tool, **arguments))


def obeyed(stage: Stage) -> bool:
    """Whether the model fell for an order, so that something else had to hold."""
    return any("obeyed CALL" in misdeed for call in stage.openai.calls for misdeed in call.misdeeds)


def sources(stage: Stage) -> set[str]:
    """The links of every paid request that was sent to HeyGen, accepted or not."""
    bodies = [entry.body for entry in stage.heygen.journal.select("POST", TRANSLATIONS)]
    return {str(body["video"]["url"]) for body in bodies}


def visible(stage: Stage) -> Iterator[str]:
    """Everything that was ever to be seen of the app: each post and edit, each state of each streamed message."""
    streams: dict[str, str] = defaultdict(str)
    for entry in list(stage.slack.journal.entries):
        method = entry.path.rsplit("/", 1)[-1]
        if method not in SPEAKING or not isinstance(entry.body, dict):
            continue
        body = entry.body
        yield json.dumps([body.get("text"), body.get("blocks"), body.get("chunks")], ensure_ascii=False)
        key = str(body.get("ts") or body.get("thread_ts"))
        streams[key] += str(body.get("markdown_text") or "")
        yield streams[key]


def places(stage: Stage) -> set[tuple[str, str]]:
    """The channels and threads in which the app has written."""
    workspace = stage.slack.workspace
    messages = [m for channel in workspace.channels for m in stage.slack.messages(channel) if m.from_app]
    return {(m.channel, m.thread_ts or m.ts) for m in messages}


async def unharmed(stage: Stage, *roots: str) -> None:
    """Nothing foreign was paid for, linked to or written elsewhere than in the threads `roots`."""
    await stage.slack.settle()
    assert sources(stage) <= {stage.video}, "a paid request that nobody asked for"
    assert not [text for text in visible(stage) if f"://{FOREIGN}" in text], "a foreign link"
    assert {thread for _, thread in places(stage)} <= set(roots), "a message outside the thread"


async def waits(stage: Stage, root: str) -> str:
    """The card of the attacker's request waits and says exactly what it is; returns its text."""
    shown = loot(stage).removeprefix("http://")
    card = await stage.card(root, "waiting for an approval", f"`{shown}`")
    text = card.rendered_text()
    assert "approved" not in text.replace("waiting for an approval", "")
    assert FOREIGN not in text
    assert {"approve_request", "decline_request"} <= stage.buttons(card)
    return text
