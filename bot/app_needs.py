"""What the sides of the composition root have in common to build from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from agent.ports import Accounts, Clock
from bot.roles import AppointedRoles
from bot.settings import Settings
from bot.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """`kick` has the loops look around now."""

    settings: Settings
    store: Store
    accounts: Accounts
    roles: AppointedRoles
    clock: Clock
    kick: Callable[[], None]
