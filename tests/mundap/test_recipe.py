"""Recipes: kinds by file name, layers in order, defaults from the schema, and mistakes told word for word."""

from __future__ import annotations

from pathlib import Path

import pytest

from mundap.errors import ConfigError
from mundap.recipe import kind_of, load


@pytest.mark.parametrize(("name", "kind"), [
    ("train.yaml", "train"), ("train_qwen3_lora.yaml", "train"), ("rag.yaml", "rag"), ("chat_base.yaml", "chat"),
    ("training.yaml", None), ("notes.yaml", None)])
def test_a_files_name_says_its_kind(name: str, kind: str | None) -> None:
    assert kind_of(Path(name)) == kind


def preset(project: Path, name: str, text: str) -> None:
    folder = project / "configs" / "presets"
    folder.mkdir(exist_ok=True)
    (folder / f"{name}.yaml").write_text(text, encoding="utf-8")


def test_order_is_recipe_then_preset_then_command_line(project: Path) -> None:
    preset(project, "one", "lora_rank: 4\nseed: 1\n")
    preset(project, "two", "seed: 2\nlearning_rate: 3e-4\nlora_target: null\n")
    recipe = load("configs/demo/train.yaml", presets=["one", "two"], overrides=["learning_rate=7e-5"])
    values = recipe.values
    assert (values["lora_rank"], values["seed"], values["learning_rate"]) == (4, 2, 7e-5)
    assert "lora_target" not in values
    assert recipe.where("seed") == "configs/presets/two.yaml:1"
    assert recipe.where("learning_rate") == "command line (learning_rate=7e-5)"


def test_defaults_come_from_the_schema(project: Path) -> None:
    path = project / "configs" / "rag.yaml"
    path.write_text("domain: x\nindex: {chunks: docs/x/chunks, path: indexes/x, collection: xyz}\n"
                    "prompt: {instruction: a.txt, decline_text: 없음}\ngeneration: {generator: local, chat: c.yaml}\n",
                    encoding="utf-8")
    values = load(path).values
    assert values["retrieval"] == {"top_k": 2, "candidates": 20, "fusion": "weighted", "dense_weight": 18, "filters": [],
                                   "expand_sections": False, "reranker": None}
    assert values["index"]["bm25"] == {"k1": 1.5, "b": 0.75}
    assert values["web"]["host"] == "127.0.0.1"


def test_no_default_is_added_to_an_upstream_recipe(project: Path) -> None:
    recipe = load("configs/demo/train.yaml")
    assert recipe.values == recipe.given


BROKEN = [
    ("train", "lora_rnak: 8\n", "configs/demo/train.yaml:{line}: lora_rnak: unknown key (value 8). Did you mean "
     "'lora_rank'? [MD010]"),
    ("train", "flash_attn: flash3\n", "configs/demo/train.yaml:{line}: flash_attn: \"flash3\" is not a choice. Did "
     "you mean 'fa3'? Choices: auto, disabled, sdpa, fa2, fa3. [MD012]"),
    ("train", "max_grad_norm: \"1.0\"\n", "configs/demo/train.yaml:{line}: max_grad_norm: \"1.0\" must be a number. "
     "Write the number without quotes. [MD011]"),
    ("train", "eval_strategy: no\n", "configs/demo/train.yaml:{line}: eval_strategy: false is not a choice. To YAML a "
     "bare no or off is false; for the word, quote it: \"no\". Choices: no, steps, epoch. [MD012]"),
    ("rag", "colour: red\n", "configs/demo/rag.yaml:{line}: colour: unknown key (value \"red\"). Choices: domain, "
     "title, index, retrieval, prompt, levels, synonyms, terms, generation, verification, web, serve. [MD010]"),
    ("export", "export_device: gpu\n", "configs/demo/export.yaml:{line}: export_device: \"gpu\" is not a choice. "
     "Did you mean 'cpu'? Choices: cpu, auto. [MD012]"),
]


@pytest.mark.parametrize(("kind", "line", "message"), BROKEN, ids=lambda value: str(value)[:20])
def test_broken_recipes_are_told_word_for_word(project: Path, kind: str, line: str, message: str) -> None:
    path = project / "configs" / "demo" / f"{kind}.yaml"
    before = "\n".join(row for row in path.read_text("utf-8").splitlines() if not row.startswith("export_device"))
    path.write_text(f"{before}\n{line}", encoding="utf-8")
    number = len(before.splitlines()) + 1
    with pytest.raises(ConfigError) as caught:
        load(path)
    assert str(caught.value) == (message.format(line=number)
                                 + f"\n  Then check again with: mundap check configs/demo/{kind}.yaml")


def test_all_mistakes_are_told_at_once_in_the_order_of_the_file(project: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        load("configs/demo/data.yaml",
             overrides=["chunks.max_tokens=1", "rows.topk=3", "domain=null", "split.by=town"])
    assert str(caught.value) == "\n".join((
        "command line (chunks.max_tokens=1): chunks.max_tokens: 1 must be at least 32. [MD014]",
        "command line (rows.topk=3): rows.topk: unknown key (value 3). Did you mean 'top_k'? [MD010]",
        "command line (domain=null): domain: this key is missing. Short name of the subject, in small letters, digits "
        "and underscores; folders are named after it. [MD013]",
        "command line (split.by=town): split.by: \"town\" is not a choice. Choices: company, document, stratified. [MD012]",
        "  Then check again with: mundap check configs/demo/data.yaml"))


def test_a_missing_recipe_names_the_nearest(project: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        load("configs/demo/trian.yaml")
    assert str(caught.value) == ("configs/demo/trian.yaml: there is no such recipe.\n"
                                 "  Did you mean configs/demo/train.yaml?")


def test_a_wrong_kind_is_told(project: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        load("configs/demo/rag.yaml", kind="train")
    assert str(caught.value) == ("configs/demo/rag.yaml: is a rag recipe; a train recipe is needed.\n"
                                 "  Give the train.yaml beside it.")


def test_a_missing_preset_lists_those_there_are(project: Path) -> None:
    preset(project, "quality", "seed: 1\n")
    with pytest.raises(ConfigError, match="Did you mean 'quality'"):
        load("configs/demo/train.yaml", presets=["qualty"])
