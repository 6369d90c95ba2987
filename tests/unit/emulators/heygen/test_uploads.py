"""Files: the one-call upload, direct uploads with their store, batches of them, and what becomes of a file."""

from __future__ import annotations

import hashlib
from typing import Any

import httpx2
import pytest

from emulators.heygen import HeyGenEmulator, media
from emulators.heygen.assets import SIMPLE_LIMIT
from tests.unit.emulators.heygen.conftest import NO_CERTIFICATES

FILM = media.mp4("film", 20)
WAV = (
    b"RIFF\x00\x00\x00\x00WAVEfmt \x10\x00\x00\x00\x01\x00\x01\x00\x40\x1f\x00\x00\x80\x3e\x00\x00\x02\x00\x10\x00data"
    + (16_000 * 5).to_bytes(4, "little")
)
KINDS = {
    "image/png": media.png("a"),
    "image/jpeg": b"\xff\xd8\xff\xe0" + bytes(20),
    "video/mp4": FILM,
    "video/webm": b"\x1a\x45\xdf\xa3" + bytes(20),
    "audio/mpeg": media.mp3(1),
    "audio/wav": WAV,
    "application/pdf": b"%PDF-1.7\n" + bytes(20),
    "application/x-subrip": media.srt("English", 3).encode(),
}


async def upload(api: httpx2.AsyncClient, content: bytes, **headers: str) -> httpx2.Response:
    return await api.post("/v3/assets", files={"file": ("a.bin", content)}, headers=headers)


async def reserve(api: httpx2.AsyncClient, **fields: Any) -> dict[str, Any]:
    wanted = {"filename": "film.mp4", "content_type": "video/mp4", "size_bytes": len(FILM)} | fields
    answer = await api.post("/v3/assets/direct-uploads", json=wanted)
    assert answer.status_code == 200, answer.text
    return answer.json()["data"]


async def put(slot: dict[str, Any], content: bytes = FILM, **options: Any) -> httpx2.Response:
    headers = options.pop("headers", slot["upload_headers"])
    async with httpx2.AsyncClient(verify=NO_CERTIFICATES) as store:
        return await store.put(options.pop("url", slot["upload_url"]), content=content, headers=headers)


async def complete(api: httpx2.AsyncClient, slot: dict[str, Any], **fields: Any) -> httpx2.Response:
    return await api.post(f"/v3/assets/{slot['asset_id']}/complete", json=fields or None)


@pytest.mark.parametrize("kind", KINDS)
async def test_the_type_is_what_the_bytes_say(api, heygen: HeyGenEmulator, kind: str) -> None:
    data = (await upload(api, KINDS[kind])).json()["data"]

    assert (data["mime_type"], data["size_bytes"]) == (kind, len(KINDS[kind]))
    assert (await api.get(data["url"])).content == KINDS[kind]
    assert heygen.content_of(data["asset_id"]) == KINDS[kind]


@pytest.mark.parametrize(
    ("content", "status", "code"),
    [
        (b"", 400, "invalid_parameter"),
        (b"<!doctype html><p>Log in", 400, "invalid_parameter"),
        (b"PK\x03\x04", 400, "invalid_parameter"),
        (FILM + bytes(SIMPLE_LIMIT), 413, "payload_too_large"),
    ],
    ids=["empty", "page", "archive", "too large"],
)
async def test_what_is_no_use_is_refused(api, heygen: HeyGenEmulator, content: bytes, status: int, code: str) -> None:
    answer = await upload(api, content)

    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
    assert heygen.stored() == []


async def test_the_largest_file_is_taken(api) -> None:
    content = FILM + bytes(SIMPLE_LIMIT - len(FILM))

    assert (await upload(api, content)).json()["data"]["size_bytes"] == SIMPLE_LIMIT


@pytest.mark.parametrize(
    "options",
    [
        {"json": {"file": "x"}},
        {"files": {"other": ("a.png", b"x")}},
        {"files": [("file", ("a.png", b"x")), ("file", ("b.png", b"y"))]},
        {"data": {"file": "no file"}, "files": {}},
        {"content": b"--b\r\n\r\nx", "headers": {"Content-Type": "multipart/form-data; boundary=b"}},
        {"content": b"nonsense", "headers": {"Content-Type": "multipart/form-data; boundary=b"}},
        {"content": b"", "headers": {"Content-Type": "multipart/form-data; boundary=b"}},
    ],
    ids=["json", "another field", "two", "no file", "cut off", "malformed", "empty"],
)
async def test_another_form_is_refused(api, heygen: HeyGenEmulator, options: dict[str, Any]) -> None:
    answer = await api.post("/v3/assets", **options)

    assert answer.status_code == 400
    assert heygen.stored() == []


async def test_a_boundary_in_the_file_is_no_boundary_unless_it_is_one(api, heygen: HeyGenEmulator) -> None:
    tricky = KINDS["application/pdf"] + b"\r\n--b\r" + b"\r\n--" * 50
    body = b'--bb\r\nContent-Disposition: form-data; name="file"; filename="a.pdf"\r\n\r\n' + tricky + b"\r\n--bb--\r\n"
    answer = await api.post("/v3/assets", content=body, headers={"Content-Type": "multipart/form-data; boundary=bb"})

    assert heygen.content_of(answer.json()["data"]["asset_id"]) == tricky


