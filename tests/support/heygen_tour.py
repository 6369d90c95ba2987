"""A visit to every operation of the emulated HeyGen, in the states in which its answers differ."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx2

from emulators.heygen import HeyGenEmulator, media
from emulators.heygen.languages import LANGUAGES
from emulators.heygen.operations import Operation

VIDEO = {
    "type": "avatar",
    "avatar_id": "look-1",
    "script": "Hi.",
    "voice_id": "voice-1",
    "caption": {"style": "default"},
}
SOURCE = {"type": "url", "url": "https://a.example/film.mp4"}
TRANSLATION = {"video": SOURCE, "output_languages": list(LANGUAGES[:3])}
LIPSYNC = {"video": SOURCE, "audio": {"type": "url", "url": "https://a.example/say.mp3"}, "enable_caption": True}
PHOTO = {"type": "photo", "name": "Me", "file": {"type": "url", "url": "https://a.example/me.png"}}
TWIN = {"type": "digital_twin", "name": "Me", "file": SOURCE}
CLONE = {"audio": {"type": "url", "url": "https://a.example/me.mp3"}, "voice_name": "Me"}
SPEECH = {"text": "Hello to everybody.", "voice_id": "voice-2"}

Check = Callable[[Any, Operation, str], None]


class Tour:
    """Makes requests, checks each reply against the operation's schema, and remembers what was visited."""

    def __init__(self, heygen: HeyGenEmulator, api: httpx2.AsyncClient, check: Check) -> None:
        self.heygen = heygen
        self.api = api
        self.visited: set[str] = set()
        self._operations = {f"{one.method} {one.path}": one for one in heygen.operations}
        self._check = check

    async def visit(self, name: str, body: Any = None, query: str = "", **ids: str) -> Any:
        """One request; returns the reply's `data`."""
        return await self._visit(name, query, ids, json=body)

    async def send_file(self, content: bytes) -> Any:
        """The one request with a file."""
        return await self._visit("POST /v3/assets", "", {}, files={"file": ("a.bin", content)})

    async def _visit(self, name: str, query: str, ids: dict[str, str], **sent: Any) -> Any:
        operation = self._operations[name]
        path = operation.path.format(**ids) + query
        answer = await self.api.request(operation.method, path, **sent)
        self.visited.add(name)
        self._check(answer.json(), operation, str(answer.status_code))
        return answer.json().get("data")

    # -- the whole ---------------------------------------------------------------------------------------------

    async def everything(self) -> None:
        """All operations."""
        heygen = self.heygen
        heygen.account().cap = 100
        await self.webhooks()
        await self.library()
        await self.files()
        await self.make()
        for seconds in (0, 10, 30, 120, 500):
            heygen.advance(seconds)
            await self.look_at_jobs()
            await self.look_at_agents()
        assert await self.visit("GET /v3/webhooks/events")
        await self.correct_subtitles()
        await self.people()
        await self.voices()
        await self.endings()

    async def webhooks(self) -> None:
        """Endpoints and their events."""
        created = await self.visit("POST /v3/webhooks/endpoints", {"url": "https://bot.example.com/hook"})
        ids = {"endpoint_id": created["endpoint_id"]}
        await self.visit("GET /v3/webhooks/endpoints")
        await self.visit("PATCH /v3/webhooks/endpoints/{endpoint_id}", {"events": None}, **ids)
        await self.visit("POST /v3/webhooks/endpoints/{endpoint_id}/rotate-secret", **ids)
        await self.visit("GET /v3/webhooks/event-types")

    async def library(self) -> None:
        """What an account can draw on."""
        for name in ("users/me", "brand-kits", "brand-glossaries", "templates", "video-translations/languages"):
            assert await self.visit(f"GET /v3/{name}")
        assert await self.visit("GET /v3/video-agents/styles", query="?tag=business")
        assert await self.visit("GET /v3/audio/sounds", query="?query=rain&type=sound_effects")
        assert await self.visit("GET /v3/assets/search", query="?query=office&type=image")
        for template in await self.visit("GET /v3/templates"):
            await self.visit("GET /v3/templates/{template_id}", template_id=template["id"])

    async def files(self) -> None:
        """Uploads in one call, directly, and in batches."""
        heygen, content = self.heygen, media.mp4("film", 20)
        stored = await self.send_file(content)
        announced = {"filename": "b.mp4", "content_type": "video/mp4", "size_bytes": len(content)}
        slot = await self.visit("POST /v3/assets/direct-uploads", announced)
        batch = await self.visit("POST /v3/assets/direct-uploads/batches", {"files": [announced, announced]})
        for one in (slot, batch["items"][0]):
            await self._put(one, content)
        await self.visit("POST /v3/assets/{asset_id}/complete", {}, asset_id=slot["asset_id"])
        await self.visit("GET /v3/assets/batches/{batch_id}", batch_id=batch["batch_id"])
        await self.visit("POST /v3/assets/complete/batches", {"batch_id": batch["batch_id"]})
        query = f"?asset_ids={slot['asset_id']},nope&batch_ids={batch['batch_id']},nope"
        for seconds in (0, 10):
            heygen.advance(seconds)
            await self.visit("GET /v3/assets/batches/{batch_id}", batch_id=batch["batch_id"])
            await self.visit("GET /v3/assets/statuses", query=query)
        await self.visit("GET /v3/assets", query="?username=greenroom")
        await self.visit("GET /v3/assets/{asset_id}", asset_id=stored["asset_id"])
        await self.visit("DELETE /v3/assets/{asset_id}", asset_id=stored["asset_id"])

    async def _put(self, slot: dict[str, Any], content: bytes) -> None:
        async with httpx2.AsyncClient() as store:
            answer = await store.put(slot["upload_url"], content=content, headers=slot["upload_headers"])
        assert answer.status_code == 200

    async def make(self) -> None:
        """Jobs of all kinds, one of each failing."""
        for kind in ("video", "lipsync", "clipping", "background_removal"):
            self.heygen.fail_next(kind=kind)  # type: ignore[arg-type]
        for _ in range(2):
            await self.visit("POST /v3/videos", VIDEO)
            await self.visit("POST /v3/video-translations", TRANSLATION)
            await self.visit("POST /v3/lipsyncs", LIPSYNC)
            await self.visit("POST /v3/ai-clipping", {"video": SOURCE})
            await self.visit("POST /v3/background-removals", {"video": SOURCE, "layers": ["foreground", "mask"]})
        variables = {"first_name": {"type": "text", "content": "Ada"}}
        await self.visit("POST /v3/templates/{template_id}", {"variables": variables}, template_id="template-lead")
        proofread = {"video": SOURCE, "output_languages": [LANGUAGES[0]], "title": "Check"}
        await self.visit("POST /v3/video-translations/proofreads", proofread)
        bad = VIDEO | {"voice_id": "nope"}
        await self.visit("POST /v3/videos/batches", {"videos": [VIDEO, bad], "title": "Two"})
        await self.visit("POST /v3/video-translations/batches", {"video_translations": [TRANSLATION]})
        await self.visit("POST /v3/lipsyncs/batches", {"lipsyncs": [LIPSYNC]})
        await self.visit("POST /v3/video-agents", {"prompt": "A film of 20 seconds"})
        await self.visit("POST /v3/video-agents", {"prompt": "A film", "mode": "chat", "files": [SOURCE]})

    async def look_at_jobs(self) -> None:
        """Every job in its present state."""
        await self.visit("GET /v3/users/me")
        ids = {kind: [job["id"] for job in await self.visit(f"GET /v3/{path}")] for kind, path in LISTS.items()}
        for kind, path in LISTS.items():
            parameter = PARAMETERS[kind]
            for job_id in ids[kind]:
                await self.visit(f"GET /v3/{path}/{{{parameter}}}", **{parameter: job_id})
        for kind in ("video", "translation", "lipsync"):
            [batch] = [one for one in self.heygen.batches.all.values() if one.kind == kind]
            query = f"?{PARAMETERS[kind]}s={ids[kind][0]},nope&batch_ids={batch.id},nope"
            await self.visit(f"GET /v3/{LISTS[kind]}/statuses", query=query)
            await self.visit(f"GET /v3/{LISTS[kind]}/batches/{{batch_id}}", query="?limit=1", batch_id=batch.id)
        for job in list(self.heygen.state.jobs.values()):
            if job.kind == "proofread":
                await self.visit("GET /v3/video-translations/proofreads/{proofread_id}", proofread_id=job.id)

    async def look_at_agents(self) -> None:
        """Every session, its videos and resources; those that wait are answered."""
        await self.visit("GET /v3/video-agents")
        for session in self.heygen.sessions():
            found = await self.visit("GET /v3/video-agents/{session_id}", session_id=session.id)
            await self.visit("GET /v3/video-agents/{session_id}/videos", session_id=session.id)
            for resource_id in session.resources:
                path = "GET /v3/video-agents/{session_id}/resources/{resource_id}"
                await self.visit(path, session_id=session.id, resource_id=resource_id)
            if found["status"] in ("waiting_for_input", "reviewing"):
                said = {"message": "Looks good" if found["status"] == "reviewing" else "For customers"}
                await self.visit("POST /v3/video-agents/{session_id}", said, session_id=session.id)

    async def correct_subtitles(self) -> None:
        """A proofread from its subtitles to its video."""
        [job] = [job for job in self.heygen.state.jobs.values() if job.kind == "proofread"]
        path = "/v3/video-translations/proofreads/{proofread_id}"
        await self.visit(f"GET {path}/srt", proofread_id=job.id)
        corrected = {"srt": {"type": "url", "url": "https://a.example/corrected.srt"}}
        await self.visit(f"PUT {path}/srt", corrected, proofread_id=job.id)
        await self.visit(f"POST {path}/generate", {"captions": True}, proofread_id=job.id)

    async def people(self) -> None:
        """Avatars and looks, the vendor's and the account's."""
        self.heygen.fail_next(kind="look")
        for body in (PHOTO, PHOTO, TWIN):
            await self.visit("POST /v3/avatars", body)
        for seconds in (0, 200):
            self.heygen.advance(seconds)
            for group in await self.visit("GET /v3/avatars"):
                await self.visit("GET /v3/avatars/{group_id}", group_id=group["id"])
            for look in await self.visit("GET /v3/avatars/looks"):
                await self.visit("GET /v3/avatars/looks/{look_id}", look_id=look["id"])
        twin, *photos = await self.visit("GET /v3/avatars", query="?ownership=private")
        await self.visit("POST /v3/avatars/{group_id}/consent", {}, group_id=twin["id"])
        await self.visit("DELETE /v3/avatars/{group_id}", group_id=photos[0]["id"])
        look = (await self.visit("GET /v3/avatars/looks", query=f"?group_id={twin['id']}"))[0]
        await self.visit("PATCH /v3/avatars/looks/{look_id}", {"name": "At home"}, look_id=look["id"])
        await self.visit("DELETE /v3/avatars/looks/{look_id}", look_id=look["id"])

    async def voices(self) -> None:
        """Voices, cloned and designed ones, and speech."""
        await self.visit("POST /v3/voices", {"prompt": "Calm and deep", "gender": "male"})
        await self.visit("POST /v3/voices/speech", SPEECH)
        self.heygen.fail_next(kind="voice")
        clones = [await self.visit("POST /v3/voices/clone", CLONE) for _ in range(2)]
        for seconds in (0, 100):
            self.heygen.advance(seconds)
            for clone in clones:
                await self.visit("GET /v3/voices/{voice_id}", voice_id=clone["voice_clone_id"])
        assert await self.visit("GET /v3/voices", query="?type=private")
        assert await self.visit("GET /v3/voices", query="?language=Spanish&gender=female&engine=starfish")
        await self.visit("DELETE /v3/voices/{voice_id}", voice_id=clones[0]["voice_clone_id"])

    async def endings(self) -> None:
        """What changes or removes resources."""
        session = await self.visit("POST /v3/video-agents", {"prompt": "A film"})
        await self.visit("POST /v3/video-agents/{session_id}/stop", {}, session_id=session["session_id"])
        self.heygen.advance(5)
        await self.visit("GET /v3/video-agents/{session_id}", session_id=session["session_id"])
        kinds = {job.kind: job.id for job in self.heygen.state.jobs.values() if job.part_of is None}
        for kind, path in (("translation", "video-translations"), ("lipsync", "lipsyncs")):
            parameter = PARAMETERS[kind]
            await self.visit(f"PATCH /v3/{path}/{{{parameter}}}", {"title": "New"}, **{parameter: kinds[kind]})
        for kind, path in LISTS.items():
            parameter = PARAMETERS[kind]
            await self.visit(f"DELETE /v3/{path}/{{{parameter}}}", **{parameter: kinds[kind]})
        removal = kinds["background_removal"]
        assert (await self.visit("GET /v3/background-removals/{job_id}", job_id=removal))["status"] == "deleted"
        [endpoint_id] = self.heygen.webhooks.endpoints
        await self.visit("DELETE /v3/webhooks/endpoints/{endpoint_id}", endpoint_id=endpoint_id)


LISTS = {
    "video": "videos",
    "translation": "video-translations",
    "lipsync": "lipsyncs",
    "clipping": "ai-clipping",
    "background_removal": "background-removals",
}
PARAMETERS = {
    "video": "video_id",
    "translation": "video_translation_id",
    "lipsync": "lipsync_id",
    "clipping": "job_id",
    "background_removal": "job_id",
}
