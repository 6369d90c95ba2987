"""The rig of the kill runs in which a finished video is shared in its thread as a file: it is there once, whole."""

from __future__ import annotations

from typing import Any

from emulators.slack import File
from tests.chaos.rig import Rig
from tests.chaos.tables import quiet

LANGUAGE = "French (France)"


class ShareRig(Rig):
    """Plays one translation whose video Slack plays."""

    def _ask(self) -> str:
        wish = f"<@{self.slack.bot_user}> Translate {self.heygen.url}/sources/launch.mp4 into French"
        return self.slack.say("alice", "videos", wish)

    def settings(self, database_url: str, public_url: str) -> dict[str, Any]:
        return {**super().settings(database_url, public_url), "slack_upload_max_mb": 100}

    def shared(self, root: str) -> list[File]:
        """The files that we have shared in a thread, once for each message."""
        return [file for message in self.by_app(root) for file in message.files]

    def _done(self, root: str) -> bool:
        told = bool(self.with_key(root, "closing:")) and bool(self.shared(root))
        return told and any(self.replies(root)) and quiet(self._database_url)

    def _wrong(self, root: str) -> list[str]:
        charges = [charge.language for charge in self.heygen.charges if not charge.refunded]
        wrong = [] if charges == [LANGUAGE] else [f"charges: {charges}"]
        files = self.shared(root)
        if len(files) != 1:
            wrong.append(f"{len(files)} files in the thread")
        if any(file.data[4:8] != b"ftyp" or len(file.data) != file.size for file in files):
            wrong.append("the file is not whole")
        if len(found := self.with_key(root, "closing:")) != 1:
            wrong.append(f"{len(found)} closings")
        return wrong
