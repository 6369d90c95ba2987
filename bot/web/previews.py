"""Links to previews of avatars and voices: ours and signed. Each click re-reads them, for HeyGen's own links expire."""

from __future__ import annotations

import base64
import binascii
import json

import structlog
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from agent.ports import Accounts, Clock
from bot.signing import Signer
from bot.web.links import AGAIN, NO_STORE, RETRY
from heygen import Client, HeyGenError, NotFound
from heygen.catalogue.avatars import GET_LOOK
from heygen.catalogue.voices import GET_VOICE

log = structlog.get_logger(__name__)

GOOD_FOR = 30 * 24 * 3_600  # seconds
KINDS = ("look", "voice")


class Previews:
    """Makes links to previews and answers them under `/p/`."""

    def __init__(self, *, public_url: str | None, secret: str, accounts: Accounts, clock: Clock) -> None:
        self._public_url = public_url
        self._signer = Signer(secret, "preview")
        self._accounts = accounts
        self._clock = clock

    def link(self, kind: str, account_id: str, vendor_id: str) -> str | None:
        """A link to the picture of a `look` or the sound of a `voice`; None where nobody could follow it."""
        if self._public_url is None:
            return None
        until = int(self._clock.now()) + GOOD_FOR
        text = json.dumps([kind, account_id, vendor_id, until], separators=(",", ":"))
        value = base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")
        return f"{self._public_url}/p/{self._signer.sign(value)}"

    def routes(self) -> list[Route]:
        """The routes that answer these links."""
        return [Route("/p/{token}", self._answer, methods=["GET"])]

    async def _answer(self, request: Request) -> Response:
        named = _named(self._signer.unsign(request.path_params["token"]))
        if named is None:
            return _say(404, "There is no such link.")
        kind, account_id, vendor_id, until = named
        if until < self._clock.now():
            return _say(410, "This link has expired. Ask for a new one in the Slack thread.")
        try:
            url = await _preview(await self._accounts.client(account_id), kind, vendor_id)
        except NotFound:
            url = None
        except HeyGenError as error:
            log.warning("preview_failed", kind=kind, error=str(error))
            return _say(503, AGAIN, RETRY)
        if url is None or not url.startswith(("https://", "http://")):
            return _say(404, "HeyGen has no preview of this.")
        return RedirectResponse(url, status_code=302, headers=NO_STORE)


async def _preview(client: Client, kind: str, vendor_id: str) -> str | None:
    if kind == "voice":
        return (await client.call(GET_VOICE, {"voice_id": vendor_id})).preview_audio_url
    return (await client.call(GET_LOOK, {"look_id": vendor_id})).preview_image_url


def _named(value: str | None) -> tuple[str, str, str, int] | None:
    """What a token names; None for what we never signed."""
    if value is None:
        return None
    try:
        kind, account_id, vendor_id, until = json.loads(base64.urlsafe_b64decode(value + "=" * (-len(value) % 4)))
    except (ValueError, binascii.Error):
        return None
    return (kind, account_id, vendor_id, until) if kind in KINDS else None


def _say(status: int, sentence: str, headers: dict[str, str] | None = None) -> Response:
    return PlainTextResponse(sentence, status_code=status, headers={**NO_STORE, **(headers or {})})
