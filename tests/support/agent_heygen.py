"""A HeyGen of a few lines behind a real `heygen.Client`, for the agent's own tests: no network, exact failures."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx2

from heygen import Client, HttpTransport

TRANSLATIONS = "/v3/video-translations"


@dataclass
class Accident:
    """What the next request to a matching path gets instead of an answer. `after`: carried out, then lost."""

    path: str
    outcome: httpx2.Response | type[httpx2.TransportError]
    after: bool = False


def look(look_id: str, name: str, voice_id: str | None, whose: str = "public", **more: Any) -> dict[str, Any]:
    """A look of an avatar, as HeyGen lists it."""
    own = {"id": look_id, "name": name, "avatar_type": "studio_avatar", "default_voice_id": voice_id}
    return {**own, "whose": whose, **more}


def voice(voice_id: str, name: str, whose: str = "public", **more: Any) -> dict[str, Any]:
    """A voice, as HeyGen lists it."""
    return {"voice_id": voice_id, "name": name, "language": "English", "type": whose, "whose": whose} | more


def refusal(status: int, code: str = "", headers: dict[str, str] | None = None) -> httpx2.Response:
    """An error in HeyGen's envelope."""
    return httpx2.Response(status, json={"error": {"code": code, "message": "vendor words"}}, headers=headers)


