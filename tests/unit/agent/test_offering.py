"""What can be done with a file, by its type and its name."""

from __future__ import annotations

import pytest

from agent.offering import Deed, deeds
from agent.records import InboxRow
from agent.request import OFFER, wordless


@pytest.mark.parametrize(
    ("media_type", "name", "fits"),
    [
        ("video/mp4", "talk.mp4", (Deed.TRANSLATE, Deed.UPLOAD)),
        ("audio/mpeg", "note.mp3", (Deed.SPEAK, Deed.UPLOAD)),
        ("video/mp4", "audio_message.mp4", (Deed.SPEAK, Deed.UPLOAD)),
        ("image/png", "logo.png", (Deed.UPLOAD,)),
        ("text/plain", "Leads.CSV", (Deed.VIDEOS,)),
        ("application/x-subrip", "french.srt", ()),
        ("", "x", ()),
    ],
)
def test_what_fits(media_type: str, name: str, fits: tuple[Deed, ...]) -> None:
    assert deeds(media_type, name) == fits


def test_only_files_alone_are_asked_about() -> None:
    def row(**payload: object) -> InboxRow:
        return InboxRow(1, "r", "c", "W", "message", {"text": "", "files": [], "user": "U1", **payload})

    files = [{"id": "F0", "name": "a.mp4", "mimetype": "video/mp4"}]
    assert wordless(row(files=files, text=" ")).payload["name"] == OFFER
    for other in (row(), row(files=files, text="translate it")):
        assert wordless(other) is other
