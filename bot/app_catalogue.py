"""The part of the composition root that builds the catalogue: finding, calling, showing, and the button in between."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from agent.catalogue.casting import Casting
from agent.catalogue.finding import SHOWN, Finding
from agent.catalogue.operations import NotDoneHere, Operations, permitted
from agent.ports import Accounts, Clock, Roles
from agent.presenters import AccountPresenters
from agent.spending import Spending
from agent.toolbox import Toolbox, ToolSpec
from bot.settings import Settings
from bot.slack.catalogue_buttons import WishButtons
from bot.slack.catalogue_posts import CataloguePosts
from bot.store import Store
from bot.store.audit import Deed
from bot.web.previews import Previews
from heygen import OPERATIONS


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogueNeeds:
    """What the catalogue is built of."""

    settings: Settings
    store: Store
    accounts: Accounts
    roles: Roles
    clock: Clock
    kick: Callable[[], None]


def complete_toolbox(specs: Sequence[ToolSpec], needs: CatalogueNeeds, spending: Spending) -> Toolbox:
    """`specs`, who speaks in a video, HeyGen's operations, and the search over all that is not always offered."""
    store = needs.store
    posts = CataloguePosts(store.deliveries, clock=needs.clock, kick=needs.kick)
    operations = Operations(
        turns=store.turns,
        jobs=store.jobs,
        accounts=needs.accounts,
        roles=needs.roles,
        spending=spending,
        wishes=posts,
        deeds=AuditedDeeds(store),
    )
    offers = AccountPresenters(accounts=needs.accounts, clock=needs.clock)
    own = [*specs, *Casting(accounts=needs.accounts, offers=offers, gallery=posts).tools()]
    names = [spec.name for spec in own]
    not_done = NotDoneHere(names)
    finding = Finding(may=operations.may, refusals=not_done)
    toolbox = Toolbox([*own, *operations.tools(taken=names), *finding.tools()], SHOWN, not_done.why_not)
    finding.over(toolbox)
    return toolbox


def previews(needs: CatalogueNeeds) -> Previews:
    """The links to pictures and voices."""
    settings = needs.settings
    return Previews(
        public_url=settings.public_url,
        secret=settings.secret("secret_key"),
        accounts=needs.accounts,
        clock=needs.clock,
    )


def wish_buttons(needs: CatalogueNeeds) -> WishButtons:
    """The button under what would be changed at HeyGen."""

    def may(workspace_id: str, user_id: str, tool: str) -> bool:
        return tool in OPERATIONS and permitted(needs.roles, workspace_id, user_id, OPERATIONS[tool])

    return WishButtons(may=may, clock=needs.clock)


class AuditedDeeds:
    """`agent.catalogue.operations.Deeds` in the audit log."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def changed(self, workspace_id: str, actor: str, operation: str) -> None:
        """See `Deeds.changed`."""
        async with self._store.database.transaction("audit.library") as connection:
            await self._store.audit.add(connection, workspace_id, actor, Deed.LIBRARY_CHANGED, operation=operation)
