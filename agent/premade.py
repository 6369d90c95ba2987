"""Templates that somebody has prepared in HeyGen's editor: videos with places to fill in, found by their names.

What stands in them was written by others: names are shown as names or not at all, scripts only on cards.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from agent.foreign import is_name
from agent.ports import Accounts
from agent.records import Json
from agent.templates import plain
from agent.tool_calls import Failed, TryAgain
from heygen import Client
from heygen.catalogue.templates import GET_TEMPLATE, LIST_TEMPLATES
from heygen.records import Template, TemplateSummary

PAGES, PAGE = 10, 100
OPTIONS = 8
UNNAMED = "the template"
MEDIA = ("image", "video", "audio")
_PLACE = re.compile(r"\{\{[ \t]*([^{}\n]{1,60}?)[ \t]*\}\}")


@dataclass(frozen=True, slots=True)
class Premade:
    """A template. `words` is all that is said, with `{{place}}` in it; `texts` are its places for words and what they
    hold now, `media` those for files, by the name of each. `silent`: a part of it is not spoken, so that nobody knows
    how long it will be."""

    id: str
    name: str
    words: str
    texts: Mapping[str, str]
    media: Mapping[str, str]
    silent: bool

    @property
    def places(self) -> list[str]:
        """What can be filled in, by names that can be told."""
        return [name for name in (*self.texts, *self.media) if is_name(name)]

    def place(self, wanted: str) -> str | None:
        """The place that is meant by a name, whatever people write differently in it."""
        return next((name for name in (*self.texts, *self.media) if plain(name) == plain(wanted)), None)

    def said(self, values: Mapping[str, str]) -> str:
        """All that is said with `values` in some places."""
        return _PLACE.sub(lambda found: values.get(found[1], self.texts.get(found[1], "")), self.words)

    def arguments(self, values: Mapping[str, str]) -> Json:
        """Its part of a request's arguments, with words in some of its places (see `agent.filling`)."""
        fills = {name: {"type": "text", "content": value} for name, value in values.items()}
        asked: Json = {"template_id": self.id, "template_name": self.name, "fills": fills, "script": self.said(values)}
        return asked | ({"length_unknown": True} if self.silent else {})


class Templates(Protocol):
    """Finds templates."""

    async def find(self, account_id: str, wanted: str) -> Premade | TryAgain | Failed:
        """The template that is called so, or what is unclear. `HeyGenError` passes through."""
        ...


class AccountTemplates:
    """`Templates` from what HeyGen lists, read anew each time: whoever edits one expects the next video to show it."""

    def __init__(self, accounts: Accounts) -> None:
        self._accounts = accounts

    async def find(self, account_id: str, wanted: str) -> Premade | TryAgain | Failed:
        """See `Templates.find`."""
        client = await self._accounts.client(account_id)
        known = await _listed(client)
        if not known:
            return Failed("no_template", "This HeyGen account has no template.", "They are made in HeyGen's editor.")
        found = _named(wanted, known)
        if not isinstance(found, TemplateSummary):
            return found
        return premade(await client.call(GET_TEMPLATE, {"template_id": found.id}))


def premade(template: Template) -> Premade:
    """A template as HeyGen tells it."""
    values: Mapping[str, Any] = template.variables
    kinds = {name: str(value.get("type")) for name, value in values.items() if isinstance(value, Mapping)}
    scripts = [(scene.script or "").strip() for scene in template.scenes]
    return Premade(
        id=template.id,
        name=template.name if is_name(template.name) and template.name else UNNAMED,
        words="\n".join(filter(None, scripts)),
        texts={name: str(values[name].get("content") or "") for name, kind in kinds.items() if kind == "text"},
        media={name: kind for name, kind in kinds.items() if kind in MEDIA},
        silent=not scripts or not all(scripts),
    )


async def _listed(client: Client) -> list[TemplateSummary]:
    found: list[TemplateSummary] = []
    token: str | None = None
    for _ in range(PAGES):
        page: Any = await client.call(LIST_TEMPLATES, {"limit": PAGE} | ({"token": token} if token else {}))
        found += page.items
        token = page.next_token
        if token is None:
            break
    return found


def _named(wanted: str, known: Sequence[TemplateSummary]) -> TemplateSummary | TryAgain:
    words = plain(wanted)
    whole = [one for one in known if wanted == one.id or plain(one.name) == words]
    part = whole or [one for one in known if words and set(words.split()) <= set(plain(one.name).split())]
    if len(part) == 1 or whole:
        return part[0]
    names = list(dict.fromkeys(one.name for one in part or known if is_name(one.name)))[:OPTIONS]
    message = "Which template?" if part else f"There is no template called {wanted[:60]!r}."
    return TryAgain("ambiguous_template" if part else "unknown_template", message, "Ask which one.", names)
