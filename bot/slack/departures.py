"""Slack tells that we were taken out of a workspace or an organisation: pure reading of those events."""

from __future__ import annotations

from agent.records import Json

EVENTS = frozenset({"app_uninstalled", "tokens_revoked"})


def departed(body: Json) -> str | None:
    """The installation that an event says is over: an organisation's or a team's id. None where it says nothing such.

    `tokens_revoked` counts only where the bot's token is among them: people's own tokens are none of ours.
    """
    event = body.get("event")
    if not isinstance(event, dict) or event.get("type") not in EVENTS:
        return None
    if event["type"] == "tokens_revoked":
        tokens = event.get("tokens")
        if not isinstance(tokens, dict) or not tokens.get("bot"):
            return None
    given = body.get("authorizations")
    first = given[0] if isinstance(given, list) and given and isinstance(given[0], dict) else {}
    whole = bool(first.get("is_enterprise_install") or body.get("is_enterprise_install"))
    name = "enterprise_id" if whole or not body.get("team_id") else "team_id"
    found = first.get(name) or body.get(name)
    return found if isinstance(found, str) else None
