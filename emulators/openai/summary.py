"""The sentence after tool calls: what their outputs say and nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from emulators.openai.reading import URL, Reading, as_object

FACT_LIMIT = 12
TEXT_LIMIT = 300
JOB = re.compile(r"J\d{1,5}")
FINISHED = frozenset({"succeeded", "completed", "complete", "done", "finished"})
SUBMITTED = frozenset({"submitted", "queued", "accepted", "intended"})
APPROVAL = re.compile(r"approval")
HANDLE_FIELDS = ("handle", "job", "job_ref", "id")
STATE_FIELDS = ("state", "status")
WORDED = ("say", "the_runtime_adds")  # sentences for people, in which the rest stands already
HIDDEN = frozenset({"ok", "retryable", "code", *STATE_FIELDS})

Json = dict[str, Any]


def summarise(reading: Reading) -> str:
    """One short text for all outputs of a step."""
    sentences = [_sentence(output, reading) for output in reading.outputs]
    return " ".join(dict.fromkeys(sentence for sentence in sentences if sentence)) or "There is nothing to report."


def jobs_in(value: Any) -> list[tuple[str, str | None]]:
    """Job handles anywhere in an output, in order, each with the state it is given there."""
    found: dict[str, str | None] = {}
    for handle, state in _jobs(value):
        found[handle] = found.get(handle) or state
    return list(found.items())


def job_reference(handle: str, reading: Reading) -> str:
    """How a job is written in a reply: as the placeholder the instructions ask for, or plainly."""
    return f"{{{{job:{handle}}}}}" if reading.placeholders else handle


def _sentence(output: str, reading: Reading) -> str:
    data = as_object(output)
    if data is None:
        return _without_links(output)[:TEXT_LIMIT]
    if "error" in data or data.get("ok") is False:
        return _error(data.get("error"))
    for said in (data[field] for field in WORDED if field in data):
        if isinstance(said, str) and said.strip():
            return _without_links(said)[:TEXT_LIMIT]
    states = _states(data)
    if any(APPROVAL.search(state) for state in states):
        return "This needs an approval first. I will go on when it is given."
    jobs = jobs_in(data)
    if SUBMITTED & set(states) or (jobs and all(state is None for _, state in jobs)):
        return _submitted(jobs, data, reading)
    if jobs:
        return _told(jobs, reading)
    if data.get("jobs") == [] or any(value == [] and "job" in key for key, value in data.items()):
        return "There are no jobs here."
    return _facts(data)


def _states(data: Json) -> list[str]:
    return [str(data[field]).lower() for field in STATE_FIELDS if isinstance(data.get(field), str)]


def _error(error: Any) -> str:
    if not isinstance(error, dict):
        return _without_links(f"That did not work: {error}")[:TEXT_LIMIT]
    message, hint = str(error.get("message") or "The tool failed."), str(error.get("hint") or "")
    question = message.endswith("?") or hint.startswith("Ask ")  # such a hint is for the model, not for the person
    parts = [message] if question else [f"That did not work: {message}", hint]
    if options := error.get("options"):
        parts.append("You can choose: " + ", ".join(map(str, options[:FACT_LIMIT])) + ".")
    return _without_links(" ".join(part for part in parts if part))


def _submitted(jobs: Sequence[tuple[str, str | None]], data: Json, reading: Reading) -> str:
    names = _listed([job_reference(handle, reading) for handle, _ in jobs])
    languages = _listed([str(name) for name in _languages(data)])
    # A placeholder is filled in with the job's name and state, which need not be said twice.
    what = f" ({languages})" if languages and not reading.placeholders else ""
    return f"Submitted {names or 'your request'}{what}. The results will be posted here."


def _told(jobs: Sequence[tuple[str, str | None]], reading: Reading) -> str:
    told = [(job_reference(handle, reading), _state(state)) for handle, state in jobs[:FACT_LIMIT]]
    shown = [name if reading.placeholders else f"{name} is {state}" for name, state in told]
    more = f" {len(jobs) - FACT_LIMIT} more are not shown." if len(jobs) > FACT_LIMIT else ""
    return "; ".join(shown) + "." + more


def _state(state: str | None) -> str:
    if state is None:
        return "submitted"
    return "done" if state.lower() in FINISHED else state.replace("_", " ")


def _facts(data: Json) -> str:
    if isinstance(data.get("remaining"), str | int | float):
        return f"There is {data['remaining']} {data.get('unit') or ''} left.".replace("  ", " ")
    nested = next((value for value in data.values() if isinstance(value, dict) and "remaining" in value), None)
    if nested is not None:
        rest = {name: value for name, value in data.items() if value is not nested}
        return f"{_facts(nested)} {_facts(rest)}".strip()
    facts = [f"{key.replace('_', ' ')}: {value}" for key, value in _scalars(data, "")][:FACT_LIMIT]
    if facts:
        return _without_links("; ".join(facts).rstrip(".") + ".")
    return "That is done as you asked." if data.get("ok") else ""


def _jobs(value: Any, state: str | None = None) -> Iterator[tuple[str, str | None]]:
    if isinstance(value, dict):
        own = next((str(value[field]) for field in STATE_FIELDS if isinstance(value.get(field), str)), None)
        is_job = any(isinstance(value.get(field), str) and JOB.fullmatch(value[field]) for field in HANDLE_FIELDS)
        for child in value.values():
            yield from _jobs(child, own if is_job else state)
    elif isinstance(value, list):
        for child in value:
            yield from _jobs(child, state)
    elif isinstance(value, str) and JOB.fullmatch(value):
        yield value, state


def _languages(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        for key, child in value.items():
            if "language" in key:
                yield from child if isinstance(child, list) else [child]
            else:
                yield from _languages(child)
    elif isinstance(value, list):
        for child in value:
            yield from _languages(child)


def _scalars(value: Any, key: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for name, child in value.items():
            if name not in HIDDEN and not name.endswith("_id"):  # an id says nothing to people
                yield from _scalars(child, name)
    elif isinstance(value, list):
        texts = [str(child) for child in value[:FACT_LIMIT] if isinstance(child, str | int | float)]
        if texts:
            yield key, ", ".join(texts)
        for child in value[:FACT_LIMIT]:
            if isinstance(child, dict):
                yield from _scalars(child, key)
    elif value is not None and not isinstance(value, bool):
        yield key, value


def _listed(names: Sequence[str]) -> str:
    names = list(dict.fromkeys(names))
    return names[0] if len(names) == 1 else ", ".join(names[:-1]) + " and " + names[-1] if names else ""


def _without_links(text: str) -> str:
    return URL.sub("(link)", text)
