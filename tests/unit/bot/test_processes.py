"""Which work a process does, and where it would be alone with a part of it."""

from __future__ import annotations

import pytest

from bot.loops import Loop
from bot.processes import Part, loops_for, refuse_alone
from bot.settings import Settings, SettingsError


async def nothing() -> int:
    return 0


def settings(url: str) -> Settings:
    return Settings(_env_file=None, database_url=url)  # type: ignore[call-arg]


@pytest.mark.parametrize("part", [Part.WEB, Part.WORKER])
def test_a_part_alone_on_sqlite_is_refused_in_one_sentence(part: Part) -> None:
    with pytest.raises(SettingsError, match=rf"^`{part}` shares .* `serve`\.$"):
        refuse_alone(part, settings("sqlite:///greenroom.db"))


@pytest.mark.parametrize("part", Part)
def test_every_part_runs_on_postgresql(part: Part) -> None:
    refuse_alone(part, settings("postgresql://greenroom@host/greenroom"))


def test_whoever_only_answers_begins_no_turns_and_posts_nothing() -> None:
    loops = [Loop(name, nothing, 1.0) for name in ("lanes", "deliveries", "live", "heartbeat", "catch-up")]
    assert [loop.name for loop in loops_for(Part.WEB, loops)] == ["live", "heartbeat"]
    assert loops_for(Part.WORKER, loops) == loops_for(Part.SERVE, loops) == loops
