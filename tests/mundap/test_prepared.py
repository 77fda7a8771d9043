"""Prepared models: the folder a base without a chat template becomes, and the bases that are refused.

How a base comes from the hub is test_prepared_hub.py's business, that recipes train on prepared folders tests/recipes'.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from mundap import factory, prepared
from mundap.errors import ModelError, ResourceError
from mundap.prepared import special_tokens
from mundap.prepared.link import link
from mundap.prepared.special_tokens import SpecialTokens
from mundap.prompt import build_prompt, user_content
from mundap.starter.gguf_tokenizer import TEMPLATE_FILE
from tests.mundap.small_base import FAMILIES, LLAMA3, LLAMA32, SHARDS, edit, make_base, quiet, read


@pytest.fixture
def base(tmp_path: Path) -> Path:
    """Return the folder of a small Llama 3 base."""
    return make_base(tmp_path / "bases" / "Llama-3-Open-Ko-8B", LLAMA3)


@pytest.mark.parametrize(("name", "tokenizer", "bos", "eos", "pad"), FAMILIES, ids=[each[0] for each in FAMILIES])
def test_the_folder_writes_the_trained_prompt_and_pads_apart_from_eos(
        name: str, tokenizer: Callable[[Path], int], bos: str | None, eos: str, pad: str, tmp_path: Path) -> None:
    from transformers import AutoTokenizer

    made_from = make_base(tmp_path / name, tokenizer)
    folder = prepared.prepare(str(made_from), tmp_path / "home", say=quiet)
    assert folder == tmp_path / "home" / "models" / f"{name}-ko"
    assert (folder / "chat_template.jinja").read_bytes() == TEMPLATE_FILE.read_bytes()
    loaded = AutoTokenizer.from_pretrained(folder, local_files_only=True)
    assert (loaded.bos_token, loaded.eos_token, loaded.pad_token) == (bos, eos, pad)
    assert loaded.pad_token_id != loaded.eos_token_id and loaded.pad_token_id < read(folder / "config.json")["vocab_size"]
    asked = [{"role": "user", "content": user_content("답하라.", "### 입력\n[1] 표\n매출액: 3원\n\n질문: 얼마?")}]
    prompt = build_prompt("답하라.", "### 입력\n[1] 표\n매출액: 3원\n\n질문: 얼마?")
    assert loaded.apply_chat_template(asked, tokenize=False, add_generation_prompt=True) == (bos or "") + prompt
    with_system = [{"role": "system", "content": "너는 전문가다."}, *asked]
    assert loaded.apply_chat_template(with_system, tokenize=False) == (bos or "") + "너는 전문가다.\n" + prompt
    ids = loaded.apply_chat_template([*asked, {"role": "assistant", "content": "3원"}], return_dict=True)["input_ids"]
    assert ids[-1] == loaded.eos_token_id and ids.count(loaded.bos_token_id) == (1 if bos else 0)
    generation = read(folder / "generation_config.json")
    assert (generation["eos_token_id"], generation["pad_token_id"]) == (loaded.eos_token_id, loaded.pad_token_id)
    assert read(folder / "config.json")["pad_token_id"] == loaded.pad_token_id
    assert "chat_template" not in read(folder / "tokenizer_config.json")


@pytest.mark.parametrize(("name", "tokenizer"), [each[:2] for each in FAMILIES], ids=[each[0] for each in FAMILIES])
def test_the_tokenizer_reads_as_the_base_does_and_so_does_one_saved_from_it(
        name: str, tokenizer: Callable[[Path], int], tmp_path: Path) -> None:
    """An adapter and an export carry a tokenizer saved from this one; transformers 5.5 saves LlamaTokenizer amiss."""
    from transformers import AutoTokenizer

    made_from = make_base(tmp_path / name, tokenizer)
    folder = prepared.prepare(str(made_from), tmp_path / "home", say=quiet)
    base, ours = (AutoTokenizer.from_pretrained(each, local_files_only=True) for each in (made_from, folder))
    ours.save_pretrained(tmp_path / "saved")
    saved = AutoTokenizer.from_pretrained(tmp_path / "saved", local_files_only=True)
    for text in (f"{base.bos_token or ''}### 지시\n  두 칸\n\n### 출력\n", f"3원입니다. [1]{base.eos_token}", "꿹 abc", ""):
        for special in (False, True):
            expected = base.encode(text, add_special_tokens=special)
            assert ours.encode(text, add_special_tokens=special) == expected, text
            assert saved.encode(text, add_special_tokens=special) == expected, text


def test_weights_are_links_and_the_manifest_says_what_was_made_of_what(tmp_path: Path) -> None:
    base = make_base(tmp_path / "Open-Ko", LLAMA3, shards=True)
    said: list[str] = []
    folder = prepared.prepare(str(base), tmp_path / "home", say=said.append)
    for name in SHARDS:
        assert (folder / name).is_symlink() and (folder / name).samefile(base / name)
    assert (folder / "LICENSE").read_text("utf-8") == "terms" and not (folder / "LICENSE").is_symlink()
    manifest = read(folder / "mundap_manifest.json")
    assert manifest["prepared_from"] == {"model": str(base), "revision": None, "commit": ""}
    assert manifest["changed"]["tokenizer_config.json"] == (
        "pad_token <|reserved_special_token_0|>, tokenizer_class PreTrainedTokenizerFast")
    assert manifest["weights"] == list(SHARDS)
    assert len(manifest["files"]["tokenizer.json"]["sha256"]) == 64
    assert set(manifest["files"]) == {path.name for path in folder.iterdir()} - {"mundap_manifest.json"}
    (found,) = prepared.status(tmp_path / "home")
    assert (found.name, found.state, found.source) == ("Open-Ko-ko", "complete", str(base))
    assert said[0] == f"Open-Ko-ko: 0.0 MB of weights in 2 file(s), each a symbolic link, in {folder}"
    assert said[1] == ("  answers end with <|end_of_text|> (id 3001), padding is <|reserved_special_token_0|> "
                       "(id 3002, reserved and unused)")


def test_the_base_stays_as_it_was(base: Path, tmp_path: Path) -> None:
    before = {path.name: (path.read_bytes(), path.stat().st_mode) for path in base.iterdir()}
    prepared.prepare(str(base), tmp_path / "home", say=quiet)
    assert {path.name: (path.read_bytes(), path.stat().st_mode) for path in base.iterdir()} == before


def test_a_second_run_changes_nothing_and_force_makes_it_anew(base: Path, tmp_path: Path) -> None:
    folder = prepared.prepare(str(base), tmp_path / "home", say=quiet)
    inode, said = folder.stat().st_ino, []
    prepared.prepare(str(base), tmp_path / "home", say=said.append)
    assert said == [f"Llama-3-Open-Ko-8B-ko: ready in {folder}"] and folder.stat().st_ino == inode
    prepared.prepare(str(base), tmp_path / "home", force=True, say=quiet)
    assert folder.stat().st_ino != inode
    assert [path.name for path in folder.parent.iterdir()] == [folder.name]


def test_a_damaged_folder_is_told_and_made_again(base: Path, tmp_path: Path) -> None:
    folder = prepared.prepare(str(base), tmp_path / "home", say=quiet)
    edit(folder / "tokenizer_config.json", pad_token="<|end_of_text|>")
    (found,) = prepared.status(tmp_path / "home")
    assert found.state == "broken" and found.reason.startswith("tokenizer_config.json has")
    prepared.prepare(str(base), tmp_path / "home", say=quiet)
    assert read(folder / "tokenizer_config.json")["pad_token"] == "<|reserved_special_token_0|>"
    shutil.move(base / "model.safetensors", tmp_path / "elsewhere")
    assert prepared.status(tmp_path / "home")[0].reason == "model.safetensors is missing"
    with pytest.raises(ModelError) as caught:
        factory.require_models({"model_name_or_path": str(folder)}, tmp_path)
    assert str(caught.value) == ("model_name_or_path: home/models/Llama-3-Open-Ko-8B-ko: model.safetensors links to a file that is "
                                 "gone.\n  Make it anew with: mundap models --prepare beomi/Llama-3-Open-Ko-8B")


def test_a_recipe_whose_base_is_not_prepared_yet_is_told_how(tmp_path: Path) -> None:
    with pytest.raises(ModelError) as caught:
        factory.require_models({"model_name_or_path": str(tmp_path / "home" / "models" / "Llama-3.2-1B-ko")}, tmp_path)
    assert str(caught.value) == ("model_name_or_path: there is no home/models/Llama-3.2-1B-ko.\n"
                                 "  Make it with: mundap models --prepare meta-llama/Llama-3.2-1B")
    with pytest.raises(ModelError, match="Unpack the starter models with: mundap models"):
        factory.require_models({"model_name_or_path": str(tmp_path / "home" / "models" / "gemma-3-270m-ko")}, tmp_path)


def test_a_stopped_run_leaves_nothing(base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stopped(source: Path, target: Path) -> str:
        raise KeyboardInterrupt

    monkeypatch.setattr("mundap.prepared.build.link", stopped)
    with pytest.raises(KeyboardInterrupt):
        prepared.prepare(str(base), tmp_path / "home", say=quiet)
    assert list((tmp_path / "home" / "models").iterdir()) == [] and prepared.status(tmp_path / "home") == []


def test_another_model_of_the_same_name_is_not_replaced_unasked(base: Path, tmp_path: Path) -> None:
    folder = prepared.prepare(str(base), tmp_path / "home", say=quiet)
    other = make_base(tmp_path / "others" / base.name, LLAMA32)
    with pytest.raises(ModelError) as caught:
        prepared.prepare(str(other), tmp_path / "home", say=quiet)
    assert str(caught.value) == (f"{folder}: holds {base}, not what was asked for.\n  Add --force to make it anew; "
                                 "adapters trained on the older one stay\n  tied to it.")
    prepared.prepare(str(other), tmp_path / "home", force=True, say=quiet)
    assert prepared.status(tmp_path / "home")[0].source == str(other)


def test_folders_of_others_are_left_alone(base: Path, tmp_path: Path) -> None:
    mine = tmp_path / "home" / "models" / "Llama-3-Open-Ko-8B-ko"
    mine.mkdir(parents=True)
    with pytest.raises(ModelError, match="is in the way and was not made by --prepare"):
        prepared.prepare(str(base), tmp_path / "home", force=True, say=quiet)
    with pytest.raises(ModelError, match="gemma-3-270m-ko is the folder of a starter model"):
        prepared.prepare("google/gemma-3-270m", tmp_path / "home", say=quiet)
    mine.rmdir()
    folder = prepared.prepare(str(base), tmp_path / "home", say=quiet)
    with pytest.raises(ModelError, match="is prepared already"):
        prepared.prepare(str(folder), tmp_path / "home", say=quiet)


def test_its_own_template_and_marks_elsewhere_are_taken_care_of(tmp_path: Path) -> None:
    base = make_base(tmp_path / "base", partial(LLAMA3, chat_template="{{ 'own' }}"))
    for key in ("bos_token", "eos_token"):                     # named in special_tokens_map.json only, as objects
        edit(base / "tokenizer_config.json", **{key: None})
    edit(base / "generation_config.json", eos_token_id=[3001, 3009], temperature=0.6, do_sample=True)
    said: list[str] = []
    folder = prepared.prepare(str(base), tmp_path / "home", say=said.append)
    config = read(folder / "tokenizer_config.json")
    assert (config["bos_token"], config["eos_token"]) == ("<|begin_of_text|>", "<|end_of_text|>")
    assert "  its own chat template is left aside: a model tuned to follow it is better used as it is" in said
    generation = read(folder / "generation_config.json")
    assert generation == {"eos_token_id": [3001, 3009], "temperature": 0.6, "do_sample": True, "pad_token_id": 3002,
                          "bos_token_id": 3000}


def test_a_model_for_pictures_too_keeps_its_text_model_one_level_down(base: Path, tmp_path: Path) -> None:
    rows = read(base / "config.json")["vocab_size"]
    edit(base / "config.json", architectures=["Gemma3ForConditionalGeneration"], vocab_size=None,
         text_config={"vocab_size": rows})
    folder = prepared.prepare(str(base), tmp_path / "home", say=quiet)
    config = read(folder / "config.json")
    assert config["pad_token_id"] == config["text_config"]["pad_token_id"] == 3002


def _no_weights(base: Path) -> None:
    (base / "model.safetensors").rename(base / "pytorch_model.bin")


def _cut_weights(base: Path) -> None:
    content = (base / "model.safetensors").read_bytes()
    (base / "model.safetensors").write_bytes(content[:-100])


def _git_pointer(base: Path) -> None:
    (base / "model.safetensors").write_text("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 16384\n")


def _evil_index(base: Path) -> None:
    edit(base / "model.safetensors.index.json", weight_map={"layer.0": "../../secret.safetensors"})


def _half_a_json(base: Path) -> None:
    (base / "tokenizer.json").write_text('{"model": ', encoding="utf-8")


REFUSED: list[tuple[str, Callable[[Path], object], str]] = [
    ("own code", lambda base: edit(base / "config.json", auto_map={"AutoModelForCausalLM": "modeling_x.X"}),
     'needs Python code of its own (auto_map in config.json: {"AutoModelForCausalLM": "modeling_x.X"}), and mundap runs no '
     "code that comes with a model."),
    ("own tokenizer code", lambda base: edit(base / "tokenizer_config.json", auto_map={"AutoTokenizer": ["x.X", None]}),
     'needs Python code of its own (auto_map in tokenizer_config.json: {"AutoTokenizer": ["x.X", null]}), and mundap runs no '
     "code that comes with a model."),
    ("no config", lambda base: (base / "config.json").unlink(), "has no config.json, so it is no model folder."),
    ("encoder", lambda base: edit(base / "config.json", architectures=["BertModel"]),
     "is no model that writes text (BertModel)."),
    ("pickled", _no_weights, "has no model.safetensors: its weights are pickled, which can hide code."),
    ("cut", _cut_weights, "model.safetensors has 16,364 bytes, its header says 16,464."),
    ("git pointer", _git_pointer, "model.safetensors is no safetensors file (JSONDecodeError)."),
    ("index", _evil_index, "its model.safetensors.index.json names files outside the folder or of another kind."),
    ("half a file", _half_a_json, "tokenizer.json cannot be read (Expecting value: line 1 column 11 (char 10))."),
    ("no tokenizer.json", lambda base: (base / "tokenizer.json").unlink(), "has no tokenizer.json."),
    ("no EOS", lambda base: (edit(base / "tokenizer_config.json", eos_token=None),
                             (base / "special_tokens_map.json").unlink()),
     "its tokenizer names no EOS token, so no answer could be taught to end."),
    ("EOS it lacks", lambda base: edit(base / "tokenizer_config.json", eos_token="<end>"),
     "its tokenizer names an EOS token <end> it lacks, so no answer could be taught to end."),
]


@pytest.mark.parametrize(("spoil", "what"), [each[1:] for each in REFUSED], ids=[each[0] for each in REFUSED])
def test_a_base_that_does_not_suit_is_refused(spoil: Callable[[Path], object], what: str, base: Path, tmp_path: Path
                                              ) -> None:
    spoil(base)
    with pytest.raises(ModelError) as caught:
        prepared.prepare(str(base), tmp_path / "home", say=quiet)
    assert caught.value.what == what and caught.value.where == str(base) and caught.value.fix
    assert not (tmp_path / "home" / "models" / "Llama-3-Open-Ko-8B-ko").exists()


def test_a_tokenizer_that_writes_its_eos_in_pieces_is_refused(base: Path, tmp_path: Path) -> None:
    edit(base / "tokenizer_config.json", split_special_tokens=True)
    with pytest.raises(ModelError) as caught:
        prepared.prepare(str(base), tmp_path / "home", say=quiet)
    assert caught.value.what.startswith("its tokenizer does not do what training relies on: EOS written as text becomes the "
                                        "token ")


def tokens(**changes: Any) -> SpecialTokens:
    """Return the special tokens of a small vocabulary."""
    ids = {"가": 0, "<s>": 1, "</s>": 2, "<unk>": 3, "<unused1>": 4, "<unused0>": 5, "<pad>": 99}
    values: dict[str, Any] = {"bos": "<s>", "eos": "</s>", "pad": None, "unk": "<unk>", "ids": ids,
                              "special": frozenset({"<unused0>", "<unused1>"}), "byte_fallback": True}
    return SpecialTokens(**(values | changes))


@pytest.mark.parametrize(("changes", "used", "token", "reason"), [
    ({"pad": "가"}, (), "가", "its own"),
    ({"pad": "</s>"}, (), "<unused0>", "reserved and unused"),               # its own is EOS
    ({"pad": "<pad>"}, (), "<unused0>", "reserved and unused"),              # beyond the embedding's rows
    ({"pad": "<none>"}, (), "<unused0>", "reserved and unused"),
    ({}, (5,), "<unused1>", "reserved and unused"),                          # generation ends with the other one
    ({"ids": {"<s>": 1, "</s>": 2, "[PAD]": 6}}, (), "[PAD]", "meant for padding"),
    ({"special": frozenset()}, (), "<unk>", "never written, bytes stand in for it"),
])
def test_the_pad_token_is_one_that_nobody_uses(changes: dict[str, Any], used: tuple[int, ...], token: str, reason: str
                                               ) -> None:
    pad = special_tokens.choose_pad(tokens(**changes), rows=50, used=frozenset(used), name="x")
    assert (pad.token, pad.reason) == (token, reason)


@pytest.mark.parametrize("changes", [{"byte_fallback": False}, {"unk": None}, {"unk": "</s>"}])
def test_without_a_token_to_spare_it_says_what_is_missing(changes: dict[str, Any]) -> None:
    with pytest.raises(ModelError) as caught:
        special_tokens.choose_pad(tokens(special=frozenset(), **changes), rows=50, used=frozenset(), name="org/model")
    assert str(caught.value).startswith(
        "org/model: has no token to spare for padding: none meant for it, none reserved, and EOS (</s>) must not be it.\n"
        '  Name one in a local copy ("pad_token" in tokenizer_config.json')


def test_a_link_falls_back_to_a_hard_link_and_then_to_a_copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "weights").write_bytes(b"x" * 1000)

    def refused(*_: object) -> None:
        raise OSError(1, "not permitted")

    monkeypatch.setattr(os, "symlink", refused)
    assert link(tmp_path / "weights", tmp_path / "hard") == "hard link"
    assert (tmp_path / "hard").stat().st_ino == (tmp_path / "weights").stat().st_ino
    monkeypatch.setattr(os, "link", refused)
    assert link(tmp_path / "weights", tmp_path / "copy") == "copy"
    assert (tmp_path / "copy").read_bytes() == (tmp_path / "weights").read_bytes()
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage._replace(free=10))
    with pytest.raises(ResourceError, match="not enough disk space"):
        link(tmp_path / "weights", tmp_path / "none")


PARSE = """
import json, sys
from transformers import AutoTokenizer
from llamafactory.data.template import get_template_and_fix_tokenizer
from llamafactory.hparams import DataArguments
found = []
for folder in sys.argv[1:]:
    tokenizer = AutoTokenizer.from_pretrained(folder)
    template = get_template_and_fix_tokenizer(tokenizer, DataArguments(template=None))
    messages = [dict(role="user", content="답하라.\\n### 입력\\n질문: 얼마?"), dict(role="assistant", content="3원")]
    prompt, answer = template.encode_oneturn(tokenizer, messages)
    found.append(dict(prompt=prompt, answer=answer, eos=tokenizer.eos_token_id, pad=tokenizer.pad_token_id))
print("FOUND" + json.dumps(found))
"""


@pytest.mark.slow
def test_llamafactory_reads_the_template_and_teaches_eos_last(tmp_path: Path) -> None:
    from transformers import AutoTokenizer

    folders = [prepared.prepare(str(make_base(tmp_path / name, tokenizer)), tmp_path / "home", say=quiet)
               for name, tokenizer, *_ in FAMILIES]
    done = subprocess.run([sys.executable, "-c", PARSE, *map(str, folders)], capture_output=True, text=True, timeout=110,
                          check=False)
    assert done.returncode == 0, done.stderr
    for folder, found in zip(folders, json.loads(done.stdout.split("FOUND")[1]), strict=True):
        tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
        sent = (tokenizer.bos_token or "") + build_prompt("답하라.", "### 입력\n질문: 얼마?")
        assert found["prompt"] == tokenizer.encode(sent, add_special_tokens=False), folder.name
        assert found["answer"][-1] == found["eos"] == tokenizer.eos_token_id
        assert found["pad"] == tokenizer.pad_token_id != found["eos"]
        assert tokenizer.decode(found["answer"][:-1]) == "3원"
