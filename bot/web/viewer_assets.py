"""livekit-client, the library that plays the avatar's picture: pinned, checked before it is served, never committed.

It is fetched through npm at set-up (`fetch`) into a folder, or the operator names a file or an https URL of it
(`VIEWER_LIVEKIT_JS`). Either way the page's browser checks it once more, against the hash in the page.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import shutil
import subprocess
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path

from bot.web.viewer_headers import origin_of

VERSION = "2.23.0"
INTEGRITY = "sha384-HkA7rQNo8H04l1p4zoXX1Cy+h9YoYp8LvKt4vfMFhv4KFk07UkrNwIUnyBum8Pw6"

FILE_NAME = f"livekit-client-{VERSION}.umd.js"
BYTES_AT_MOST = 5_000_000
FETCH_SECONDS = 120
_MEMBER = "package/dist/livekit-client.umd.js"
_KNOWN = re.compile(r"(sha256|sha384|sha512)-[A-Za-z0-9+/]{43,86}={0,2}")


class AssetError(Exception):
    """livekit-client is not there, or is not what it should be; the message says what to do about it."""


@dataclass(frozen=True, slots=True)
class LiveKitFile:
    """A copy that we serve ourselves; its bytes have been checked."""

    content: bytes
    integrity: str


@dataclass(frozen=True, slots=True)
class LiveKitUrl:
    """A copy that browsers load from elsewhere and check themselves."""

    url: str
    integrity: str

    @property
    def origin(self) -> str:
        """Where scripts may come from because of it."""
        return origin_of(self.url)


def locate(setting: str | None, integrity: str | None, folder: Path) -> LiveKitFile | LiveKitUrl:
    """livekit-client as it is set up: `setting` names a path or URL; without it the copy that `fetch` put in `folder`.

    Reads the file. Raises `AssetError` when there is none, or it has another hash than `integrity` (or the pinned one).
    """
    expected = integrity or INTEGRITY
    if not _KNOWN.fullmatch(expected):
        raise AssetError("VIEWER_LIVEKIT_INTEGRITY has to be sha256-…, sha384-… or sha512-…, in base64.")
    if setting is not None and "://" in setting:
        return LiveKitUrl(_checked_url(setting), expected)
    return LiveKitFile(_read(folder / FILE_NAME if setting is None else Path(setting), expected), expected)


def fetch(folder: Path) -> Path:
    """Put the pinned version into `folder` through npm, unless it is there; takes seconds, and `FETCH_SECONDS` at most.

    Raises `AssetError` when npm is missing, fails, or gives something else.
    """
    target = folder / FILE_NAME
    if target.exists() and _matches(target.read_bytes(), INTEGRITY):
        return target
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        content = _unpack(_pack(Path(scratch)))
        if not _matches(content, INTEGRITY):
            raise AssetError(f"npm's livekit-client {VERSION} is not the file that was pinned; nothing was installed.")
        fresh = Path(scratch) / FILE_NAME
        fresh.write_bytes(content)
        fresh.replace(target)
    return target


def _checked_url(url: str) -> str:
    if not re.fullmatch(r"https://[^\s;,'\"<>]+", url):
        raise AssetError("VIEWER_LIVEKIT_JS has to be a path or an https URL.")
    return url


def _read(path: Path, integrity: str) -> bytes:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise AssetError(
            f"livekit-client cannot be read ({error.strerror}): fetch it, or set VIEWER_LIVEKIT_JS."
        ) from error
    if not _matches(content, integrity):
        raise AssetError(
            f"{path.name} is not livekit-client {VERSION}: its hash is another. Fetch it again, or name the hash of "
            "what you mean in VIEWER_LIVEKIT_INTEGRITY."
        )
    return content


def _matches(content: bytes, integrity: str) -> bool:
    name, _, expected = integrity.partition("-")
    return hmac.compare_digest(base64.b64encode(hashlib.new(name, content).digest()).decode(), expected)


def _pack(scratch: Path) -> Path:
    """Have npm download the package, without running anything of it."""
    npm = shutil.which("npm")
    if npm is None:
        raise AssetError("livekit-client is fetched through npm, which is not there; or set VIEWER_LIVEKIT_JS.")
    command = [npm, "pack", "--silent", "--ignore-scripts", f"livekit-client@{VERSION}"]
    try:
        subprocess.run(command, cwd=scratch, check=True, capture_output=True, timeout=FETCH_SECONDS)  # noqa: S603 - fixed words
    except (OSError, subprocess.SubprocessError) as error:
        raise AssetError(f"npm could not fetch livekit-client {VERSION} ({type(error).__name__}).") from error
    packed = next(scratch.glob("*.tgz"), None)
    if packed is None:
        raise AssetError("npm fetched nothing.")
    return packed


def _unpack(packed: Path) -> bytes:
    """The one file of the package that is needed; nothing is written."""
    try:
        with tarfile.open(packed) as archive:
            member = archive.extractfile(_MEMBER)
            return b"" if member is None else member.read(BYTES_AT_MOST)
    except (KeyError, OSError, tarfile.TarError) as error:
        raise AssetError(f"npm's package does not hold {_MEMBER}.") from error