class SmallHeyGen:
    """Translations and videos by id, idempotent creates, bulk reads, languages, a balance; `requests` as they came.

    `plan` says how the next create answers: the ids by language, in the order of its answer.
    """

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._created: dict[str, list[str]] = {}
        self.requests: list[httpx2.Request] = []
        self.accidents: list[Accident] = []
        self.translations: dict[str, dict[str, Any]] = {}
        self.videos: dict[str, dict[str, Any]] = {}
        self.words: dict[str, str] = {}
        self.plan: Callable[[list[str]], dict[str, str | None]] = lambda languages: {
            f"vt-{language[:2].lower()}": language for language in languages
        }
        self.languages = ["French (France)", "German (Germany)", "Portuguese (Brazil)", "Portuguese (Portugal)"]
        self.looks = [look("look-1", "Ava in the office", None), look("look-2", "Ben on stage", "voice-2")]
        self.voices = [voice("voice-1", "Emma"), voice("voice-2", "Oliver")]
        self.proofreads: dict[str, dict[str, Any]] = {}
        self.templates: dict[str, dict[str, Any]] = {
            "t-1": {
                "id": "t-1",
                "name": "Personal hello",
                "scenes": [{"scene_id": "s-1", "script": "Hi {{first_name}}, hello to {{company}}.", "variables": []}],
                "variables": {
                    "first_name": {"type": "text", "content": "there"},
                    "company": {"type": "text", "content": "you all"},
                    "logo": {"type": "image", "asset": {"type": "url", "url": "https://example.com/l.png"}},
                },
            },
            "t-2": {"id": "t-2", "name": "Personal goodbye", "scenes": [], "variables": {}},
        }
        self.user: dict[str, Any] = {
            "billing_type": "wallet",
            "wallet": {"currency": "usd", "remaining_balance": 12.34},
        }

    def client(self) -> Client:
        """A real client whose wire ends here."""
        http = httpx2.AsyncClient(transport=httpx2.MockTransport(self._handle))
        return Client(HttpTransport("http://heygen.test", "key", http, "greenroom-tests", now=self._now))

    def fail(self, path: str, outcome: httpx2.Response | type[httpx2.TransportError], *, after: bool = False) -> None:
        """Arm one accident for a path that matches the regular expression `path`."""
        self.accidents.append(Accident(path, outcome, after))

    def add(self, provider_id: str, status: str, language: str | None = None, **fields: Any) -> None:
        """Put a translation there, or change it."""
        old = self.translations.get(provider_id, {})
        new = {"id": provider_id, "status": status, "output_language": language or old.get("output_language")}
        self.translations[provider_id] = {**new, **fields}

    def sent(self, method: str, path: str) -> list[httpx2.Request]:
        """The requests with this method whose whole path matches the regular expression `path`."""
        return [one for one in self.requests if one.method == method and re.fullmatch(path, one.url.path)]

    def creates(self) -> list[dict[str, Any]]:
        """The bodies of all requests to translate."""
        return [json.loads(one.content) for one in self.sent("POST", TRANSLATIONS)]

    def keys(self) -> list[str]:
        """The idempotency keys of all requests to translate."""
        return [one.headers["idempotency-key"] for one in self.sent("POST", TRANSLATIONS)]

    def _handle(self, request: httpx2.Request) -> httpx2.Response:
        self.requests.append(request)
        accident = next((one for one in self.accidents if re.fullmatch(one.path, request.url.path)), None)
        if accident is None:
            return self._answer(request)
        self.accidents.remove(accident)
        if accident.after:
            self._answer(request)
        if isinstance(accident.outcome, httpx2.Response):
            return accident.outcome
        raise accident.outcome("accident", request=request)

    def _answer(self, request: httpx2.Request) -> httpx2.Response:
        path = request.url.path
        if "/proofreads" in path:
            return self._proofread(request, path.partition("/proofreads")[2].strip("/"))
        if path == "/v3/assets":
            request.read()
            return _data({"asset_id": "asset-1", "url": None, "mime_type": "application/x-subrip", "size_bytes": 1})
        if request.method == "POST" and path == "/v3/background-removals":
            return _data({"id": self._create_video(request), "status": "pending"})
        if path == "/v3/ai-clipping":
            return self._clipping(request)
        if path == "/v3/voices/speech":
            return _data({"audio_url": "https://files.example/s-1.mp3", "duration": 2.5, "word_timestamps": []})
        if path.startswith("/v3/templates"):
            return self._template(request, path.removeprefix("/v3/templates").strip("/"))
        return self._usual(request, path)

    def _usual(self, request: httpx2.Request, path: str) -> httpx2.Response:
        if request.method == "POST" and path == "/v3/videos":
            return _data({"video_id": self._create_video(request), "status": "waiting"})
        if request.method == "POST" and path == "/v3/lipsyncs":
            return _data({"lipsync_id": self._create_video(request)})
        if request.method == "POST":
            return _data({"video_translation_ids": self._create(request)})
        if path.endswith("/statuses"):
            return self._statuses(request)
        if path.endswith("/languages"):
            return _data({"languages": self.languages})
        if path == "/v3/avatars/looks":
            return self._listed(request, "ownership", self.looks)
        if path.startswith("/v3/avatars/looks/"):
            return self._one(path, self.looks, "id")
        if path == "/v3/voices":
            return self._listed(request, "type", self.voices)
        if path.startswith("/v3/voices/"):
            return self._one(path, self.voices, "voice_id")
        if path == "/v3/users/me":
            return _data(self.user)
        found = {**self.translations, **self.videos}.get(path.rpartition("/")[2])
        return _data(found) if found else refusal(404, "not_found")

    def _create(self, request: httpx2.Request) -> list[str]:
        key = request.headers["idempotency-key"]
        if key not in self._created:
            answer = self.plan(json.loads(request.content)["output_languages"])
            for provider_id, language in answer.items():
                self.add(provider_id, "pending", language)
            self._created[key] = list(answer)
        return self._created[key]

    def _proofread(self, request: httpx2.Request, rest: str) -> httpx2.Response:
        if request.method == "POST" and not rest:
            return _data({"proofread_ids": self._create(request)})
        if request.method == "POST":
            return _data({"video_translation_id": self._create_video(request)})
        if request.method == "GET" and rest.endswith("/srt"):
            return _data({"srt_url": "https://files.example/fr.srt"})
        return _data(self.proofreads.get(rest.partition("/")[0], {"id": rest.partition("/")[0], "status": "completed"}))

    def _clipping(self, request: httpx2.Request) -> httpx2.Response:
        """A key means nothing here; the list has the newest first."""
        if request.method == "GET":
            return httpx2.Response(200, json={"data": list(self.videos.values())[::-1], "has_more": False})
        made = {"id": f"c-{len(self.videos) + 1}", "status": "pending"}
        self.videos[made["id"]] = {**made, "title": json.loads(request.content)["title"]}
        return _data(made)

    def _template(self, request: httpx2.Request, template_id: str) -> httpx2.Response:
        if request.method == "POST":
            return _data({"id": self._create_video(request), "status": "pending"})
        if not template_id:
            return httpx2.Response(200, json={"data": list(self.templates.values()), "has_more": False})
        return _data(self.templates[template_id]) if template_id in self.templates else refusal(404, "not_found")

    def _create_video(self, request: httpx2.Request) -> str:
        key = request.headers.get("idempotency-key") or json.loads(request.content)["request_id"]
        if key not in self._created:
            self._created[key] = [f"v-{len(self.videos) + 1}"]
            self.videos[self._created[key][0]] = {"id": self._created[key][0], "status": "pending"}
        return self._created[key][0]

    def _listed(self, request: httpx2.Request, whose: str, known: list[dict[str, Any]]) -> httpx2.Response:
        """Two on a page."""
        mine = [one for one in known if one["whose"] == request.url.params[whose]]
        start = int(request.url.params.get("token", "0"))
        more = start + 2 < len(mine)
        page = {"data": mine[start : start + 2], "has_more": more, "next_token": str(start + 2) if more else None}
        return httpx2.Response(200, json=page)

    def _one(self, path: str, known: list[dict[str, Any]], name: str) -> httpx2.Response:
        found = next((one for one in known if one[name] == path.rpartition("/")[2]), None)
        return _data(found) if found else refusal(404, "not_found")

    def _statuses(self, request: httpx2.Request) -> httpx2.Response:
        (joined,) = request.url.params.values()
        return httpx2.Response(200, json={"data": [self._status(provider_id) for provider_id in joined.split(",")]})

    def _status(self, provider_id: str) -> dict[str, Any]:
        known = {**self.translations, **self.videos}.get(provider_id, {"status": "not_found"})
        return {"video_id": provider_id, "status": self.words.get(provider_id, known["status"])}


def _data(data: Any) -> httpx2.Response:
    return httpx2.Response(200, json={"data": data})
