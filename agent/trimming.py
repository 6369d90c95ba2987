"""A history that fits into a budget of tokens: pure functions over the log and over items.

Three means, the gentlest first: old answers of tools become stubs, whole turns go from the front, and in a turn that is
too long by itself single rounds go. Calls and their outputs go or stay together, and the last thing a person has said
stays whatever happens, shortened in its middle where it alone would not fit.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

from agent.records import Item, Json, Source

BYTES_A_TOKEN = 3  # of UTF-8 JSON; English needs fewer tokens, and most other writing not more
RECENT_TURNS = 2
STUB_OVER = 400  # characters of an output
STUB = "An older answer, left out to save room. Call the tool again if it is needed."
CUT = "It was too long; this is how it begins."
MARK = " […] "
STEPS = (2_000, 500, 100, 20)  # characters that are left of each long text


def tokens(body: Json) -> int:
    """About how many tokens an item costs, estimated from above."""
    return len(json.dumps(body, ensure_ascii=False).encode("utf-8", "replace")) // BYTES_A_TOKEN + 1


def total(bodies: Iterable[Json]) -> int:
    """What several items cost."""
    return sum(map(tokens, bodies))


# -- whole turns


def trimmed(items: Sequence[Item], budget: int) -> list[Item]:
    """The newest items within about `budget` tokens, beginning at a person's message (or a command's call).

    The newest turn is kept whole whatever its size: see `squeezed`.
    """
    starts = [index for index in range(len(items)) if begins(items, index)]
    if not starts:
        return list(items)
    sizes = [tokens(item.body) for item in items]
    kept, used = starts[-1], sum(sizes[starts[-1] :])
    for start, following in zip(reversed(starts[:-1]), reversed(starts), strict=False):
        used += sum(sizes[start:following])
        if used > budget:
            break
        kept = start
    return list(items[kept:])


def begins(items: Sequence[Item], index: int) -> bool:
    """Whether a turn of a person's begins at `index`."""
    item = items[index]
    if item.source not in (Source.USER, Source.COMMAND):
        return False
    previous = items[index - 1] if index else None
    return previous is None or previous.turn_id != item.turn_id


def stubbed(items: Sequence[Item], budget: int) -> list[Item]:
    """The log with stubs for long outputs of all but the newest turns, once half of the budget is used.

    Before that nothing is touched: what stays as it was is found again in the provider's prompt cache.
    """
    if total(item.body for item in items) <= budget // 2:
        return list(items)
    recent = set(list(dict.fromkeys(item.turn_id for item in reversed(items) if item.turn_id))[:RECENT_TURNS])
    return [item if item.turn_id in recent else _stub(item) for item in items]


def _stub(item: Item) -> Item:
    output = item.body.get("output") if item.body.get("type") == "function_call_output" else None
    if output is None or len(str(output)) <= STUB_OVER:
        return item
    body = item.body | {"output": json.dumps({"ok": went_well(output), "note": STUB})}
    return Item(item.seq, item.turn_id, item.source, body)


def went_well(output: object) -> bool:
    """Whether an output says that its call succeeded."""
    try:
        value = json.loads(output) if isinstance(output, str) else None
    except (ValueError, RecursionError):
        return False
    return isinstance(value, dict) and bool(value.get("ok"))


# -- within a turn


def squeezed(bodies: Sequence[Json], budget: int) -> list[Json]:
    """Items, all pairs whole, within `budget` tokens: the last thing a person said, and the newest rounds.

    Only what is said last may be shortened; it and the person's words share the budget.
    """
    if total(bodies) <= budget:
        return list(bodies)
    rounds = _rounds(bodies)
    asked = next((number for number in reversed(range(len(rounds))) if rounds[number][0].get("role") == "user"), None)
    kept: dict[int, list[Json]] = {}
    room = budget
    if asked is not None:
        last = asked == len(rounds) - 1
        kept[asked] = [_shortened(rounds[asked][0], budget if last else budget // 2)]
        room -= total(kept[asked])
    for number in reversed(range(len(rounds))):
        if number == asked:
            continue
        whole = total(rounds[number]) <= room
        if not whole and number < len(rounds) - 1:
            break
        kept[number] = rounds[number] if whole else _shrunk(rounds[number], room)
        room -= total(kept[number])
    return [body for number in sorted(kept) for body in kept[number]]


def _rounds(bodies: Sequence[Json]) -> list[list[Json]]:
    """Items that go or stay together: calls with all their outputs, reasoning with what it led to."""
    rounds: list[list[Json]] = []
    current: list[Json] = []
    pending: set[str] = set()
    for body in bodies:
        current.append(body)
        match body.get("type"):
            case "function_call":
                pending.add(body["call_id"])
            case "function_call_output":
                pending.discard(body["call_id"])
            case _:
                pass
        if not pending and body.get("type") != "reasoning":
            rounds.append(current)
            current = []
    return [*rounds, current] if current else rounds


def _shrunk(bodies: Sequence[Json], room: int) -> list[Json]:
    """A round within `room`: without reasoning, long texts cut, and in the end without its first calls."""
    plain = [{name: value for name, value in body.items() if name != "id"} for body in bodies]
    plain = [body for body in plain if body.get("type") != "reasoning"]
    for limit in STEPS:
        cut = [_cut(body, limit) for body in plain]
        if total(cut) <= room:
            return cut
    while cut and total(cut) > room:
        first = cut[0].get("call_id")
        cut = [body for body in cut[1:] if first is None or body.get("call_id") != first]
    return cut


def _cut(body: Json, limit: int) -> Json:
    match body.get("type"):
        case "function_call_output" if len(str(body["output"])) > max(limit, 100):
            said = {"ok": went_well(body["output"]), "note": CUT, "begins": str(body["output"])[:limit]}
            return body | {"output": json.dumps(said, ensure_ascii=False)}
        case "function_call" if len(body["arguments"]) > max(limit, 100):
            return body | {"arguments": json.dumps({"shortened": body["arguments"][:limit]}, ensure_ascii=False)}
        case "message":
            return _shortened(body, max(limit // BYTES_A_TOKEN, 20))
        case _:
            return body


def _shortened(body: Json, room: int) -> Json:
    """A message whose texts are cut in their middle until it fits into `room` tokens, or almost nothing is left."""
    keep = room * BYTES_A_TOKEN
    while isinstance(body.get("content"), list) and tokens(body) > room and keep > len(MARK):
        body = body | {"content": [_shortened_part(part, keep) for part in body["content"]]}
        keep //= 2
    return body


def _shortened_part(part: Json, keep: int) -> Json:
    text = part.get("text")
    if not isinstance(text, str) or len(text) <= keep:
        return part
    return part | {"text": f"{text[: keep // 2]}{MARK}{text[len(text) - keep // 2 :]}"}
