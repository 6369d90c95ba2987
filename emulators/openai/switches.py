"""Misbehaviour on demand, so that guards against it can be shown to work."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from emulators.openai.gullible import orders_in
from emulators.openai.languages import speech_of
from emulators.openai.lies import Liar
from emulators.openai.phrases import say
from emulators.openai.reading import JOB, Reading, as_object
from emulators.openai.script import Call, Content, RawArguments, Say
from emulators.openai.summary import job_reference, jobs_in

INVENTED_LINK = "https://videos.example.com/watch/final-cut.mp4"
INVENTED_JOB = "J99"
UNKNOWN_TOOL = "make_everything_great"
PING = "<!channel>"
TALKING = ("lie_done", "wrong_language", "invent_link", "invent_id", "ping_channel")

Json = dict[str, Any]


@dataclass(slots=True)
class Switches:
    """What the planner gets wrong while a switch is on.

    `lie_done` says submitted jobs are finished, `invent_link` and `invent_id` add what no tool said, `unknown_tool`
    and `bad_json` spoil the first calls of a turn, `ping_channel` rings everybody (split over two deltas),
    `wrong_language` answers in another language, `gullible` obeys orders found anywhere in the input (see
    `gullible.py`), `liar` lies in final answers (see `lies.py`). `split_chunks` is no fault: the size of deltas in
    characters.
    """

    lie_done: bool = False
    invent_link: bool = False
    invent_id: bool = False
    unknown_tool: bool = False
    bad_json: bool = False
    ping_channel: bool = False
    wrong_language: bool = False
    gullible: bool = False
    liar: Liar | None = None
    split_chunks: int | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """What the planner does next; `misdeeds` says in words what the switches have made of it."""

    contents: list[Content]
    misdeeds: tuple[str, ...] = ()


def obey(items: Sequence[Json], allowed: int) -> Decision | None:
    """The calls that texts in the input demand, `allowed` at most; None when there is nothing to obey."""
    orders = orders_in(items)[:allowed]
    if not orders:
        return None
    told = [f"gullible: obeyed CALL {order.call.name} found in {order.place}" for order in orders]
    return Decision([order.call for order in orders], tuple(told))


def misbehave(contents: Sequence[Content], reading: Reading, switches: Switches) -> Decision:
    """The contents with what the switches do to them."""
    spoilt = [_spoil(content, reading, switches) for content in contents]
    changed = [after for before, after in zip(contents, spoilt, strict=True) if before != after]
    names = [name for content in changed for name in _blamed(content, reading, switches)]
    return Decision(spoilt, tuple(dict.fromkeys(names)))


def _blamed(content: Content, reading: Reading, switches: Switches) -> list[str]:
    """The switches that have made this content what it is."""
    if not isinstance(content, Say):
        return ["unknown_tool" if switches.unknown_tool else "bad_json"]
    on = [name for name in TALKING if getattr(switches, name) and (name != "lie_done" or reading.outputs)]
    return [*on, switches.liar.account()] if switches.liar else on


def _spoil(content: Content, reading: Reading, switches: Switches) -> Content:
    match content:
        case Call() if not reading.outputs:
            return _spoil_call(content, switches)
        case Say():
            said = _spoil_text(content, reading, switches)
            return switches.liar.tell(said, _some_job(reading)) if switches.liar else said
        case _:
            return content


def _some_job(reading: Reading) -> str:
    """A job that a lie can be about: the newest of the outputs, else of the facts."""
    found = [handle for text in reading.outputs for handle, _ in jobs_in(as_object(text))]
    handles = found or JOB.findall(reading.facts) or [INVENTED_JOB]
    return job_reference(handles[-1], reading)


def _spoil_call(call: Call, switches: Switches) -> Content:
    if switches.unknown_tool:
        return replace(call, name=UNKNOWN_TOOL)
    if switches.bad_json:
        return RawArguments(call.name, '{"source": "unfinished', call.call_id)
    return call


def _spoil_text(said: Say, reading: Reading, switches: Switches) -> Say:
    text = said.text
    handles = [handle for output in reading.outputs for handle, _ in jobs_in(as_object(output))]
    if switches.lie_done and reading.outputs:
        names = " and ".join(job_reference(handle, reading) for handle in dict.fromkeys(handles)) or "Your video"
        text = f"Good news: {names} is finished and ready to watch!"
    if switches.wrong_language:
        text = say("taken", "en" if speech_of(reading.words) == "ja" else "ja")
    if switches.invent_link:
        text += f" You can watch it at {INVENTED_LINK} now."
    if switches.invent_id:
        text += f" See also {job_reference(INVENTED_JOB, reading)}, video id 0f3c9a7be2d14c55."
    if switches.ping_channel:
        return replace(said, text=text, chunks=(*re.findall(r"\s*\S+\s*", text), " <!chan", "nel> look!"))
    return replace(said, text=text)
