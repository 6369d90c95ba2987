"""What a file turns out to be while it passes: its size, its checksum, its type and how long it plays.

Pure, and bounded: of a file of any length no more than a few hundred kilobytes are kept at a time.
"""

from __future__ import annotations

import hashlib
import re

from agent.media import UNKNOWN_TYPE, sniff

HEAD_BYTES = 64 * 1024
MOST_LOOKS = 6
SUBTITLES = "application/x-subrip"
_SRT = re.compile(rb"\A(?:\xef\xbb\xbf)?\s*\d+\s*\r?\n\d{2}:\d{2}:\d{2},\d{3} --> \d{2}:\d{2}:\d{2},\d{3}")
_CLAIMS_TEXT = ("text/", SUBTITLES, UNKNOWN_TYPE, "application/srt")


class Inspection:
    """Fed with a file from its first byte to its last. `claimed` is the type its server states.

    `content_type` is known after `HEAD_BYTES` or at the end, `duration` (seconds) as soon as the bytes that tell it
    have passed; an MP4 may have them at its end.
    """

    def __init__(self, claimed: str | None) -> None:
        self.size = 0
        self.content_type: str | None = None
        self.duration: float | None = None
        self._claimed = claimed
        self._hash = hashlib.sha256()
        self._kept = bytearray()
        self._start, self._wanted = 0, HEAD_BYTES
        self._looks = 0

    @property
    def checksum(self) -> str:
        """The SHA-256 of what has passed, in hexadecimal digits."""
        return self._hash.hexdigest()

    def feed(self, piece: bytes) -> None:
        """The next bytes."""
        self._hash.update(piece)
        at, self.size = self.size, self.size + len(piece)
        if self._over:
            return
        self._kept += piece[max(0, self._start - at) :]
        while not self._over and len(self._kept) >= self._wanted:
            self._look()

    def end(self) -> None:
        """That was the last of it."""
        if not self._over and (self._kept or self.content_type is None):
            self._look()
        self._forget()

    @property
    def _over(self) -> bool:
        return self._looks >= MOST_LOOKS

    def _look(self) -> None:
        """Judge what is kept, and keep what is wanted next."""
        self._looks += 1
        if self.content_type is None:
            facts = sniff(bytes(self._kept), self._claimed)
            self.content_type = _subtitles(bytes(self._kept), facts.content_type)
        else:
            facts = sniff(bytes(self._kept), self.content_type, offset=self._start)
        self.duration = facts.duration if facts.duration is not None else self.duration
        if facts.wanted is None:
            self._forget()
            return
        del self._kept[: max(0, facts.wanted.start - self._start)]
        self._start, self._wanted = facts.wanted.start, facts.wanted.length

    def _forget(self) -> None:
        self._looks = MOST_LOOKS
        self._kept.clear()


def _subtitles(head: bytes, found: str) -> str:
    """SRT has no magic number: what is claimed to be a text and begins like one is one."""
    return SUBTITLES if found.startswith(_CLAIMS_TEXT) and _SRT.match(head) else found
