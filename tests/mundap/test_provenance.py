"""Provenance: hashes that change with bytes and not with places or reports."""

from __future__ import annotations

from pathlib import Path

import pytest

from mundap.provenance import dataset_hashes, fingerprint, folder_identity, model_identities, versions


def test_a_folders_identity_follows_names_sizes_and_ends(tmp_path: Path) -> None:
    big = tmp_path / "model.safetensors"
    big.write_bytes(b"a" * (3 << 20))
    first = folder_identity(tmp_path)
    for own in ("running.log", "training_20260101_101500.log", "training_history.json", "training_stats.json", "loss.png"):
        (tmp_path / own).write_text("a run's own words", encoding="utf-8")
    assert folder_identity(tmp_path) == first
    big.write_bytes(b"a" * ((3 << 20) - 1) + b"b")
    assert folder_identity(tmp_path) != first
    assert folder_identity(tmp_path, ("*.json",)) == folder_identity(tmp_path / "nowhere")


def test_fingerprints_follow_values_and_rows_only(project: Path) -> None:
    values = {"dataset": "demo", "dataset_dir": str(project), "seed": 1, "output_dir": "a", "logging_steps": 1}
    first = fingerprint(values, project)
    assert fingerprint({**values, "output_dir": "b", "logging_steps": 9}, project) == first
    assert fingerprint({**values, "seed": 2}, project) != first
    (project / "datasets" / "demo.json").write_text("[1]", encoding="utf-8")
    assert fingerprint(values, project) != first


def test_fingerprints_follow_columns_and_deepspeed_files_wherever_they_stand(project: Path) -> None:
    values = {"dataset": "demo", "dataset_dir": str(project)}
    first = fingerprint(values, project)
    info = project / "dataset_info.json"
    info.write_text(info.read_text("utf-8").replace('"instruction"', '"input"'), encoding="utf-8")
    assert fingerprint(values, project) != first
    marks = []
    for place, text in (("a.json", "{}"), ("b.json", "{}"), ("c.json", '{"zero": 1}')):
        (project / place).write_text(text, encoding="utf-8")
        marks.append(fingerprint({**values, "deepspeed": str(project / place)}, project))
    assert marks[0] == marks[1] != marks[2]


def test_a_models_identity_is_that_of_the_files_a_trainer_loads(tmp_path: Path, project: Path) -> None:
    model = tmp_path / "model"
    (model / "checkpoint-2").mkdir(parents=True)
    (model / "config.json").write_text("{}", encoding="utf-8")
    values = {"model_name_or_path": str(model), "adapter_name_or_path": "org/none"}
    first = model_identities(values, project)
    assert first == {"model_name_or_path": [folder_identity(model, top_only=True)],
                     "adapter_name_or_path": ["org/none"]}
    (model / "checkpoint-2" / "optimizer.pt").write_text("x", encoding="utf-8")
    assert model_identities(values, project) == first
    (model / "config.json").write_text('{"a": 1}', encoding="utf-8")
    assert model_identities(values, project) != first


def test_a_hub_models_commit_is_read_from_the_cache(tmp_path: Path, project: Path, monkeypatch: pytest.MonkeyPatch
                                                    ) -> None:
    repo = tmp_path / "hub" / "models--org--name"
    (repo / "refs").mkdir(parents=True)
    (repo / "refs" / "main").write_text("abc123", encoding="utf-8")
    (repo / "snapshots" / "abc123").mkdir(parents=True)
    (repo / "snapshots" / "abc123" / "config.json").write_text("{}", encoding="utf-8")
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))
    assert model_identities({"model_name_or_path": "org/name"}, project) == {"model_name_or_path": ["org/name@abc123"]}


def test_rows_prepared_before_are_told_by_their_folder(tmp_path: Path, project: Path) -> None:
    (tmp_path / "rows").mkdir()
    values = {"tokenized_path": str(tmp_path / "rows"), "dataset_dir": str(project)}
    first = dataset_hashes(values, project)
    (tmp_path / "rows" / "data.arrow").write_text("x", encoding="utf-8")
    assert dataset_hashes(values, project) != first
    assert list(dataset_hashes({**values, "dataset": "demo"}, project)) == ["demo"]


def test_a_missing_dataset_has_an_empty_hash(project: Path) -> None:
    (project / "datasets" / "demo.json").unlink()
    assert dataset_hashes({"dataset": "demo", "dataset_dir": str(project)}, project) == {"demo": ""}


def test_versions_are_read_without_importing() -> None:
    assert versions()["python"].startswith("3.")
