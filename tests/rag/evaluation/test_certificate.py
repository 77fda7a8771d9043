"""A certificate's states: missing, passed, failed, stale; and who is warned."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mundap.cli.asking.certified import warn
from mundap.provenance import EXPORT_RECORD
from mundap.recipe import load
from rag.evaluation.parity.certificate import CERTIFICATE, certificate, unproven, write

Edit = Callable[[Path], object]


@pytest.fixture
def export_dir(project: Path) -> Path:
    """Return a folder that looks like an export: weights, a tokenizer, a template, a manifest."""
    folder = project / "exports" / "demo"
    folder.mkdir(parents=True)
    for name, text in (("config.json", "{}"), ("model.safetensors", "weights"), ("tokenizer.json", "{}"),
                       ("chat_template.jinja", "{{ messages }}"), ("NOTICE.md", "terms")):
        (folder / name).write_text(text, encoding="utf-8")
    (folder / EXPORT_RECORD).write_text(json.dumps({"recipe": "configs/demo/export.yaml", "inputs": "abc"}), encoding="utf-8")
    return folder


def generation(**chat: Any) -> dict[str, Any]:
    return {"generator": "local", "chat": {"model_name_or_path": "exports/demo", **chat}}


def test_an_export_without_one_is_told_and_a_folder_that_is_no_export_is_not(export_dir: Path, project: Path) -> None:
    found = certificate(export_dir, project)
    assert found is not None and found.state == "missing"
    assert found.english == ("exports/demo: nobody has compared its answers with those of base and adapter yet. "
                             "Run: mundap eval --parity configs/demo/export.yaml")
    (export_dir / EXPORT_RECORD).unlink()
    assert certificate(export_dir, project) is None and unproven(generation(), project) is None


def test_a_passed_one_warns_nobody(export_dir: Path, project: Path) -> None:
    write(export_dir, {"passed": True, "reasons": []})
    found = certificate(export_dir, project)
    assert found is not None and found.state == "passed" and unproven(generation(), project) is None


def test_a_failed_one_says_why(export_dir: Path, project: Path) -> None:
    write(export_dir, {"passed": False, "reasons": ["adapter and exported state other figures in 2 of 3 answers."]})
    found = unproven(generation(), project)
    assert found is not None and found.state == "failed"
    assert "not those of base and adapter: adapter and exported state other figures in 2 of 3 answers. Run:" in found.english


@pytest.mark.parametrize("change", [
    lambda folder: (folder / "model.safetensors").write_text("Weights"),
    lambda folder: (folder / "chat_template.jinja").write_text("{{ messages }} "),
    lambda folder: (folder / "tokenizer.json").write_text("{ }"),
    lambda folder: (folder / "generation_config.json").write_text("{}"),
    lambda folder: (folder / "special_tokens_map.json").write_text('{"eos_token": "a"}'),
    lambda folder: (folder / "tokenizer.model").write_bytes(b"pieces"),
    lambda folder: (folder / "chat_templates.json").write_text("{}"),
    lambda folder: (folder / "pytorch_model.bin").write_bytes(b"weights"),
    lambda folder: (folder / EXPORT_RECORD).write_text('{"recipe": "configs/demo/export.yaml", "inputs": "abd"}'),
])
def test_a_changed_export_makes_it_stale(export_dir: Path, project: Path, change: Edit) -> None:
    write(export_dir, {"passed": True, "reasons": []})
    change(export_dir)
    found = unproven(generation(), project)
    assert found is not None and found.state == "stale" and "changed" in found.english


def test_what_decides_nothing_leaves_it_valid(export_dir: Path, project: Path) -> None:
    write(export_dir, {"passed": True, "reasons": []})
    (export_dir / "NOTICE.md").write_text("other terms", encoding="utf-8")
    (export_dir / "running.log").write_text("a log", encoding="utf-8")
    assert unproven(generation(), project) is None


@pytest.mark.parametrize("text", ["", "[]", "{", '{"scheme": 99, "passed": true}', '{"passed": true}'])
def test_a_certificate_that_cannot_be_read_is_none(export_dir: Path, project: Path, text: str) -> None:
    (export_dir / CERTIFICATE).write_text(text, encoding="utf-8")
    found = certificate(export_dir, project)
    assert found is not None and found.state == "missing"


def test_base_with_adapter_an_endpoint_and_a_wrong_recipe_need_none(export_dir: Path, project: Path) -> None:
    adapter = project / "saves" / "demo"
    adapter.mkdir(parents=True)
    (adapter / "adapter_config.json").write_text("{}", encoding="utf-8")
    assert unproven(generation(adapter_name_or_path="saves/demo"), project) is None
    assert unproven({"generator": "endpoint", "base_url": "http://127.0.0.1:1/v1", "model": "m"}, project) is None
    assert unproven(generation(model_name_or_path="exports/none"), project) is None
    assert unproven({"generator": "local", "chat": "configs/none.yaml"}, project) is None


def test_the_commands_print_one_line(export_dir: Path, project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rag = load(project / "configs/demo/rag.yaml")
    warn(rag)
    out, err = capsys.readouterr()
    assert out == "" and err.startswith("note: exports/demo: nobody has compared") and err.count("\n") == 1
    write(export_dir, {"passed": True, "reasons": []})
    warn(rag)
    assert capsys.readouterr() == ("", "")
