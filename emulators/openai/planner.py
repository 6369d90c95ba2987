"""The deterministic planner: fixed rules over the request and the offered tools. It is not an AI and says so.

Everything here is pure: the same input gives the same output. A first step answers a request with calls, a question
or a sentence; a step after tool outputs tells what they say.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from emulators.openai.arguments import Slots, fill
from emulators.openai.intents import (
    ACTIONS,
    SEARCHES,
    TOOLS,
    Intent,
    avatar_in,
    clauses_of,
    crm_in,
    for_agent,
    greeting_for,
    holds_a_table,
    intent_of,
    is_order,
    rows_in,
    script_in,
    segments_of,
    template_in,
    to_be_checked,
    topic_in,
)
from emulators.openai.languages import find_languages, speech_of
from emulators.openai.later import asks_for_list, cancelled, put_off
from emulators.openai.minutes import minutes
from emulators.openai.phrases import IDENTITY, Phrase, abilities, say
from emulators.openai.reading import JOB, Reading, as_object, last_source, read, sources_in, words_of
from emulators.openai.script import Call, Content, Say
from emulators.openai.summary import job_reference, jobs_in, summarise
from emulators.openai.switches import Decision, Switches, misbehave, obey

CALL_LIMIT = 16
QUERY_LIMIT = 200
NOTHING_FOUND = "I have looked and found nothing that does this."
SOUND_FILE = re.compile(r"\.(?:mp3|wav|m4a|aac|ogg)\b", re.IGNORECASE)
SPECIFIC = re.compile(r"\b(?:one|first|second|third|last|other|F\d+|V\d+)\b", re.IGNORECASE)
# What may be the words of a video, when those were asked for.
TALK: frozenset[Intent] = frozenset({"other", "greeting", "thanks", "help"})
LEAVE = re.compile(r"\b(?:good ?bye|bye|see you|auf wiedersehen|tschüss|au revoir|adiós)\b", re.IGNORECASE)
HANG_UP, OPENER = "end_live_avatar", "start_live_avatar"
REPAIRABLE = frozenset({"unknown_tool", "invalid_arguments"})

Json = dict[str, Any]


def plan(
    instructions: str,
    items: Sequence[Json],
    tools: Sequence[Json],
    tool_choice: Any = "auto",
    *,
    parallel: bool = True,
    switches: Switches | None = None,
) -> list[Content]:
    """What the model would do next: calls of offered tools, or one message.

    `tools` are function tools in the Responses shape; `tool_choice` narrows them like the API does.
    """
    return decide(instructions, items, tools, tool_choice, parallel=parallel, switches=switches).contents


def decide(
    instructions: str,
    items: Sequence[Json],
    tools: Sequence[Json],
    tool_choice: Any = "auto",
    *,
    parallel: bool = True,
    switches: Switches | None = None,
) -> Decision:
    """Like `plan`, and what the switches had to do with it."""
    switches = switches or Switches()
    if not tools and (summed_up := minutes(instructions, items)):
        return Decision([Say(summed_up)])
    reading = _continued(read(instructions, items))
    offered, forced = _offered(tools, tool_choice)
    # Without any tool the API lets no model call one, however gullible; which one is not its business then.
    if switches.gullible and offered and (obeyed := obey(items, CALL_LIMIT if parallel else 1)):
        return obeyed
    contents = _next(reading, offered)
    calls = [content for content in contents if isinstance(content, Call)]
    if forced and not calls:
        contents = _forced_call(reading, offered) or contents
    elif calls and not parallel:
        contents = list(calls[:1])
    return misbehave(contents, reading, switches)


def _continued(reading: Reading) -> Reading:
    """The request together with the one it completes, when it only answers our question."""
    before = reading.unfinished
    creates = bool(before) and intent_of(words_of(before)) == "create"
    if not before or intent_of(reading.words) not in (TALK if creates else {"other"}):
        return reading
    says_how = bool(script_in(reading.words) or topic_in(reading.words))
    link = " saying " if creates and not says_how else " "
    return replace(reading, text=before + link + reading.text)


def _next(reading: Reading, tools: dict[str, Json]) -> list[Content]:
    if reading.found is not None and (called := _found_calls(reading, tools)):
        return called
    if not reading.outputs:
        return _first_step(reading, tools) if reading.found is None else [Say(NOTHING_FOUND)]
    repaired = _repaired(reading, tools)
    return repaired or [Say(summarise(reading))]


def _found_calls(reading: Reading, tools: dict[str, Json]) -> list[Content]:
    """What was asked for, by the tools that a search has found: the one that is meant, else the first that can be."""
    if not any(name in tools for name in reading.found or ()):
        return []
    usable = {name: tool for name, tool in tools.items() if name not in SEARCHES}
    meant = [content for content in _first_step(reading, usable) if isinstance(content, Call)]
    if any(call.name in (reading.found or ()) for call in meant):
        return [*meant]
    if any(name in (reading.found or ()) for name in TOOLS.get(intent_of(reading.words), ())):
        return _first_step(reading, usable)  # what has to be asked first
    slots = _slots(reading.text, reading)
    for name in reading.found or ():
        for arguments in _filled(usable[name], slots) if name in usable else ():
            return [Call(name, arguments)]
    return []


def _offered(tools: Sequence[Json], choice: Any) -> tuple[dict[str, Json], bool]:
    """The tools that may be called now, and whether one must be."""
    named = {tool["name"]: tool for tool in tools}
    match choice:
        case "none":
            return {}, False
        case {"type": "function", "name": name}:
            return {name: named[name]}, True
        case {"type": "allowed_tools", "tools": allowed, "mode": mode}:
            names = {tool.get("name") for tool in allowed}
            return {name: tool for name, tool in named.items() if name in names}, mode == "required"
        case _:
            return named, choice == "required"


def _first_step(reading: Reading, tools: dict[str, Json]) -> list[Content]:
    if later := _later(reading, tools):
        return later
    intent = intent_of(reading.words)
    asked = [(clause, intent_of(words_of(clause))) for clause in clauses_of(reading.text)]
    actions = [(clause, wanted) for clause, wanted in asked if wanted in ACTIONS]
    ordered = any(is_order(words_of(clause)) for clause, _ in actions)
    if actions and (intent in ACTIONS or ordered or asked[0] == actions[0]):
        found = [content for clause, wanted in actions for content in _act(clause, wanted, reading, tools)]
        calls = [content for content in found if isinstance(content, Call)]
        return list(_distinct(calls)[:CALL_LIMIT]) or found[:1]
    return _answer(intent, reading, tools)


def _later(reading: Reading, tools: dict[str, Json]) -> list[Content]:
    """What is to be done another time, and what is known or unwanted of that; nothing where it is about now."""
    if "scheduled the message above" in reading.facts.rpartition("[runtime]")[2]:
        return []
    handle = cancelled(reading.text)
    if handle and (found := tools.get("cancel_schedule")):
        return [Call(found["name"], {"schedule": handle})]
    when = put_off(reading.text) if "schedule_request" in tools else None
    if when is not None:
        limits = {"most_per_run": None, "most_per_month": None}
        return [Call("schedule_request", {"when": when[0], "what": when[1], **limits})]
    if not asks_for_list(reading.words) and not handle:
        return []
    if "list_schedules" in tools and not handle:
        return [Call("list_schedules", {})]
    return _search("cancel a schedule" if handle else "list schedules", tools)


def _distinct(calls: Sequence[Call]) -> list[Call]:
    return [call for index, call in enumerate(calls) if call not in calls[:index]]


def _answer(intent: Intent, reading: Reading, tools: dict[str, Json]) -> list[Content]:
    """A request that changes nothing: one read, or a sentence."""
    speech = speech_of(reading.words)
    match intent:
        case "greeting" | "thanks" | "other" if _takes_leave(reading, tools):
            return [Call(HANG_UP, {})]
        case "identity":
            return [Say(IDENTITY)]
        case "greeting":
            return [Say(say("greeting", speech))]
        case "thanks":
            return [Say(say("thanks", speech))]
        case "help" | "other":
            return [Say(abilities(list(tools)))]
        case _:
            return _act(reading.text, intent, reading, tools)


def _takes_leave(reading: Reading, tools: dict[str, Json]) -> bool:
    """Whether somebody says goodbye in a live session: there it can be ended and not be opened."""
    return HANG_UP in tools and OPENER not in tools and LEAVE.search(reading.words) is not None


def _act(clause: str, intent: Intent, reading: Reading, tools: dict[str, Json]) -> list[Content]:
    """Calls that do what a clause asks for, or the question that is in the way."""
    tool = next((tools[name] for name in TOOLS.get(intent, ()) if name in tools), None)
    if tool is None and not (intent == "status" and _known_jobs(reading)) and (searched := _search(clause, tools)):
        return searched
    if tool is None:
        return [Say(_without_tool(intent, reading, tools))]
    slots = _slots(clause, reading)
    if intent == "cancel":
        slots = _cancelled(slots, reading)
    if intent == "create_many":
        slots = _for_many(slots, reading)
    if intent == "translate":
        slots = replace(slots, proofread=to_be_checked(reading.words))
    if intent == "finish":
        attached = [source for _, source in sources_in(reading.text) if source.startswith("F")]
        slots = replace(slots, sources=attached)
    if intent in ("template", "create_many"):
        template, places = template_in(slots.request)
        slots = replace(slots, template=template, places=places, script="" if template else slots.script)
    if intent == "lipsync":
        slots = _spoken(clause, slots)
    if intent in ("agent_start", "agent_say"):
        told = for_agent(slots.request)
        topic = re.sub(r"^(?:make|create)\s+", "", told) if intent == "agent_start" else told
        slots = replace(slots, topic=topic, script="")
    if question := _question(intent, slots, tool):
        return [Say(say(question, speech_of(reading.words)))]
    variants = _variants(clause, slots) if intent == "translate" else [slots]
    filled = [arguments for one in variants for arguments in _filled(tool, one)]
    if not filled:
        return [Say(f"I am missing something I need to {tool['name'].replace('_', ' ')}. Can you tell me more?")]
    return [Call(tool["name"], arguments) for arguments in filled]


def _search(clause: str, tools: dict[str, Json]) -> list[Content]:
    """A look for a tool that does what a clause asks for."""
    tool = next((tools[name] for name in SEARCHES if name in tools), None)
    filled = fill(tool.get("parameters") or {}, Slots(request=clause[:QUERY_LIMIT])) if tool else None
    return [Call(tool["name"], filled)] if tool and filled else []


def _filled(tool: Json, slots: Slots) -> list[Json]:
    """Arguments for one call, or for one call per language where the tool takes a single one."""
    schema = tool.get("parameters") or {"type": "object", "properties": {}}
    whole = fill(schema, slots)
    if whole is None or len(slots.languages) < 2 or _holds_all(whole, len(slots.languages)):
        return [] if whole is None else [whole]
    each = [fill(schema, Slots(slots.sources, [language], request=slots.request)) for language in slots.languages]
    return [
        arguments for index, arguments in enumerate(each) if arguments is not None and arguments not in each[:index]
    ]


def _holds_all(arguments: Json, count: int) -> bool:
    return any(isinstance(value, list) and len(value) == count for value in arguments.values())


def _slots(clause: str, reading: Reading) -> Slots:
    words = words_of(clause)
    jobs = list(dict.fromkeys(JOB.findall(words.upper())))
    sources = [source for _, source in sources_in(clause)] or jobs[:1] or _meant_source(reading)
    return Slots(
        sources=list(dict.fromkeys(sources)),
        languages=find_languages(words),
        jobs=jobs,
        script=script_in(words),
        topic=topic_in(words),
        rows=rows_in(words),
        request=words,
    )


def _for_many(slots: Slots, reading: Reading) -> Slots:
    """Whom many videos are for: who is named, else the list that is attached, else the CRM, else what is pasted."""
    script = slots.script or greeting_for(slots.rows)
    attached = [source for source in slots.sources if source.startswith("F")] if not slots.rows else []
    crm = crm_in(slots.request) if not slots.rows and not attached else ""
    pasted = not slots.rows and not attached and not crm and holds_a_table(reading.text)
    return replace(slots, sources=attached[:1], script=script, topic="", pasted=pasted, crm=crm)


def _spoken(clause: str, slots: Slots) -> Slots:
    """With the face and the recording of a lip-sync: what is named second is the recording, unless it looks like none.

    Where an avatar is to speak, all that is named is the recording.
    """
    named = list(dict.fromkeys([*(source for _, source in sources_in(clause)), *slots.jobs]))
    avatar = avatar_in(slots.request)
    sounds = [source for source in named if SOUND_FILE.search(source)] or named[0 if avatar else 1 :]
    faces = [source for source in named if source not in sounds[:1]]
    return replace(slots, sources=[] if avatar else faces[:1], sound=next(iter(sounds), ""), avatar=avatar)


def _meant_source(reading: Reading) -> list[str]:
    source = last_source(reading)
    return [source] if source else []


def _variants(clause: str, slots: Slots) -> list[Slots]:
    """One set of slots per source: with its own languages where every source has some, else with all of them."""
    segments = segments_of(clause)
    own = [find_languages(words) for _, words in segments]
    if len(segments) > 1 and all(own):
        pairs = [(source, languages) for (source, _), languages in zip(segments, own, strict=True)]
    else:
        pairs = [(source, slots.languages) for source in slots.sources]
    return [replace(slots, sources=[source], languages=languages) for source, languages in pairs]


def _cancelled(slots: Slots, reading: Reading) -> Slots:
    """With the jobs that are named by their language."""
    named = [handle for handle, name in _job_names(reading) if any(one in name for one in slots.languages)]
    return replace(slots, jobs=slots.jobs or named)


def _cancels_all(slots: Slots, tool: Json) -> bool:
    """Whether no job in particular is meant, and the tool takes null for all of them."""
    vague = not slots.languages and not SPECIFIC.search(slots.request)
    empty = fill(tool.get("parameters") or {}, replace(slots, jobs=[]))
    return vague and empty is not None


def _question(intent: Intent, slots: Slots, tool: Json) -> Phrase | None:
    """What has to be asked first."""
    match intent:
        case "translate" | "background" | "clips" if not slots.sources:
            return "which_video"
        case "translate" if not slots.languages:
            return "which_language"
        case "speech" if not slots.script:
            return "what_to_say"
        case "create" if not slots.script and not slots.topic:
            return "what_to_say"
        case "cancel" if not slots.jobs and not _cancels_all(slots, tool):
            return "which_job"
        case "upload" if not slots.sources:
            return "which_file"
        case "lipsync" if not slots.sound or not (slots.sources or slots.avatar):
            return "two_files"
        case _:
            return None


def _without_tool(intent: Intent, reading: Reading, tools: dict[str, Json]) -> str:
    if intent == "status" and (jobs := _known_jobs(reading)):
        states = [f"{job_reference(handle, reading)} is {state or 'known'}" for handle, state in jobs]
        return "; ".join(states) + "."
    return f"I cannot do that here. {abilities(list(tools))}"


def _known_jobs(reading: Reading) -> list[tuple[str, str | None]]:
    """The jobs a facts block tells of."""
    return jobs_in(_facts(reading))


def _facts(reading: Reading) -> Json | None:
    """The JSON somewhere in a developer message."""
    start = reading.facts.rfind("\n{")
    return as_object(reading.facts[start + 1 :] if start >= 0 else reading.facts)


def _job_names(reading: Reading) -> list[tuple[str, str]]:
    """The handles of the jobs in a facts block, each with everything else that is said of it."""
    lists = [value for value in (_facts(reading) or {}).values() if isinstance(value, list)]
    rows = [row for rows in lists for row in rows if isinstance(row, dict)]
    return [(row["handle"], str(row)) for row in rows if JOB.fullmatch(str(row.get("handle")))]


def _repaired(reading: Reading, tools: dict[str, Json]) -> list[Content]:
    """The right calls after a first try that named no tool or sent no proper arguments."""
    errors = [as_object(output) or {} for output in reading.outputs]
    codes = [error["error"].get("code") for error in errors if isinstance(error.get("error"), dict)]
    if len(codes) != len(errors) or not REPAIRABLE.issuperset(codes):
        return []
    made = [(call["name"], as_object(call["arguments"])) for call in reading.calls]
    calls = [content for content in _first_step(reading, tools) if isinstance(content, Call)]
    return [call for call in calls if (call.name, call.arguments) not in made]


def _forced_call(reading: Reading, tools: dict[str, Json]) -> list[Content]:
    """A call although nothing asks for one: the first tool whose arguments can be filled."""
    slots = _slots(reading.text, reading)
    for name, tool in tools.items():
        for arguments in _filled(tool, slots):
            return [Call(name, arguments)]
    return []
