"""What the viewer's page may load, reach and use, as headers. No I/O.

The page is delivered before its session is started, and only the start tells which room the picture is in. To load
the page again then would cost the click that lets it play sound, so its policy names every place where a room can be:
LiveKit's cloud, which LiveAvatar's rooms are in, and the host that LiveAvatar is spoken to at. Nothing else.
"""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlsplit

CLOUD = ("wss://*.livekit.cloud", "https://*.livekit.cloud")  # the client asks over https for the nearest region

NEVER_KEPT = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow",
    "X-Content-Type-Options": "nosniff",
}
_FEATURES = "microphone=(self), autoplay=(self), screen-wake-lock=(self), camera=(), display-capture=(), geolocation=()"


def origin_of(url: str) -> str:
    """Scheme, host and port of a URL, as a browser's Origin header has them."""
    parts = urlsplit(url)
    host = f"[{parts.hostname}]" if parts.hostname and ":" in parts.hostname else parts.hostname or ""
    usual = {"https": 443, "http": 80, "wss": 443, "ws": 80}.get(parts.scheme)
    port = "" if parts.port in (None, usual) else f":{parts.port}"
    return f"{parts.scheme}://{host}{port}"


def room_sources(liveavatar_url: str) -> tuple[str, ...]:
    """Where rooms can be when LiveAvatar's API is at this URL."""
    origin = origin_of(liveavatar_url)
    return (*CLOUD, origin.replace("http", "ws", 1), origin)


def is_allowed(url: str, sources: Sequence[str]) -> bool:
    """Whether a page with these sources may connect to `url`."""
    origin = origin_of(url)
    scheme, _, host = origin.partition("://")
    wild = [source.partition("://*.") for source in sources if "://*." in source]
    return origin in sources or any(scheme == kind and host.endswith(f".{domain}") for kind, _, domain in wild)


def page_headers(*, origin: str, livekit_origin: str | None, rooms: Sequence[str]) -> dict[str, str]:
    """The headers of every page: it runs our scripts and livekit-client, and is framed, stored and indexed nowhere."""
    scripts = "'self'" if livekit_origin is None else f"'self' {livekit_origin}"
    own = origin.replace("http", "ws", 1)
    policy = {
        "default-src": "'none'",
        "script-src": scripts,
        "style-src": "'self'",
        "img-src": "'self'",
        "media-src": "'self'",
        "connect-src": " ".join(["'self'", own, *rooms]),
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'none'",
        "require-trusted-types-for": "'script'",
        "trusted-types": "'none'",
    }
    return {
        **NEVER_KEPT,
        "Content-Security-Policy": "; ".join(f"{name} {value}" for name, value in policy.items()),
        "Permissions-Policy": _FEATURES,
        "X-Frame-Options": "DENY",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
    }