async def test_the_same_key_makes_one_asset(api, heygen: HeyGenEmulator) -> None:
    first, second = [await upload(api, FILM, **{"Idempotency-Key": "k1"}) for _ in range(2)]

    assert first.json() == second.json()
    assert len(heygen.stored()) == 1


async def test_the_journal_keeps_only_its_length(api, heygen: HeyGenEmulator) -> None:
    await upload(api, FILM)

    [entry] = heygen.journal.select("POST", "/v3/assets")
    assert entry.body.endswith(" bytes>")
    assert int(entry.body[1:-7]) > len(FILM)


async def test_an_uploaded_video_tells_its_length_to_jobs(api, heygen: HeyGenEmulator) -> None:
    asset_id = (await upload(api, media.mp4("a", 100, moov_last=True))).json()["data"]["asset_id"]
    source = {"type": "asset_id", "asset_id": asset_id}
    await api.post("/v3/video-translations", json={"video": source, "output_languages": ["German (Germany)"]})

    assert heygen.charges[0].amount == pytest.approx(100 * 0.0412)


async def test_a_sound_tells_its_length_too(api, heygen: HeyGenEmulator) -> None:
    await upload(api, WAV)

    assert heygen.stored()[0].seconds == 5.0


# Direct uploads


async def test_a_direct_upload_from_its_slot_to_a_usable_file(api, heygen: HeyGenEmulator) -> None:
    slot = await reserve(api)
    stored = await put(slot)
    done = (await complete(api, slot)).json()["data"]
    heygen.advance(10)
    status = (await api.get(f"/v3/assets/statuses?asset_ids={slot['asset_id']}")).json()["data"]

    assert (slot["status"], slot["expires_in_seconds"] > 800) == ("pending_upload", True)
    assert (stored.status_code, done["status"], done["mime_type"]) == (200, "processing", "video/mp4")
    assert status == [{"video_id": slot["asset_id"], "status": "completed"}]
    assert heygen.content_of(slot["asset_id"]) == FILM


async def test_before_it_is_complete_it_cannot_be_used(api) -> None:
    slot = await reserve(api)
    await put(slot)
    source = {"type": "asset_id", "asset_id": slot["asset_id"]}
    body = {"video": source, "output_languages": ["German (Germany)"]}
    early = await api.post("/v3/video-translations", json=body)
    await complete(api, slot)

    assert (early.status_code, early.json()["error"]["code"]) == (409, "asset_not_available")
    assert (await api.post("/v3/video-translations", json=body)).status_code == 200


async def test_nothing_can_be_completed_that_is_not_there(api) -> None:
    slot = await reserve(api)
    answer = await complete(api, slot)

    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "resource_not_ready")


async def test_completing_twice_is_as_good_as_once(api, heygen: HeyGenEmulator) -> None:
    slot = await reserve(api)
    await put(slot)
    first = await complete(api, slot)
    heygen.advance(10)
    second = await complete(api, slot)

    assert (first.json()["data"]["status"], second.json()["data"]["status"]) == ("processing", "completed")


async def test_a_link_expires(api, heygen: HeyGenEmulator) -> None:
    slot = await reserve(api)
    heygen.clock.advance(901)
    answer = await put(slot)

    assert (answer.status_code, answer.headers["content-type"]) == (403, "application/xml")
    assert "<Code>AccessDenied</Code>" in answer.text
    assert "expired" in answer.text


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"headers": {}}, "SignatureDoesNotMatch"),
        ({"headers": {"Content-Type": "video/webm"}}, "SignatureDoesNotMatch"),
        ({"content": FILM[:-1]}, "SignatureDoesNotMatch"),
        ({"content": FILM + b"x"}, "SignatureDoesNotMatch"),
    ],
    ids=["no headers", "another type", "shorter", "longer"],
)
async def test_what_was_signed_has_to_be_sent(api, heygen: HeyGenEmulator, change: dict[str, Any], code: str) -> None:
    slot = await reserve(api)
    answer = await put(slot, **change)

    assert (answer.status_code, f"<Code>{code}</Code>" in answer.text) == (403, True)
    assert not heygen.assets.all[slot["asset_id"]].arrived


@pytest.mark.parametrize("name", ["X-Api-Key", "Authorization"])
async def test_the_store_takes_no_credential(api, name: str) -> None:
    slot = await reserve(api)
    answer = await put(slot, headers=slot["upload_headers"] | {name: "hg-key-1"})

    assert (answer.status_code, "InvalidArgument" in answer.text) == (400, True)


async def test_another_link_does_not_open_the_store(api) -> None:
    slot = await reserve(api)

    assert (await put(slot, url=slot["upload_url"] + "0")).status_code == 403
    assert (await put(slot, url=slot["upload_url"].replace(slot["asset_id"], "nope"))).status_code == 404


