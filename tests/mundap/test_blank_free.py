"""A link without blanks to packages that lie under a path with one."""

from __future__ import annotations

import os
from importlib.machinery import ModuleSpec
from pathlib import Path

import pytest

from mundap import blank_free, factory


def installed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spec = ModuleSpec("torch", None, origin=str(folder / "torch" / "__init__.py"))
    monkeypatch.setattr("importlib.util.find_spec", lambda name: spec)
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder.parent))


def test_a_path_without_blanks_needs_no_link(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    installed(tmp_path / "packages", monkeypatch)
    assert blank_free.package_folder() is None


def test_a_link_names_the_packages_and_goes_to_the_child(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "새 폴더"
    (folder / "torch").mkdir(parents=True)
    installed(folder, monkeypatch)
    link = blank_free.package_folder()
    assert link is not None and " " not in link and os.path.samefile(link, folder)
    assert blank_free.package_folder() == link
    env = factory.environment({"deepspeed": "z2.json"}, parent={"PYTHONPATH": "/more"})
    assert env["PYTHONPATH"] == f"{link}{os.pathsep}/more"
    assert "PYTHONPATH" not in factory.environment({}, parent={})


def test_a_cache_with_a_blank_is_no_help(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    installed(tmp_path / "새 폴더", monkeypatch)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "a b"))
    assert blank_free.package_folder() is None
