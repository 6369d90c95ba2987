"""Who may talk to the page's server: browsers on this machine, and for changes only its own page.

A foreign page can point a name of its own at 127.0.0.1 (DNS rebinding) or post across origins; both are refused.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LOOPBACK_NAMES = frozenset({"127.0.0.1", "localhost", "::1"})
READING = frozenset({"GET", "HEAD"})
# Pictures, film and sound may come from the emulators on this machine; everything else only from the page's own server.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src 'self' http://127.0.0.1:*; media-src 'self' http://127.0.0.1:*; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
SAFE_HEADERS = (
    (b"content-security-policy", POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"cache-control", b"no-store"),
)


def is_loopback(host: str) -> bool:
    """Whether a Host header, with or without a port, names this machine."""
    try:
        return urlsplit(f"//{host}").hostname in LOOPBACK_NAMES
    except ValueError:
        return False


def refusal(method: str, headers: Headers) -> str | None:
    """Why a request is refused, None when it is not."""
    host = headers.get("host", "")
    if not is_loopback(host):
        return "This page answers only under a loopback address."
    if method not in READING and headers.get("origin") != f"http://{host}":
        return "Changes are accepted only from this page."
    return None


class Guard:
    """ASGI layer that refuses strangers and gives every answer its protective headers."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return

        async def send_safely(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message["headers"], *SAFE_HEADERS]}
            await send(message)

        reason = refusal(scope["method"], Headers(scope=scope))
        answer = self._app if reason is None else PlainTextResponse(reason, 403)
        await answer(scope, receive, send_safely)
