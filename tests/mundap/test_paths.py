"""Where a recipe's paths lead."""

from __future__ import annotations

from pathlib import Path

import pytest

import mundap
from mundap.paths import GENERATED, home, project_root, resolve, show


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "내 프로젝트"
    (folder / "configs" / "demo").mkdir(parents=True)
    (folder / "dataset_info.json").write_text("{}", encoding="utf-8")
    return folder


def test_the_project_is_the_nearest_folder_with_dataset_info(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert project_root(root / "configs" / "demo") == root
    assert project_root(root / "configs" / "demo" / "rag.yaml") == root
    monkeypatch.chdir(root / "configs")
    assert project_root() == root


def test_outside_any_project_it_is_the_checkout(tmp_path: Path) -> None:
    assert project_root(tmp_path) == Path(mundap.__file__).resolve().parent.parent


@pytest.mark.parametrize("name", GENERATED)
def test_generated_folders_lie_under_the_home(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
                                              ) -> None:
    monkeypatch.setenv("MUNDAP_HOME", str(tmp_path / "밖"))
    assert resolve(f"{name}/demo", root) == tmp_path / "밖" / name / "demo"
    assert resolve(f"configs/{name}/demo", root) == root / "configs" / name / "demo", "only the first part counts"
    monkeypatch.delenv("MUNDAP_HOME")
    assert resolve(f"{name}/demo", root) == root / name / "demo"


def test_the_home_is_absolute_and_knows_the_user(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MUNDAP_HOME", "~/문답")
    assert home(root) == Path.home() / "문답"
    monkeypatch.chdir(root)
    monkeypatch.setenv("MUNDAP_HOME", "안")
    assert home(root) == root / "안"
    monkeypatch.setenv("MUNDAP_HOME", "")
    assert home(root) == root


def test_what_is_not_generated_and_what_is_absolute(root: Path) -> None:
    assert resolve("datasets/demo.json", root) == root / "datasets" / "demo.json"
    assert resolve(root / "models" / "a", root) == root / "models" / "a"
    assert resolve("", root) == root


def test_a_path_is_shown_as_a_person_would_type_it(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MUNDAP_HOME", str(tmp_path / "밖"))
    assert show(root / "configs" / "demo", root) == "configs/demo"
    assert show(tmp_path / "밖" / "saves" / "demo", root) == "saves/demo"
    assert show(tmp_path / "딴 곳", root) == str(tmp_path / "딴 곳")
