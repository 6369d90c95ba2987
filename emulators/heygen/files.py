"""Signed links to results, and the results behind them."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Callable
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from emulators.heygen import media
from emulators.heygen.film import LONGEST_FILM, Scene, filmed, poster
from emulators.heygen.state import Job, JobState

# What a translated sample begins with, as far as it can be spelled in pictures.
GREETINGS = {
    "Dutch": "Hallo en welkom!",
    "English": "Hello and welcome!",
    "French": "Bonjour et bienvenue !",
    "German": "Hallo und willkommen!",
    "Italian": "Ciao e benvenuti!",
    "Japanese": "Konnichiwa, yokoso!",
    "Polish": "Witamy serdecznie!",
    "Portuguese": "Ola e bem-vindos!",
    "Spanish": "Hola y bienvenidos!",
    "Turkish": "Merhaba, hos geldiniz!",
}
LINK_SECONDS = 7 * 24 * 3600


class Links:
    """Makes and checks links that expire. `now` gives unix seconds of the emulator's clock."""

    def __init__(self, base: Callable[[], str], now: Callable[[], float]) -> None:
        self._base = base
        self._now = now
        self._secret = secrets.token_bytes(16)

    def sign(self, name: str) -> str:
        """A fresh link to the file `name`, good for seven days."""
        expires = int(self._now()) + LINK_SECONDS
        query = urlencode({"expires": expires, "signature": self._signature(name, expires)})
        return f"{self._base()}/files/{name}?{query}"

    def valid(self, name: str, expires: str, signature: str) -> bool:
        """Whether such a link still opens."""
        if not expires.isdecimal() or int(expires) <= self._now():
            return False
        return hmac.compare_digest(self._signature(name, int(expires)).encode(), signature.encode())

    def expire_all(self) -> None:
        """Make every link issued so far useless."""
        self._secret = secrets.token_bytes(16)

    def _signature(self, name: str, expires: int) -> str:
        return hmac.new(self._secret, f"{name}|{expires}".encode(), hashlib.sha256).hexdigest()


Find = Callable[[str], tuple[bytes, str] | None]


def file_response(request: Request, links: Links, find: Find) -> Response:
    """The file a link points at; storage answers in XML, not in the service's envelope."""
    name = request.path_params["name"]
    query = request.query_params
    if not links.valid(name, query.get("expires", ""), query.get("signature", "")):
        return xml_error(403, "AccessDenied", "Request has expired")
    content = find(name)
    if content is None:
        return xml_error(404, "NoSuchKey", "The specified key does not exist.")
    return media.ranged(*content, request.headers.get("range"))


def picture_or_sound(name: str) -> tuple[bytes, str] | None:
    """A preview of something: a picture of one colour, or a little silence."""
    stem, _, extension = name.rpartition(".")
    match extension:
        case "png":
            return media.png(stem), "image/png"
        case "mp3":
            return media.mp3(2.0), "audio/mpeg"
        case _:
            return None


def film_output(job: Job, extension: str) -> tuple[bytes, str] | None:
    """A completed job's video or picture as something to watch; None where there is no such thing of it."""
    if job.state is not JobState.COMPLETED or "film" in job.fields or job.seconds > LONGEST_FILM:
        return None
    match extension:
        case "mp4":
            return filmed(_scene(job), job.seconds), "video/mp4"
        case "png":
            return poster(_scene(job)), "image/png"
        case _:
            return None


def _scene(job: Job) -> Scene:
    """What a video shows: its language or its title, and the first words that are said in it."""
    title = str(job.fields.get("title") or "")
    name = (job.language or title or job.kind.replace("_", " ")).partition(" (")[0]
    said = GREETINGS.get(name, "") if job.language else str(job.fields.get("script") or "")
    return Scene(name, tuple(filter(None, (said, title if title != name else ""))))


def output(job: Job, extension: str, size: int) -> tuple[bytes, str] | None:
    """Bytes and media type of one of a completed job's files."""
    if job.state is not JobState.COMPLETED:
        return None
    language = job.language or "English"
    match extension:
        case "mp4":
            made = media.mp4(job.id, job.seconds, size=size)
            return job.fields.get("film", made), "video/mp4"  # a test may have put a real one there
        case "webm":
            return b"\x1a\x45\xdf\xa3" + media.filler(job.id, size), "video/webm"
        case "mp3":
            return media.mp3(job.seconds), "audio/mpeg"
        case "srt":
            corrected = job.fields.get("srt_text")
            return (corrected or media.srt(language, job.seconds)).encode(), "application/x-subrip"
        case "original":
            return media.srt("English", job.seconds).encode(), "application/x-subrip"
        case "vtt":
            return media.vtt(language, job.seconds).encode(), "text/vtt"
        case "png":
            return media.png(job.id), "image/png"
        case "gif":
            return media.GIF, "image/gif"
        case _:
            return None


def xml_error(status: int, code: str, message: str) -> Response:
    """An object store's error."""
    body = f'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>{code}</Code><Message>{message}</Message></Error>'
    return Response(body, status, media_type="application/xml")