async def test_a_checksum_is_compared(api) -> None:
    right = hashlib.sha256(FILM).hexdigest()
    slot = await reserve(api, checksum_sha256=right.upper())
    await put(slot)
    wrong = await complete(api, slot, checksum_sha256="0" * 64)

    assert (wrong.status_code, wrong.json()["error"]["param"]) == (400, "checksum_sha256")
    assert (await complete(api, slot)).status_code == 200


async def test_another_file_than_announced_is_not_completed(api) -> None:
    slot = await reserve(api, checksum_sha256="0" * 64)
    await put(slot)

    assert (await complete(api, slot)).status_code == 400


async def test_what_turns_out_to_be_no_media_fails(api, heygen: HeyGenEmulator) -> None:
    slot = await reserve(api, size_bytes=5)
    await put(slot, b"hello")
    await complete(api, slot)
    heygen.advance(10)
    [line] = (await api.get(f"/v3/assets/statuses?asset_ids={slot['asset_id']}")).json()["data"]

    assert (line["status"], line["error"]["code"]) == ("failed", "unsupported_type")


@pytest.mark.parametrize(
    ("fields", "status", "param"),
    [
        ({"size_bytes": 0}, 400, "size_bytes"),
        ({"size_bytes": 2_000_000_000}, 413, None),
        ({"content_type": "text/html"}, 400, "content_type"),
        ({"callback_url": "https://x.example"}, 400, "callback_url"),
    ],
)
async def test_a_slot_nobody_needs_is_refused(api, fields: dict[str, Any], status: int, param: str | None) -> None:
    wanted = {"filename": "film.mp4", "content_type": "video/mp4", "size_bytes": 5} | fields
    answer = await api.post("/v3/assets/direct-uploads", json=wanted)

    assert (answer.status_code, answer.json()["error"].get("param")) == (status, param)


async def test_the_same_key_gives_the_same_slot(api) -> None:
    wanted = {"filename": "film.mp4", "content_type": "video/mp4", "size_bytes": 5}
    headers = {"Idempotency-Key": "k1"}
    first, second = [await api.post("/v3/assets/direct-uploads", json=wanted, headers=headers) for _ in range(2)]

    assert first.json() == second.json()


async def test_a_batch_of_uploads_ends_item_by_item(api, heygen: HeyGenEmulator) -> None:
    one = {"filename": "film.mp4", "content_type": "video/mp4", "size_bytes": len(FILM)}
    data = (await api.post("/v3/assets/direct-uploads/batches", json={"files": [one, one]})).json()["data"]
    await put(data["items"][0])
    accepted = await api.post("/v3/assets/complete/batches", json={"batch_id": data["batch_id"]})
    heygen.advance(10)
    batch = (await api.get(f"/v3/assets/batches/{data['batch_id']}")).json()["data"]

    assert accepted.status_code == 202
    assert [item["status"] for item in batch["items"]] == ["completed", "failed"]
    assert batch["items"][1]["error"]["code"] == "resource_not_ready"
    assert (batch["status"], batch["counts_by_status"]) == ("completed", {"completed": 1, "failed": 1})


# What becomes of files


async def test_files_are_listed_by_their_owner(api) -> None:
    asset_id = (await upload(api, FILM)).json()["data"]["asset_id"]
    mine = (await api.get("/v3/assets?username=greenroom")).json()["data"]
    others = (await api.get("/v3/assets?username=somebody")).json()["data"]

    assert [(asset["id"], asset["name"], asset["owner"]) for asset in mine] == [(asset_id, "a.bin", "greenroom")]
    assert others == []
    assert (await api.get("/v3/assets")).json()["error"]["param"] == "username"


async def test_a_deleted_file_is_gone(api) -> None:
    data = (await upload(api, FILM)).json()["data"]
    await api.delete(f"/v3/assets/{data['asset_id']}")

    assert (await api.get(f"/v3/assets/{data['asset_id']}")).status_code == 404


async def test_nobody_else_can_use_a_file(api, heygen: HeyGenEmulator) -> None:
    asset_id = (await upload(api, FILM)).json()["data"]["asset_id"]
    heygen.add_account("hg-key-2")
    api.headers["X-Api-Key"] = "hg-key-2"
    body = {"video": {"type": "asset_id", "asset_id": asset_id}, "output_languages": ["German (Germany)"]}

    assert (await api.post("/v3/video-translations", json=body)).status_code == 404
    assert (await api.get(f"/v3/assets/{asset_id}")).status_code == 404


@pytest.mark.parametrize("kind", ["before", "drop_before", "drop_reply", "after"])
async def test_an_upload_can_go_wrong_in_every_way(api, heygen: HeyGenEmulator, kind: Any) -> None:
    heygen.fail(kind, "/v3/assets", status=503)
    try:
        status = (await upload(api, FILM)).status_code
    except httpx2.HTTPError:
        status = 0

    assert status == (503 if kind in ("before", "after") else 0)
    assert len(heygen.stored()) == (kind in ("drop_reply", "after"))
