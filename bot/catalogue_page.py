"""The page about HeyGen's operations, written from the catalogue itself: `python -m bot catalogue`."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from agent.catalogue.gates import Gate, composites_of, gate_of, right_for
from agent.rights import MATRIX, Role
from agent.schema import strict_schema
from heygen import OPERATIONS, Operation
from heygen.catalogue import Answer, Idempotency

REPEATED = {
    Idempotency.KEY: "our key, 24 h",
    Idempotency.REQUEST_ID: "our id in the body",
    Idempotency.NATURAL: "twice is once",
    Idempotency.LOOK_UP: "looked for first",
    Idempotency.NOTHING: "never",
}
INTRO = """\
# HeyGen's operations in the conversation

Every operation of HeyGen v3 is in `heygen.OPERATIONS`, once, in our own words. This page is written from it by
`python -m bot catalogue`, and a test compares them. `python -m bot catalogue --name list_looks` prints the JSON schema
of one as a language model gets it.

At most 15 tools are offered to the model at a time, those of everyday use. The rest is found: `find_tools` takes a few
words, and what fits can be called in that turn. Nothing a person may not do is found for them. Three things are kept
from the model whatever it calls: ids of HeyGen's (it sees handles such as `R7KQ2MZA4`, good in their own conversation),
links, and secrets. A long answer is cut at whole items, and says how many are left.

What **In a conversation** says:

- **found**: a read. It runs at once. Where roles are named, others may read (and delete) the results of their own
  requests only.
- **found, in own words**: a change that can be changed back. It runs at once if the person's own message holds every
  word that would be written down and nothing others wrote has entered the turn; else it waits for a click.
- **found, with a click**: it removes something for good. A button is posted, says what it is about and asks once
  more. It works for 24 hours, for whoever asked and for those who have the right; the press is a row, and is carried
  out once.
- **by** a tool: the tool does this work, with price, approval, key and job. Called by name it is refused with the
  tool's. Where it says **not yet**, nothing in the conversation spends money on it.
- **step of** a tool: a raw handshake, useless by itself and easy to get wrong.
- **not here**: its answer opens something and is told once. It is done at HeyGen's own pages.

With `OPENAI_TOOL_SEARCH` the same search is the Responses API's own tool search, carried out by us: what is found
travels in its output. Any other model calls `find_tools` as a function. Why something is not done here is told by the
function only: the API's item has no place for it.
"""


def page() -> str:
    """The whole page."""
    rows = [
        _row("Operation", "What it is for", "Parameters", "Answer", "Price", "Repeated", "In a conversation"),
        _row(*["---"] * 7),
        *(_operation(operation) for operation in OPERATIONS.values()),
    ]
    return f"{INTRO}\n{len(OPERATIONS)} operations. A `?` marks what may be left out.\n\n" + "\n".join(rows) + "\n"


def _operation(operation: Operation[Any, Any]) -> str:
    fields = operation.offered.model_fields
    hidden = operation.offered.hidden
    parameters = [f"{name}{'' if field.is_required() else '?'}" for name, field in fields.items() if name not in hidden]
    pages = " Comes in pages (`token`)." if operation.answer is Answer.PAGE and "token" in fields else ""
    return _row(
        f"`{operation.name}`",
        operation.purpose,
        ", ".join(f"`{one}`" for one in parameters) or "none",
        operation.result + pages,
        _price(operation),
        REPEATED[operation.idempotency],
        _reached(operation),
    )


def _price(operation: Operation[Any, Any]) -> str:
    if operation.price.free:
        return "free"
    known = ", ".join(f"`{name}`" for name in operation.price.names)
    return known if operation.price.published else f"{known} (HeyGen names none)"


def _reached(operation: Operation[Any, Any]) -> str:
    right = right_for(operation)
    whose = "" if right is None else f" ({', '.join(role.value for role in Role if role in MATRIX[right])})"
    told: dict[Gate, Callable[[], str]] = {
        Gate.OPEN: lambda: f"found{whose}",
        Gate.ASKED: lambda: f"found, in own words{whose}",
        Gate.CLICK: lambda: f"found, with a click{whose}",
        Gate.COMPOSITE: lambda: f"by {_composite(operation)}" if _composite(operation) else "not yet",
        Gate.HANDSHAKE: lambda: f"step of {_composite(operation)}",
        Gate.SECRET: lambda: "not here",
    }
    return told[gate_of(operation)]()


def _composite(operation: Operation[Any, Any]) -> str | None:
    return next((f"`{name}`" for name in composites_of(operation)), None)


def schema_of(name: str) -> str:
    """The JSON schema of an operation as a language model gets it; `KeyError` where there is none of this name."""
    return json.dumps(strict_schema(OPERATIONS[name].offered), indent=2, ensure_ascii=False)


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"
