"""The bytes of files: kept on disk without a name, so that large ones do not fill the memory and none stays behind."""

from __future__ import annotations

import hashlib
import os
import tempfile
import weakref


class Content:
    """Some bytes, written once from the beginning; at most `limit` of them are kept, the rest is only counted."""

    def __init__(self, limit: int) -> None:
        self.size = 0
        self._limit = limit
        self._digest = hashlib.sha256()
        self._descriptor, path = tempfile.mkstemp(prefix="emulated-asset-")
        os.unlink(path)
        weakref.finalize(self, os.close, self._descriptor)

    @property
    def too_large(self) -> bool:
        """Whether there were more than the limit."""
        return self.size > self._limit

    @property
    def checksum(self) -> str:
        """The SHA-256 of what was kept."""
        return self._digest.hexdigest()

    def write(self, chunk: bytes) -> None:
        """Take the next bytes."""
        if self.size + len(chunk) <= self._limit:
            self._digest.update(chunk)
            os.pwrite(self._descriptor, chunk, self.size)
        self.size += len(chunk)

    def read(self, start: int = 0, length: int | None = None) -> bytes:
        """Some of the bytes."""
        begin = max(0, start)
        return os.pread(self._descriptor, self.size - begin if length is None else length, begin)
