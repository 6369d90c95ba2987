"""What this Truto knows, and what its documentation leaves open."""

from __future__ import annotations

import dataclasses
from typing import Any, Literal

from emulators.truto.answers import Refusal

DEFAULT_TOKEN = "truto-token-1"
DEFAULT_ACCOUNT = "ia-1"

Status = Literal["active", "connecting", "post_install_error", "validation_error", "needs_reauth", "blocked"]


@dataclasses.dataclass(slots=True)
class Account:
    """An integrated account: somebody's HeyGen. One that is `sandbox` can only be read."""

    id: str
    base_url: str = ""
    credential: str = dataclasses.field(default="", repr=False)
    status: Status = "connecting"
    sandbox: bool = False

    def view(self) -> dict[str, Any]:
        """As Truto shows it."""
        return {"id": self.id, "status": self.status, "is_sandbox": self.sandbox, "authentication_method": "api_key"}

    def refuse(self, method: str) -> None:
        """Refuse what this account may not do, before HeyGen is asked."""
        if self.status == "blocked":
            raise Refusal(503, "The integrated account is blocked")
        if self.sandbox and method != "GET":
            raise Refusal(405, "Sandbox accounts are read-only")
        if self.status not in ("active", "needs_reauth"):
            raise Refusal(400, f"The integrated account is {self.status}")


@dataclasses.dataclass(slots=True)
class Switches:
    """`keys`: Truto looks at idempotency keys itself (`own`), passes them on to HeyGen, or forgets them.

    `envelope`: an answer of HeyGen's comes below `result`, as it is, or stripped of its own envelope below `result`.
    `quota`: what the headers say after each answer: limit, remaining, seconds until it is full again.
    """

    keys: Literal["own", "passed", "forgotten"] = "own"
    envelope: Literal["result", "verbatim", "stripped"] = "result"
    quota: tuple[str, str, str] | None = None
    tools_per_page: int = 100
    tools_key: Literal["result", "results"] = "result"

    def rate_headers(self) -> dict[str, str]:
        """The quota as headers; none where the provider says nothing about it."""
        if self.quota is None:
            return {}
        return dict(zip(("ratelimit-limit", "ratelimit-remaining", "ratelimit-reset"), self.quota, strict=True))
