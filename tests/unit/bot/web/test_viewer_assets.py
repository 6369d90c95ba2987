"""livekit-client is served only if it is the pinned file, wherever it comes from."""

from __future__ import annotations

import base64
import hashlib
import io
import os
import tarfile
from pathlib import Path

import pytest

from bot.web import viewer_assets
from bot.web.viewer_assets import FILE_NAME, INTEGRITY, AssetError, LiveKitFile, LiveKitUrl, fetch, locate

SCRIPT = b"window.LivekitClient = {};"
OWN = "sha384-" + base64.b64encode(hashlib.sha384(SCRIPT).digest()).decode()
NPM = """#!/bin/sh
echo "$@" >> "$0.calls"
cp "$0.tgz" livekit-client-2.23.0.tgz
"""


def packed(content: bytes, name: str = "package/dist/livekit-client.umd.js") -> bytes:
    """A package with one file."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        info = tarfile.TarInfo(name)
        info.size = len(content)
        archive.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


@pytest.fixture
def npm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An npm that hands out the package beside it; give it one with `.tgz`, read what it was told in `.calls`."""
    program = tmp_path / "bin" / "npm"
    program.parent.mkdir()
    program.write_text(NPM)
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}/usr/bin{os.pathsep}/bin")
    return program


@pytest.fixture
def pinned(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pin our script instead of the real one, which is not in the repository."""
    monkeypatch.setattr(viewer_assets, "INTEGRITY", OWN)


def test_a_named_file_is_read_and_checked(tmp_path: Path) -> None:
    (tmp_path / "own.js").write_bytes(SCRIPT)
    assert locate(str(tmp_path / "own.js"), OWN, tmp_path) == LiveKitFile(SCRIPT, OWN)


def test_another_file_than_the_pinned_one_is_not_served(tmp_path: Path) -> None:
    (tmp_path / "own.js").write_bytes(SCRIPT)
    with pytest.raises(AssetError, match=r"own\.js is not livekit-client"):
        locate(str(tmp_path / "own.js"), None, tmp_path)


def test_without_a_setting_the_fetched_copy_is_served(tmp_path: Path, pinned: None) -> None:
    (tmp_path / FILE_NAME).write_bytes(SCRIPT)
    assert locate(None, None, tmp_path) == LiveKitFile(SCRIPT, OWN)


def test_what_is_not_there_is_said_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(AssetError, match=r"cannot be read .*: fetch it, or set VIEWER_LIVEKIT_JS"):
        locate(None, None, tmp_path)


def test_a_url_goes_to_browsers_with_the_hash_that_they_check(tmp_path: Path) -> None:
    url = "https://cdn.example/livekit-client.umd.js"
    assert locate(url, None, tmp_path) == LiveKitUrl(url, INTEGRITY)
    assert locate(url, OWN, tmp_path) == LiveKitUrl(url, OWN)
    assert LiveKitUrl(url, OWN).origin == "https://cdn.example"


@pytest.mark.parametrize("url", ["http://cdn.example/a.js", "ftp://a/b", "https://a.example/;script-src *"])
def test_only_https_urls_are_taken(url: str, tmp_path: Path) -> None:
    with pytest.raises(AssetError, match="a path or an https URL"):
        locate(url, None, tmp_path)


@pytest.mark.parametrize("integrity", ["md5-abc", "sha384-", OWN + " x", "nonsense"])
def test_a_hash_has_to_be_one_that_browsers_know(integrity: str, tmp_path: Path) -> None:
    with pytest.raises(AssetError, match="VIEWER_LIVEKIT_INTEGRITY"):
        locate(None, integrity, tmp_path)


def test_npm_is_asked_for_the_pinned_version_once(npm: Path, pinned: None, tmp_path: Path) -> None:
    npm.with_suffix(".tgz").write_bytes(packed(SCRIPT))
    folder = tmp_path / "cache"

    assert fetch(folder) == fetch(folder) == folder / FILE_NAME
    assert locate(None, None, folder) == LiveKitFile(SCRIPT, OWN)
    assert [path.name for path in folder.iterdir()] == [FILE_NAME]
    assert npm.with_suffix(".calls").read_text() == "pack --silent --ignore-scripts livekit-client@2.23.0\n"


def test_a_package_with_another_file_is_not_installed(npm: Path, tmp_path: Path) -> None:
    npm.with_suffix(".tgz").write_bytes(packed(SCRIPT))
    with pytest.raises(AssetError, match="not the file that was pinned"):
        fetch(tmp_path / "cache")
    assert list((tmp_path / "cache").iterdir()) == []


@pytest.mark.parametrize(
    "content", [packed(b"", "package/README.md"), b"no archive"], ids=["another package", "no archive"]
)
def test_a_package_without_the_file_is_said(content: bytes, npm: Path, tmp_path: Path) -> None:
    npm.with_suffix(".tgz").write_bytes(content)
    with pytest.raises(AssetError, match="does not hold"):
        fetch(tmp_path / "cache")


def test_an_npm_that_fails_is_said(npm: Path, tmp_path: Path) -> None:
    with pytest.raises(AssetError, match=r"npm could not fetch livekit-client 2.23.0 \(CalledProcessError\)"):
        fetch(tmp_path / "cache")


def test_without_npm_a_setting_can_stand_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(AssetError, match="npm, which is not there; or set VIEWER_LIVEKIT_JS"):
        fetch(tmp_path / "cache")


def test_a_damaged_copy_is_fetched_again(npm: Path, pinned: None, tmp_path: Path) -> None:
    npm.with_suffix(".tgz").write_bytes(packed(SCRIPT))
    (tmp_path / FILE_NAME).write_bytes(b"half of it")
    assert fetch(tmp_path).read_bytes() == SCRIPT
