"""The rig of the kill runs in which a file is attached: it is uploaded, translated, and there once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from emulators.heygen import media
from tests.chaos.rig import Place, Rig

FILM = media.mp4("talk", 20, size=300_000, moov_last=True)


class UploadRig(Rig):
    """Plays the translation of an attached file; `direct`: by way of HeyGen's store."""

    def __init__(self, folder: Path, server_url: str | None = None, *, direct: bool) -> None:
        super().__init__(folder, server_url)
        self.at_once = 100_000 if direct else 32_000_000
        self.direct = direct

    def _ask(self) -> str:
        wish = f"<@{self.slack.bot_user}> Translate this into French"
        return self.slack.say("alice", "videos", wish, files=[("talk.mp4", FILM)])

    def reset(self, public_url: str) -> None:
        super().reset(public_url)
        self.heygen.switches.asset_seconds = (50.0, 60.0)  # half a second here: it is never ready at once

    def order(self, home: Path, name: str, kill_at: Place | None) -> dict[str, Any]:
        return {**super().order(home, name, kill_at), "at_once": self.at_once}

    def _wrong(self, root: str) -> list[str]:
        wrong = []
        charges = [charge for charge in self.heygen.charges if not charge.refunded]
        if [charge.language for charge in charges] != ["French (France)"]:
            wrong.append(f"charges: {[charge.language for charge in charges]}")
        stored = self.heygen.stored()
        if len(stored) != 1:
            wrong.append(f"{len(stored)} assets at HeyGen")
        elif self.heygen.content_of(stored[0].id) != FILM:
            wrong.append("the asset is not the file")
        if len(self.heygen.assets.all) != 1:
            wrong.append(f"{len(self.heygen.assets.all)} places at HeyGen")
        for what in ("card:", "closing:"):
            if len(found := self.with_key(root, what)) != 1:
                wrong.append(f"{len(found)} posts with key {what}")
        if len(replies := self.replies(root)) != 1:
            wrong.append(f"{len(replies)} replies: {[message.rendered_text()[:60] for message in replies]}")
        return wrong
