"""The files of the viewer's page: read once, at start, so that nothing blocks later and nothing else is served."""

from __future__ import annotations

import gzip
import hashlib
import html
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from string import Template

from starlette.requests import Request
from starlette.responses import Response

from bot.web.viewer_assets import FILE_NAME, LiveKitFile, LiveKitUrl
from bot.web.viewer_headers import NEVER_KEPT

FOLDER = Path(__file__).parent / "static" / "live"
SCRIPT = "text/javascript"
MEDIA_TYPES = {".css": "text/css", ".js": SCRIPT, ".svg": "image/svg+xml"}
ASSET_HEADERS = {
    **NEVER_KEPT,
    # Kept, but asked about each time: after a deployment nobody runs yesterday's script.
    "Cache-Control": "no-cache",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Vary": "Accept-Encoding",
}


@dataclass(frozen=True, slots=True)
class Asset:
    """A file as it is served."""

    content: bytes
    packed: bytes
    media_type: str
    tag: str

    @classmethod
    def of(cls, content: bytes, media_type: str) -> Asset:
        """Compress and name what a file holds."""
        tag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
        return cls(content, gzip.compress(content, mtime=0), media_type, tag)

    def answer(self, request: Request) -> Response:
        """The file, or that the browser has it already."""
        headers = {**ASSET_HEADERS, "ETag": self.tag}
        if request.headers.get("if-none-match") == self.tag:
            return Response(status_code=304, headers=headers)
        if "gzip" in request.headers.get("accept-encoding", ""):
            headers["Content-Encoding"] = "gzip"
            return Response(self.packed, headers=headers, media_type=self.media_type)
        return Response(self.content, headers=headers, media_type=self.media_type)


class Pages:
    """The page, the page that says no, and what they load."""

    def __init__(self, livekit: LiveKitFile | LiveKitUrl, folder: Path = FOLDER) -> None:
        self._page = Template((folder / "page.html").read_text("utf-8"))
        self._refused = Template((folder / "refused.html").read_text("utf-8"))
        self.assets = {
            file.name: Asset.of(file.read_bytes(), MEDIA_TYPES[file.suffix])
            for file in sorted(folder.iterdir())
            if file.suffix in MEDIA_TYPES
        }
        if isinstance(livekit, LiveKitFile):
            self.assets[FILE_NAME] = Asset.of(livekit.content, SCRIPT)
        source = f"static/{FILE_NAME}" if isinstance(livekit, LiveKitFile) else livekit.url
        self._livekit = {"livekit": source, "integrity": livekit.integrity}

    def page(self, *, way: str, minutes: int) -> str:
        """The viewer's page; `way` is `new` or `back`, `minutes` how long its session may last."""
        return _filled(self._page, {**self._livekit, "way": way, "minutes": str(minutes)})

    def refused(self, *, title: str, text: str, retry: bool) -> str:
        """The page that says no; with `retry` it first asks whether this browser has been let in already."""
        return _filled(self._refused, {"title": title, "text": text, "retry": "yes" if retry else "no"})


def _filled(template: Template, values: Mapping[str, str]) -> str:
    return template.substitute({name: html.escape(value) for name, value in values.items()})
