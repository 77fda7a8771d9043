"""Provenance: hashes that change with bytes and not with places or reports."""

from __future__ import annotations

from pathlib import Path

from mundap.provenance import dataset_hashes, fingerprint, folder_identity, versions


def test_a_folders_identity_follows_names_sizes_and_ends(tmp_path: Path) -> None:
    big = tmp_path / "model.safetensors"
    big.write_bytes(b"a" * (3 << 20))
    first = folder_identity(tmp_path)
    (tmp_path / "running.log").write_text("a run's own words", encoding="utf-8")
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


def test_a_missing_dataset_has_an_empty_hash(project: Path) -> None:
    (project / "datasets" / "demo.json").unlink()
    assert dataset_hashes({"dataset": "demo", "dataset_dir": str(project)}, project) == {"demo": ""}


def test_versions_are_read_without_importing() -> None:
    assert versions()["python"].startswith("3.")
