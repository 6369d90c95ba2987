"""Reading an upload's form a piece at a time: exactly one field, `file`, with a file in it."""

from __future__ import annotations

import email
import email.policy
import re
from collections.abc import AsyncIterable, Callable

from emulators.heygen.errors import Refusal, invalid

BOUNDARY = re.compile(r'multipart/form-data;\s*boundary="?([!-~]{1,70}?)"?\s*', re.IGNORECASE)
HEADERS_LIMIT = 8_192


class Form:
    """Feed it chunks; it hands the file's bytes on. `filename` is known once its headers have come."""

    def __init__(self, content_type: str, take: Callable[[bytes], None]) -> None:
        match = BOUNDARY.fullmatch(content_type)
        if match is None:
            raise Refusal(400, "invalid_parameter", "The body must be multipart/form-data.")
        self._delimiter = b"\r\n--" + match[1].encode()
        self._take = take
        self._buffer = b"\r\n"  # so that the first boundary is found like the others
        self._state = "before"
        self.filename = ""

    def feed(self, chunk: bytes) -> None:
        """Take the next piece of the body."""
        self._buffer += chunk
        while self._step():
            pass

    def close(self) -> None:
        """400 unless the form was whole and had its file."""
        if self._state != "done":
            raise invalid("file", "file is required.")

    def _step(self) -> bool:
        """One step on, if the buffer has enough for it."""
        match self._state:
            case "before" | "between":
                return self._boundary()
            case "headers":
                return self._headers()
            case "file":
                return self._content()
            case _:
                self._buffer = b""
                return False

    def _boundary(self) -> bool:
        if len(self._buffer) < len(self._delimiter) + 2:
            return False
        if not self._buffer.startswith(self._delimiter):
            raise Refusal(400, "invalid_parameter", "The form is malformed.")
        after = self._buffer[len(self._delimiter) :][:2]
        self._buffer = self._buffer[len(self._delimiter) + 2 :]
        if after == b"--":
            self._state = "done" if self._state == "between" else "empty"
        elif after == b"\r\n" and self._state == "before":
            self._state = "headers"
        else:
            raise Refusal(400, "invalid_parameter", "Only the one field file is expected.")
        return True

    def _headers(self) -> bool:
        head, found, rest = self._buffer.partition(b"\r\n\r\n")
        if not found:
            if len(self._buffer) > HEADERS_LIMIT:
                raise Refusal(400, "invalid_parameter", "The form is malformed.")
            return False
        part = email.message_from_bytes(head + b"\r\n\r\n", policy=email.policy.HTTP)
        if part.get_param("name", header="content-disposition") != "file" or not part.get_filename():
            raise invalid("file", "The form must have one field, file, with a file.")
        self.filename, self._buffer, self._state = str(part.get_filename()), rest, "file"
        return True

    def _content(self) -> bool:
        at = self._buffer.find(self._delimiter)
        if at >= 0:
            self._take(self._buffer[:at])
            self._buffer, self._state = self._buffer[at:], "between"
            return True
        sure = len(self._buffer) - len(self._delimiter)
        if sure > 0:
            self._take(self._buffer[:sure])
            self._buffer = self._buffer[sure:]
        return False


async def read_form(content_type: str, chunks: AsyncIterable[bytes], take: Callable[[bytes], None]) -> str:
    """Hand a form's file to `take` piece by piece and return its name; 400 for any other form.

    The body is read to its end even when it is refused, so that the client hears the refusal.
    """
    refusal: Refusal | None = None
    form: Form | None = None
    try:
        form = Form(content_type, take)
    except Refusal as error:
        refusal = error
    async for chunk in chunks:
        if form is not None and refusal is None:
            try:
                form.feed(chunk)
            except Refusal as error:
                refusal = error
    if refusal is None and form is not None:
        form.close()
        return form.filename
    assert refusal is not None  # noqa: S101
    raise refusal
