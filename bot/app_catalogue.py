"""The part of the composition root that builds the catalogue: finding, calling, showing, and the button in between."""

from __future__ import annotations

from collections.abc import Sequence

from agent.catalogue.casting import Casting
from agent.catalogue.finding import SHOWN, Finding
from agent.catalogue.operations import NotDoneHere, Operations, permitted
from agent.offering import Offering
from agent.presenters import AccountPresenters
from agent.spending import Spending
from agent.toolbox import Toolbox, ToolSpec
from bot.app_needs import Needs
from bot.picks import Picks
from bot.slack.catalogue_buttons import WishButtons
from bot.slack.catalogue_posts import CataloguePosts
from bot.slack.file_offers import FileOffers
from bot.store import Store
from bot.store.audit import Deed
from bot.web.previews import Previews
from heygen import OPERATIONS


def complete_toolbox(specs: Sequence[ToolSpec], needs: Needs, spending: Spending) -> Toolbox:
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
    asking = Offering(offers=FileOffers(store.deliveries, kick=needs.kick))
    own = [*specs, *Casting(accounts=needs.accounts, offers=offers, gallery=posts).tools(), *asking.tools()]
    names = [spec.name for spec in own]
    not_done = NotDoneHere(names)
    finding = Finding(may=operations.may, refusals=not_done)
    toolbox = Toolbox([*own, *operations.tools(taken=names), *finding.tools()], SHOWN, not_done.why_not)
    finding.over(toolbox)
    return toolbox


def previews(needs: Needs) -> Previews:
    """The links to pictures and voices."""
    settings = needs.settings
    return Previews(
        public_url=settings.public_url,
        secret=settings.secret("secret_key"),
        accounts=needs.accounts,
        clock=needs.clock,
    )


def picks(needs: Needs) -> Picks:
    """What can be picked in a dialog."""
    offers = AccountPresenters(accounts=needs.accounts, clock=needs.clock)
    return Picks(offers=offers, accounts=needs.accounts, kick=needs.kick)


def wish_buttons(needs: Needs) -> WishButtons:
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
