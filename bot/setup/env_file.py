"""The file of settings: read as the settings read it, and written so that nobody else can read it."""

from __future__ import annotations

import io
import os
import re
import tempfile
from collections.abc import Mapping
from pathlib import Path

from dotenv import dotenv_values, set_key

OWNER_ONLY = 0o600
PLAIN = re.compile(r"[\w./:@%+,=-]+", re.ASCII)  # the same to every reader, also those that keep quotes, as Docker's


def parsed(text: str) -> dict[str, str]:
    """Names and values, those without a value left out."""
    return {name: value for name, value in dotenv_values(stream=io.StringIO(text)).items() if value}


def read(path: Path) -> dict[str, str]:
    """What the file has; nothing where there is none."""
    return parsed(path.read_text()) if path.exists() else {}


def put(path: Path, values: Mapping[str, str]) -> None:
    """Set these values and leave every other line as it is. The file is replaced at once, for its owner's eyes only."""
    path = path.resolve()
    before = path.read_text() if path.exists() else ""
    descriptor, name = tempfile.mkstemp(prefix=".env.", dir=path.parent)  # made with 0600
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(before)
        for key, value in values.items():
            set_key(name, key, value, quote_mode="never" if PLAIN.fullmatch(value) else "always")
        os.chmod(name, OWNER_ONLY)
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
