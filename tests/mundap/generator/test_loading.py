"""Loading a model folder, in this process: what is refused, how adapters and precisions are chosen."""

from __future__ import annotations

import shutil
import threading
from pathlib import Path

import pytest

from mundap.errors import ModelError
from mundap.generator import Decoding, Generation, Request
from mundap.generator.engine import Engine
from mundap.generator.loading import load_engine

pytestmark = pytest.mark.slow    # each test starts processes of its own, or loads a model


@pytest.fixture
def copy(tiny_model: Path, tmp_path: Path) -> Path:
    """Return a copy of the tiny model that a test may break."""
    return Path(shutil.copytree(tiny_model, tmp_path / "copy"))


@pytest.fixture
def adapter(tiny_model: Path, tmp_path: Path) -> Path:
    """Return a LoRA adapter that changes what the tiny model says."""
    from peft import LoraConfig, get_peft_model

    model = load(tiny_model).model
    adapted = get_peft_model(model, LoraConfig(r=2, target_modules=["q_proj", "down_proj"], init_lora_weights=False))
    folder = tmp_path / "adapter"
    adapted.save_pretrained(folder)
    return folder


def load(model: Path, *adapters: Path, dtype: str = "auto") -> Engine:
    """Return an engine on one thread."""
    return load_engine(model, adapters, dtype, threads=1, batch_size=2)


def answer(engine: Engine, *contents: str, max_new_tokens: int = 16) -> list[str]:
    """Return the greedy answers."""
    decoding = Decoding(max_new_tokens=max_new_tokens)
    prompts = [engine.encode(Request(content=content), decoding) for content in contents]
    done: dict[int, Generation] = {}
    engine.generate(prompts, decoding, done.__setitem__, cancelled=threading.Event(), on_beat=lambda: None)
    return [done[at].text for at in range(len(contents))]


def test_a_broken_model_is_a_model_error(copy: Path) -> None:
    (copy / "model.safetensors").write_bytes(b"broken")
    with pytest.raises(ModelError, match="the model cannot be loaded"):
        load(copy)


def test_a_broken_tokenizer_is_a_model_error(copy: Path) -> None:
    (copy / "tokenizer.json").write_text("{")
    with pytest.raises(ModelError, match="the tokenizer cannot be read"):
        load(copy)


def test_a_model_without_a_chat_template_is_refused_with_a_fix(copy: Path) -> None:
    (copy / "chat_template.jinja").unlink()
    with pytest.raises(ModelError) as raised:
        load(copy)
    assert "no chat template" in str(raised.value)
    assert "mundap models --prepare ID" in str(raised.value)


def test_the_prompt_is_the_chat_template_with_one_bos(tiny_model: Path) -> None:
    engine = load(tiny_model)
    ids = engine.encode(Request(content="답", system="하라"), Decoding())
    assert engine.tokenizer.decode(ids) == "<bos>하라\n### 지시\n답\n### 출력\n"


def test_an_adapter_is_merged_and_lends_its_chat_template(copy: Path, adapter: Path) -> None:
    plain = answer(load(copy), "질문")
    (copy / "chat_template.jinja").rename(adapter / "chat_template.jinja")
    engine = load(copy, adapter)
    assert type(engine.model).__name__ == "Gemma3ForCausalLM"
    assert answer(engine, "질문") != plain


def test_an_adapter_of_another_model_is_a_model_error(tiny_model: Path, adapter: Path) -> None:
    file = adapter / "adapter_config.json"
    file.write_text(file.read_text().replace('"q_proj"', '"nothing"').replace('"down_proj"', '"nowhere"'))
    with pytest.raises(ModelError, match="the adapter does not fit the model 'tiny'"):
        load(tiny_model, adapter)


def test_precision_on_a_cpu(tiny_model: Path) -> None:
    import torch  # here, since collecting the tests need not wait for it

    if torch.cuda.is_available():
        pytest.skip("this machine has a GPU")
    assert load(tiny_model).model.dtype == torch.float32
    assert load(tiny_model, dtype="bfloat16").model.dtype == torch.bfloat16


def test_a_batch_that_does_not_fit_in_memory_is_halved(tiny_model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = load(tiny_model)
    engine.batch_size = 4
    whole = answer(engine, "가", "나다", "라마바", "사")
    real, sizes = engine.model.generate, []

    def scarce(**arguments: object) -> object:
        size = len(arguments["input_ids"])  # type: ignore[arg-type]
        sizes.append(size)
        if size > 1:
            raise RuntimeError("[enforce fail at alloc_cpu.cpp:117] DefaultCPUAllocator: can't allocate memory")
        return real(**arguments)

    monkeypatch.setattr(engine.model, "generate", scarce)
    assert answer(engine, "가", "나다", "라마바", "사") == whole
    assert sizes == [4, 2, 1, 1, 1, 1]


def test_a_cancelled_batch_answers_nothing_more(tiny_model: Path) -> None:
    engine, cancelled, done = load(tiny_model), threading.Event(), []
    cancelled.set()
    engine.generate([[2, 5], [2, 6]], Decoding(), lambda at, each: done.append((at, each.finish_reason)),
                    cancelled=cancelled, on_beat=lambda: None)
    assert done == [(0, "cancelled"), (1, "cancelled")]
