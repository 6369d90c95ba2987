"""What one account may make things with: its files, its and the vendor's avatars and voices."""

from __future__ import annotations

import dataclasses

from emulators.heygen.assets import Asset, Assets
from emulators.heygen.people import Look, People, Voice


@dataclasses.dataclass(frozen=True, slots=True)
class AccountMeans:
    """`rules.Means` of an account."""

    account: str
    assets: Assets
    people: People

    def asset(self, asset_id: str) -> Asset:
        """An uploaded file that is there."""
        return self.assets.usable(self.account, asset_id)

    def look(self, look_id: str) -> Look:
        """A look that is ready."""
        return self.people.usable_look(self.account, look_id)

    def voice(self, voice_id: str) -> Voice:
        """A voice that is ready."""
        return self.people.usable_voice(self.account, voice_id)
