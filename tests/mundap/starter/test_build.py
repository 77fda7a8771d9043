"""Model folders: whole or made again, never left half made."""

from __future__ import annotations

import errno
import json
import os
import shutil
from collections import namedtuple
from pathlib import Path
from typing import Any

import pytest

from mundap import starter
from mundap.errors import ResourceError
from mundap.starter import build, folder

Usage = namedtuple("Usage", "total used free")


def make(partial: Path) -> dict[str, Any]:
    (partial / "sub").mkdir()
    (partial / "model.bin").write_bytes(b"weights")
    (partial / "sub" / "config.json").write_text("{}", encoding="utf-8")
    return {"source": "a test", "parameters": 7}


def test_a_finished_folder_is_complete(tmp_path: Path) -> None:
    path = tmp_path / "models" / "toy"
    assert folder.inspect(path) == ("missing", "")
    folder.replace(path, 1, make)
    assert folder.inspect(path) == ("complete", "")
    manifest = json.loads((path / folder.MANIFEST).read_text(encoding="utf-8"))
    assert list(manifest["files"]) == ["model.bin", "sub/config.json"]
    assert manifest["files"]["model.bin"]["size_bytes"] == 7
    assert manifest["source"] == "a test"
    assert [entry.name for entry in path.parent.iterdir()] == ["toy"], "no temporary folder is left"


def break_missing(path: Path) -> None:
    (path / "model.bin").unlink()


def break_short(path: Path) -> None:
    (path / "model.bin").write_bytes(b"weigh")


def break_changed(path: Path) -> None:
    (path / "model.bin").write_bytes(b"WEIGHTS")


def break_manifest(path: Path) -> None:
    (path / folder.MANIFEST).unlink()


def break_manifest_text(path: Path) -> None:
    (path / folder.MANIFEST).write_text('{"format_version": 1, "fil', encoding="utf-8")


def break_version(path: Path) -> None:
    (path / folder.MANIFEST).write_text('{"format_version": 0, "files": {}}', encoding="utf-8")


BREAKS = {
    "model.bin is missing": break_missing,
    "model.bin has 5 bytes, expected 7": break_short,
    "model.bin was changed since it was made (SHA-256)": break_changed,
    "no mundap_manifest.json: it was not finished, or something else made it": break_manifest,
    "mundap_manifest.json cannot be read": break_manifest_text,
    "format version 0, this mundap makes 1": break_version,
}


@pytest.fixture
def toy_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a home in which prepare() makes one toy model."""
    toy = build.Starter(
        name="toy",
        licence="Toy licence",
        licence_file="LICENSE",
        needed_bytes=1000,
        from_packages=make,
        from_hub=lambda partial, hub_id: make(partial) | {"source": hub_id},
        hub_id="someone/toy",
    )
    monkeypatch.setattr(build, "STARTERS", (toy,))
    return tmp_path


@pytest.mark.parametrize("reason", BREAKS)
def test_prepare_rebuilds_a_broken_folder(toy_home: Path, reason: str) -> None:
    (path,) = starter.prepare(toy_home, say=lambda line: None)
    BREAKS[reason](path)
    (found,) = starter.status(toy_home)
    assert (found.state, found.reason) == ("broken", reason)
    lines: list[str] = []
    starter.prepare(toy_home, say=lines.append)
    assert lines[0] == f"toy: rebuilding, {reason}"
    assert starter.status(toy_home)[0].state == "complete"


def test_prepare_twice_builds_once_and_force_builds_again(toy_home: Path) -> None:
    lines: list[str] = []
    (path,) = starter.prepare(toy_home, say=lines.append)
    made = (path / "model.bin").stat().st_ino
    lines.clear()
    starter.prepare(toy_home, say=lines.append)
    assert (path / "model.bin").stat().st_ino == made
    assert lines == [f"toy: ready in {path}", f"  licence: Toy licence, text in {path / 'NOTICE.md'}"]
    starter.prepare(toy_home, say=lines.append, force=True)
    assert (path / "model.bin").stat().st_ino != made


def test_prepare_from_hub_takes_another_source(toy_home: Path) -> None:
    (path,) = starter.prepare(toy_home, from_hub=True, say=lambda line: None, hub_ids={"toy": "me/mine"})
    assert json.loads((path / folder.MANIFEST).read_text(encoding="utf-8"))["source"] == "me/mine"


def test_no_room_is_said_before_anything_is_written(toy_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda path: Usage(10**9, 10**9, 0))
    with pytest.raises(ResourceError) as caught:
        folder.replace(toy_home / "models" / "toy", 580_000_000, make)
    assert str(caught.value) == (
        f"{toy_home / 'models' / 'toy'}: not enough disk space: 580 MB needed, 0 MB free.\n"
        "  Free some space, or set MUNDAP_HOME to a folder on another disk; then run: mundap models"
    )
    assert list((toy_home / "models").iterdir()) == []


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.ENOSPC, "No space left on device"),
        RuntimeError("I/O error: No space left on device (os error 28)"),
    ],
)
def test_a_disk_that_fills_up_leaves_the_old_folder(tmp_path: Path, error: Exception) -> None:
    path = tmp_path / "models" / "toy"
    folder.replace(path, 1, make)

    def fill(partial: Path) -> dict[str, Any]:
        make(partial)
        raise error

    with pytest.raises(ResourceError, match="not enough disk space"):
        folder.replace(path, 1, fill)
    assert folder.inspect(path) == ("complete", "")
    assert [entry.name for entry in path.parent.iterdir()] == ["toy"]


def test_another_error_rises_as_it_is(tmp_path: Path) -> None:
    def fail(partial: Path) -> dict[str, Any]:
        raise KeyError("blk.0")

    with pytest.raises(KeyError):
        folder.replace(tmp_path / "models" / "toy", 1, fail)
    assert list((tmp_path / "models").iterdir()) == []


def test_abandoned_folders_go_and_live_ones_stay(tmp_path: Path) -> None:
    gone, live = tmp_path / ".toy.partial-999999999", tmp_path / f".toy.partial-{os.getppid()}"
    gone.mkdir()
    live.mkdir()
    folder.remove_abandoned(tmp_path / "toy")
    assert not gone.exists() and live.exists()
