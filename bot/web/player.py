"""The page on which a result is watched: its HTML and its headers. No script, no vendor's address, nothing kept.

The player's file and picture are addresses of ours that redirect. A browser judges a redirect by the page's policy, so
that names the two places where HeyGen keeps them at the moment, and nothing else.
"""

from __future__ import annotations

import base64
import hashlib
import html
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from string import Template

from bot.web.viewer_headers import NEVER_KEPT, origin_of
from bot.web.watched import Element

FOLDER = Path(__file__).parent / "static" / "player"
STYLE = (FOLDER / "player.css").read_text("utf-8")
PAGE = Template((FOLDER / "page.html").read_text("utf-8"))
TITLE_LIMIT = 200
MADE = "Made with AI by HeyGen."


@dataclass(frozen=True, slots=True, kw_only=True)
class Screening:
    """What a page shows. `address` is its own, to which `file`, `poster` and `captions` are added.

    `element` plays it. `about` says what it is, such as its language and its length. `until` is when the link ends, in
    unix seconds.
    """

    title: str
    about: str
    address: str
    element: Element
    poster: bool
    captions: str | None
    part: int
    parts: int
    until: float


def page(shown: Screening) -> str:
    """The page."""
    title = html.escape(shown.title[:TITLE_LIMIT])
    place = _place(shown)
    main = [
        f"<h1>{title}</h1>",
        f'<p class="about">{html.escape(shown.about)}</p>',
        _player(shown, place, title),
        '<div class="after">',
        f'<a class="button" href="{place}/file" download>Download</a>',
        _parts(shown),
        "</div>",
        f'<p class="small">{MADE} {_until(shown.until)}</p>',
    ]
    return PAGE.substitute(title=title, style=STYLE, main="\n".join(filter(None, main)))


def refusal(title: str, sentence: str) -> str:
    """The page that says why there is nothing to watch."""
    main = f'<div class="sheet"><h1>{html.escape(title)}</h1><p>{html.escape(sentence)}</p></div>'
    return PAGE.substitute(title=html.escape(title), style=STYLE, main=main)


def headers(*, media: Collection[str | None] = (), pictures: Collection[str | None] = ()) -> dict[str, str]:
    """The headers of a page whose file and pictures are at these addresses right now."""
    digest = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
    policy = {
        "default-src": "'none'",
        "style-src": f"'sha256-{digest}'",
        "img-src": _sources("'self' data:", pictures),
        "media-src": _sources("'self'", media),
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'none'",
    }
    return {
        **NEVER_KEPT,
        "Vary": "Accept",
        "Content-Security-Policy": "; ".join(f"{name} {value}" for name, value in policy.items()),
        "Permissions-Policy": "camera=(), microphone=(), geolocation=(), fullscreen=(self), picture-in-picture=(self)",
        "X-Frame-Options": "DENY",
        "Cross-Origin-Opener-Policy": "same-origin",
    }


def _sources(own: str, urls: Collection[str | None]) -> str:
    return " ".join(dict.fromkeys([own, *(origin_of(url) for url in urls if url)]))


def _place(shown: Screening) -> str:
    place = shown.address if shown.part == 1 else f"{shown.address}/{shown.part}"
    return html.escape(place)


def _player(shown: Screening, place: str, title: str) -> str:
    attributes = f'src="{place}/file" controls preload="metadata" aria-label="{title}"'
    if shown.element == "audio":
        return f"<audio {attributes}></audio>"
    poster = f' poster="{place}/poster"' if shown.poster else ""
    track = ""
    if shown.captions is not None:
        label = html.escape(shown.captions)
        track = f'<track kind="captions" src="{place}/captions.vtt" label="{label}">'
    return f"<video {attributes} playsinline{poster}>{track}</video>"


def _parts(shown: Screening) -> str:
    if shown.parts < 2:
        return ""
    links = []
    for number in range(1, shown.parts + 1):
        place = html.escape(shown.address if number == 1 else f"{shown.address}/{number}")
        current = ' aria-current="page"' if number == shown.part else ""
        links.append(f'<li><a href="{place}" aria-label="Part {number}"{current}>{number}</a></li>')
    return f'<nav aria-label="Parts"><ul class="parts">{"".join(links)}</ul></nav>'


def _until(until: float) -> str:
    day = datetime.fromtimestamp(until, UTC)
    return f'This link works until <time datetime="{day:%Y-%m-%d}">{day:%d %B %Y}</time>.'
