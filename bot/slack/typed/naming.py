"""Names of languages out of what somebody typed."""

from __future__ import annotations

import re

_INTO = re.compile(r"^\s*(?:--?)?(?:into|to|in|languages?)(?:\s*[:=]\s*|\s+|$)", re.IGNORECASE)
_PART = re.compile(r'"[^"]*"|\([^()]*\)|[,;]|\s+and\s+|\s+|[^\s,;"()]+', re.IGNORECASE)
_CODE = re.compile(r"[a-z]{2,3}(?:[-_][a-z0-9]{2,8})*", re.IGNORECASE)
_QUALIFIERS = frozenset(
    {"american", "australian", "austrian", "brazilian", "british", "canadian", "cantonese", "egyptian", "european"}
    | {"indian", "latin", "mandarin", "mexican", "simplified", "swiss", "traditional"}
)


def split_languages(text: str) -> tuple[str, ...]:
    """Language names from “into French, German and "Spanish (Mexico)"”, without repetitions, in order.

    Commas, semicolons and “and” separate. Without any of them blanks do, but a qualifier (“Brazilian”) stays with
    its language and so does what stands in parentheses.
    """
    parts = _PART.findall(_INTO.sub("", text))
    separated = any(part in {",", ";"} or part.strip().lower() == "and" for part in parts)
    names: list[str] = []
    for group in _groups(parts):
        names += [" ".join(group)] if separated or len(group) == 1 else _words(group)
    found = {name.lower(): name for name in reversed(names) if name}
    return tuple(reversed(found.values()))


def _groups(parts: list[str]) -> list[list[str]]:
    """Runs of words between separators; a quoted name is a run of its own."""
    groups: list[list[str]] = [[]]
    for part in parts:
        if part in {",", ";"} or part.strip().lower() == "and":
            groups.append([])
        elif part.startswith('"'):
            groups += [[part.strip('"').strip()], []]
        elif part.strip():
            groups[-1].append(part)
    return [group for group in groups if group]


def _words(group: list[str]) -> list[str]:
    if all(_CODE.fullmatch(word) and len(word) <= 3 for word in group):
        return group
    names: list[str] = []
    pending = ""
    for word in group:
        if word.startswith("(") and names:
            names[-1] += f" {word}"
        elif word.lower() in _QUALIFIERS:
            pending = f"{pending} {word}".strip()
        else:
            names.append(f"{pending} {word}".strip())
            pending = ""
    return [*names, pending] if pending else names
