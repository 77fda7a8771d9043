"""A folder of recipes under a preset: the others follow train, nothing is written over, and the words find their file."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import yaml

from mundap import variant
from mundap.errors import ConfigError
from mundap.paths import home
from mundap.recipe import load

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def demo(tmp_path: Path) -> Path:
    """Return a copy of the demo's and the disclosures' recipes in a project of its own."""
    shutil.copytree(ROOT / "configs", tmp_path / "configs")
    shutil.copy(ROOT / "dataset_info.json", tmp_path)
    return tmp_path


def values(folder: Path, kind: str) -> dict[str, object]:
    found = yaml.safe_load((folder / f"{kind}.yaml").read_text(encoding="utf-8"))
    assert isinstance(found, dict)
    return found


def test_chat_and_export_follow_what_the_preset_changes_in_train(demo: Path) -> None:
    folder = variant.write(demo / "configs" / "dart", ["cpu"], [])
    assert folder == home(demo) / "saves" / "dart-cpu" / "recipes"
    train, chat, export = (values(folder, kind) for kind in ("train", "chat", "export"))
    starter = "models/gemma-3-270m-ko"
    assert train["model_name_or_path"] == chat["model_name_or_path"] == export["model_name_or_path"] == starter
    assert not any("template" in one or "quantization_bit" in one for one in (train, chat, export))
    assert train["output_dir"] == chat["adapter_name_or_path"] == export["adapter_name_or_path"]
    assert str(train["output_dir"]).endswith("-cpu") and str(export["export_dir"]).endswith("-cpu")
    assert "use_cpu" not in chat   # it holds no such key
    for kind in ("train", "chat", "export"):
        load(folder / f"{kind}.yaml")   # each is a recipe that the schema takes


def test_recipes_name_each_others_variants(demo: Path) -> None:
    folder = variant.write(demo / "configs" / "demo", [], ["rag.web.port=8123", "train.max_steps=3"])
    rag, train = load(folder / "rag.yaml"), load(folder / "train.yaml")
    assert rag.values["web"]["port"] == 8123 and train.values["max_steps"] == 3
    assert rag.values["generation"]["chat"].endswith("demo-changed/recipes/chat.yaml")
    assert values(folder, "chat")["model_name_or_path"] == values(folder, "export")["export_dir"] == "exports/demo-changed"
    assert values(folder, "eval")["report"] == "reports/demo-changed"
    assert values(folder, "rag")["index"]["path"] == "indexes/demo"   # type: ignore[index]  # the chunks are the same


def test_eval_compares_the_variants_own_models(demo: Path) -> None:
    folder = variant.write(demo / "configs" / "insurance", ["cpu"], [])
    systems = {one["name"]: one for one in values(folder, "eval")["systems"]}   # type: ignore[attr-defined]
    base = systems["base (before)"]["chat"]
    assert base["model_name_or_path"] == "models/gemma-3-270m-ko" and not {"quantization_bit", "quantization_method"} & set(base)
    assert base["infer_dtype"] == "bfloat16" and systems["base (after)"]["chat"] == base
    assert systems["v1 (after)"]["chat"].endswith("insurance-cpu/recipes/chat_phase1.yaml")
    first = load(folder / "chat_phase1.yaml").values
    assert first["adapter_name_or_path"] == "saves/insurance/phase1-cpu"
    assert first["model_name_or_path"] == "models/gemma-3-270m-ko" and "quantization_bit" not in first
    assert first["repetition_penalty"] == 1.2   # what no preset changes stays
    assert {file.stem for file in folder.glob("*.yaml")} == {
        "data", "train", "chat", "export", "rag", "eval", "chat_phase1", "chat_phase2"}


def test_another_model_in_eval_and_another_folders_chat_stay_as_they_are(demo: Path) -> None:
    recipe = demo / "configs" / "dart" / "eval.yaml"
    given = yaml.safe_load(recipe.read_text(encoding="utf-8"))
    other = {"model_name_or_path": "Qwen/Qwen3-0.6B", "template": "qwen3", "quantization_bit": 4}
    given["systems"] += [{"name": "another", "chat": other, "context": "retrieved"},
                         {"name": "theirs", "chat": "configs/demo/chat_v1.yaml", "context": "retrieved"}]
    recipe.write_text(yaml.safe_dump(given, allow_unicode=True), encoding="utf-8")
    folder = variant.write(demo / "configs" / "dart", ["cpu"], [])
    chats = [one["chat"] for one in values(folder, "eval")["systems"]]   # type: ignore[attr-defined]
    assert chats[-2:] == [other, "configs/demo/chat_v1.yaml"]
    assert not (folder / "chat_v1.yaml").exists()


def test_a_source_can_be_another_folder(demo: Path) -> None:
    folder = variant.write(demo / "configs" / "dart", ["cpu"], ["data.sources.0.path=/filings"])
    assert load(folder / "data.yaml").values["sources"][0]["path"] == "/filings"


@pytest.mark.parametrize(("word", "said"), [
    ("max_steps=3", "Begin it with a recipe of the folder"), ("trian.max_steps=3", "Did you mean 'train'"),
    ("train.max_steps", "is not key=value"), ("train=3", "does not say whose key")])
def test_a_word_without_its_recipe_is_refused(demo: Path, word: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        variant.write(demo / "configs" / "demo", [], [word])


def test_a_folder_without_recipes_is_refused(demo: Path) -> None:
    with pytest.raises(ConfigError, match="no recipe in this folder"):
        variant.write(demo / "configs" / "prompts", ["cpu"], [])


def test_a_preset_given_by_its_path_does_not_lead_out_of_saves(demo: Path) -> None:
    outside = demo / "elsewhere" / "mild.yaml"
    outside.parent.mkdir()
    outside.write_text("num_train_epochs: 1\n", encoding="utf-8")
    folder = variant.write(demo / "configs" / "dart", [str(outside)], [])
    assert folder == home(demo) / "saves" / "dart-mild" / "recipes"
    assert str(values(folder, "train")["output_dir"]).endswith("-mild")
    assert sorted(one.name for one in outside.parent.iterdir()) == ["mild.yaml"]
