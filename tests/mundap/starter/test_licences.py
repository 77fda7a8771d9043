"""Licences go with a model and with everything exported from it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from mundap import starter
from mundap.starter import licences


def test_licences_are_written_and_carried_into_an_export(tmp_path: Path) -> None:
    data, model, export = tmp_path / "data", tmp_path / "model", tmp_path / "exports" / "mine"
    data.mkdir()
    model.mkdir()
    (data / "GEMMA_TERMS.html").write_text("<html>terms</html>", encoding="utf-8")
    (data / "NOTICE.md").write_text("# NOTICE\n\nThis package reassembles a file.", encoding="utf-8")
    licences.write_gemma(model, "a test", data)
    notice = (model / "NOTICE.md").read_text(encoding="utf-8")
    assert "Gemma is provided under and subject to the Gemma Terms of Use found at" in notice
    assert "The files in this folder were modified." in notice and "a test" in notice
    assert "This package reassembles a file." in notice
    copies = starter.copy_licences(model, export)
    assert [path.name for path in copies] == ["GEMMA_TERMS.html", "NOTICE.md"]
    assert copies[1].read_bytes() == (model / "NOTICE.md").read_bytes()


def test_e5_carries_mit(tmp_path: Path) -> None:
    licences.write_e5(tmp_path, "a test", licences.E5_FROM_PACKAGE)
    assert (tmp_path / "LICENSE").read_text(encoding="utf-8").startswith("MIT License")
    assert [path.name for path in starter.copy_licences(tmp_path, tmp_path / "out")] == ["LICENSE", "NOTICE.md"]


def test_a_model_without_licences_copies_none(tmp_path: Path) -> None:
    assert starter.copy_licences(tmp_path, tmp_path / "out") == []


def test_importing_starter_loads_no_heavy_library() -> None:
    code = "import sys, mundap.starter; print([m for m in ('torch', 'transformers', 'gguf') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
