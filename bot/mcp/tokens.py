"""Who a program is: a token stands for a workspace, a person and what may be spent in a month. No I/O."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from agent.money import micro

SHORTEST = 32  # characters of a token
SHAPE = "name/workspace/person/dollars/token"
NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,31}")
WORKSPACE = re.compile(r"[TE][A-Z0-9]{2,}")
PERSON = re.compile(r"[UW][A-Z0-9]{2,}")
SECRET = re.compile(rf"[A-Za-z0-9_-]{{{SHORTEST},256}}")


@dataclass(frozen=True, slots=True)
class Token:
    """What a token opens. `cap` is in micro-dollars a month; the token itself is kept as its hash only."""

    name: str
    workspace_id: str
    person: str
    cap: int
    digest: bytes = field(repr=False)


class Tokens:
    """All tokens of an installation."""

    def __init__(self, tokens: Iterable[Token] = ()) -> None:
        self._tokens = tuple(tokens)

    def __iter__(self) -> Iterator[Token]:
        """Each of them."""
        return iter(self._tokens)

    def __len__(self) -> int:
        """How many there are."""
        return len(self._tokens)

    def of(self, secret: str) -> Token | None:
        """The token that `secret` is. It takes the same time whichever it is, and if it is none."""
        digest = _digest(secret)
        found = None
        for token in self._tokens:
            if hmac.compare_digest(token.digest, digest):
                found = token
        return found

    def caps(self) -> dict[str, int]:
        """Micro-dollars a month by the name of the token."""
        return {token.name: token.cap for token in self._tokens}


def tokens_from(text: str) -> Tokens:
    """Tokens from `name/workspace/person/dollars/token, …`; `ValueError` says what is wrong without quoting it."""
    parts = [part.strip() for part in text.split(",") if part.strip()]
    tokens = [_token(part, number) for number, part in enumerate(parts, 1)]
    for what, values in (("name", [one.name for one in tokens]), ("token", [one.digest for one in tokens])):
        if len(set(values)) < len(values):
            raise ValueError(f"has the same {what} twice")
    return Tokens(tokens)


def _token(part: str, number: int) -> Token:
    pieces = part.split("/")
    if len(pieces) != 5:
        raise ValueError(f"needs {SHAPE} in entry {number}")
    name, workspace_id, person, dollars, secret = (piece.strip() for piece in pieces)
    checks = (
        ("a name of small letters and digits", NAME.fullmatch(name)),
        ("the id of a workspace (T…)", WORKSPACE.fullmatch(workspace_id)),
        ("the id of a person (U…)", PERSON.fullmatch(person)),
        (f"a token of at least {SHORTEST} letters and digits", SECRET.fullmatch(secret)),
    )
    for what, holds in checks:
        if not holds:
            raise ValueError(f"needs {what} in entry {number}")
    return Token(name, workspace_id, person, micro(dollars), _digest(secret))


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode("utf-8", "replace")).digest()
