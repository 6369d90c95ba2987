"""What this Truto knows, and what its documentation leaves open."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any, Literal

from emulators.truto.answers import Refusal

DEFAULT_TOKEN = "truto-token-1"
DEFAULT_ACCOUNT = "ia-1"
CRM_ACCOUNT = "ia-crm"
LARGEST_PAGE = 100

Status = Literal["active", "connecting", "post_install_error", "validation_error", "needs_reauth", "blocked"]


@dataclasses.dataclass(slots=True)
class Account:
    """An integrated account: somebody's HeyGen, or a CRM if it has `contacts`. A `sandbox` can only be read."""

    id: str
    base_url: str = ""
    credential: str = dataclasses.field(default="", repr=False)
    status: Status = "connecting"
    sandbox: bool = False
    contacts: list[dict[str, Any]] | None = None

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


def person(number: int, first: str, last: str = "", company: str = "", *tags: str, **more: Any) -> dict[str, Any]:
    """A contact as Truto's unified CRM API shows it."""
    return {
        "id": str(number),
        "first_name": first,
        "last_name": last or None,
        "name": f"{first} {last}".strip(),
        "title": None,
        "account": {"id": f"a{number}", "name": company or None},
        "email_addresses": [{"email_address": f"{first.lower()}@example.com", "type": "work"}],
        "tags": [{"id": tag.lower(), "name": tag} for tag in tags],
        "custom_fields": {},
    } | more


def contacts_page(contacts: list[dict[str, Any]], query: Mapping[str, str]) -> tuple[list[dict[str, Any]], str | None]:
    """One page, and the cursor of the next one."""
    start = int(query.get("next_cursor") or 0)
    end = start + min(int(query.get("limit") or 25), LARGEST_PAGE)
    return contacts[start:end], str(end) if end < len(contacts) else None
