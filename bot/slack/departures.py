"""Slack tells that we were taken out of a workspace or an organisation: pure reading of those events."""

from __future__ import annotations

from agent.records import Json

EVENTS = frozenset({"app_uninstalled", "tokens_revoked"})


def departed(body: Json) -> list[str]:
    """The installations that an event may say are over, by an organisation's or a team's id; none where it says none.

    Both where the event does not tell which of the two it is about: each is looked at before anything is done.
    `tokens_revoked` counts only where the bot's token is among them: people's own tokens are none of ours.
    """
    event = body.get("event")
    if not isinstance(event, dict) or event.get("type") not in EVENTS:
        return []
    if event["type"] == "tokens_revoked":
        tokens = event.get("tokens")
        if not isinstance(tokens, dict) or not tokens.get("bot"):
            return []
    given = body.get("authorizations")
    first = given[0] if isinstance(given, list) and given and isinstance(given[0], dict) else {}
    found = [first.get(name) or body.get(name) for name in _names(first, body)]
    return [one for one in found if isinstance(one, str) and one]


def _names(first: Json, body: Json) -> tuple[str, ...]:
    whole = first.get("is_enterprise_install", body.get("is_enterprise_install"))
    if whole is None:
        return ("team_id", "enterprise_id")
    return ("enterprise_id",) if whole else ("team_id",)
