"""The body of a one-call upload, a piece at a time, and the count that every upload is held to."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from .errors import FileChanged
from .exchange import FileSource

PIECE = 64 * 1024
_FORBIDDEN = str.maketrans({'"': "%22", "\r": "%0D", "\n": "%0A"})


@dataclass(frozen=True, slots=True)
class Multipart:
    """A form with the one field `file`: `content_type` and `length` for the headers, `pieces()` for the body."""

    file: FileSource
    # By chance, so that nobody can write a file that ends its own form.
    boundary: str = field(default_factory=lambda: f"greenroom-{secrets.token_hex(16)}")

    @property
    def content_type(self) -> str:
        """The form's media type with its boundary."""
        return f"multipart/form-data; boundary={self.boundary}"

    @property
    def length(self) -> int:
        """Bytes of the whole body."""
        return len(self._head) + self.file.size + len(self._tail)

    async def pieces(self) -> AsyncIterator[bytes]:
        """The body; raises `FileChanged` when the file is not of its announced length."""
        yield self._head
        async for piece in counted(self.file):
            yield piece
        yield self._tail

    @property
    def _head(self) -> bytes:
        name = self.file.name.translate(_FORBIDDEN)
        disposition = f'Content-Disposition: form-data; name="file"; filename="{name}"'
        return f"--{self.boundary}\r\n{disposition}\r\nContent-Type: {self.file.content_type}\r\n\r\n".encode()

    @property
    def _tail(self) -> bytes:
        return f"\r\n--{self.boundary}--\r\n".encode()


async def counted(file: FileSource) -> AsyncIterator[bytes]:
    """The file in pieces of at most 64 KiB; `FileChanged` as soon as its length is not what was announced."""
    found = 0
    async for chunk in file.chunks:
        found += len(chunk)
        if found > file.size:
            break
        for at in range(0, len(chunk), PIECE):
            yield chunk[at : at + PIECE]
    if found != file.size:
        raise FileChanged(announced=file.size, found=found)
