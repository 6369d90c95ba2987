"""A script with `{placeholders}` for what differs from one video to the next. Nothing in a value is ever obeyed."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass

PLACEHOLDER = re.compile(r"\{\{[ \t]*([^{}\n]{1,60}?)[ \t]*\}\}|\{[ \t]*([^{}\n]{1,60}?)[ \t]*\}")
VALUE_LIMIT = 200


@dataclass(frozen=True, slots=True)
class Template:
    """A script that was read. `names` are its placeholders as `plain` writes them, each once, in their order."""

    text: str
    names: tuple[str, ...]

    def fill(self, values: Mapping[str, str]) -> str:
        """The script with a value in each place; `KeyError` for a name without one."""
        return PLACEHOLDER.sub(lambda found: values[_name(found)], self.text)

    def unknown(self, known: Collection[str]) -> list[str]:
        """The placeholders that are not among `known` (plain names)."""
        return [name for name in self.names if name not in known]

    @property
    def fixed_words(self) -> str:
        """What every video says alike."""
        return PLACEHOLDER.sub(" ", self.text)


def read_template(text: str) -> Template | None:
    """The template in a script; None when its braces do not fit together."""
    if "{" in (rest := PLACEHOLDER.sub("", text)) or "}" in rest:
        return None
    names = dict.fromkeys(_name(found) for found in PLACEHOLDER.finditer(text))
    return None if "" in names else Template(text, tuple(names))


def plain(name: str) -> str:
    """A name without what people write differently: `First_Name` and `first name` are one."""
    return " ".join(re.findall(r"[^\W_]+", name.casefold()))


def spoken_value(text: str) -> str:
    """A cell as it may be spoken: one line, without what cannot be said and without braces."""
    line = "".join(c if c.isprintable() else " " for c in text)
    return " ".join(line.replace("{", "(").replace("}", ")").split())


def _name(found: re.Match[str]) -> str:
    return plain(found[1] or found[2] or "")
