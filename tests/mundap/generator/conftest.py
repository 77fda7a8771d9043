"""A tiny random Gemma 3 text model with a small byte-fallback tokenizer, and one worker over it for all the tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mundap.generator import Generator, open_generator
from mundap.generator.decoding import Decoding

TEMPLATE = """{{- bos_token -}}
{%- for message in messages -%}
{%- if message['role'] == 'user' -%}{{- '### 지시\n' + message['content'] + '\n### 출력\n' -}}
{%- else -%}{{- message['content'] + '\n' -}}{%- endif -%}
{%- endfor -%}"""
SECRET = "hunter2"
LETTERS = "▁\n#.,:?!0123456789abcdefghijklmnopqrstuvwxyz" \
          "가나다라마바사아자차카타파하는은이가을를의에서도로입출력지시질문답매액원"


def make_tokenizer() -> Any:
    """Return a tokenizer of single characters that falls back to bytes, as Gemma's does."""
    from tokenizers import Tokenizer, decoders, models, normalizers
    from transformers import PreTrainedTokenizerFast

    pieces = ["<pad>", "<eos>", "<bos>", "<unk>", *(f"<0x{byte:02X}>" for byte in range(256)),
              *dict.fromkeys(LETTERS)]
    tokenizer = Tokenizer(models.BPE({piece: number for number, piece in enumerate(pieces)}, [], byte_fallback=True,
                                     unk_token="<unk>"))
    tokenizer.normalizer = normalizers.Replace(" ", "▁")
    tokenizer.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()])
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, bos_token="<bos>", eos_token="<eos>",
                                   pad_token="<pad>", unk_token="<unk>", chat_template=TEMPLATE)


def make_model(folder: Path, *, context: int = 4096) -> Path:
    """Write the tiny model into folder; return it."""
    import torch
    from safetensors.torch import save_file
    from transformers import Gemma3ForCausalLM, Gemma3TextConfig

    tokenizer = make_tokenizer()
    config = Gemma3TextConfig(
        vocab_size=len(tokenizer), hidden_size=32, intermediate_size=64, num_hidden_layers=2, num_attention_heads=2,
        num_key_value_heads=1, head_dim=16, max_position_embeddings=context, sliding_window=64,
        layer_types=["sliding_attention", "full_attention"], initializer_range=0.4,
        tie_word_embeddings=False,  # tied and random, it says its last token for ever
        architectures=["Gemma3ForCausalLM"], bos_token_id=2, eos_token_id=1, pad_token_id=0)
    torch.manual_seed(7)
    folder.mkdir(parents=True, exist_ok=True)
    # save_pretrained would import deepspeed, which takes longer than everything else here.
    save_file(Gemma3ForCausalLM(config).state_dict(), folder / "model.safetensors", metadata={"format": "pt"})
    config.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def tokenizer() -> Any:
    """Return the tiny model's tokenizer."""
    return make_tokenizer()


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of the tiny model."""
    return make_model(tmp_path_factory.mktemp("models") / "tiny")


@pytest.fixture(scope="session")
def generator(tiny_model: Path) -> Iterator[Generator]:
    """Return a local generator over the tiny model; a test that kills its worker leaves a working generator."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MY_SECRET", SECRET)
        patch.setenv("OPENAI_API_KEY", SECRET)
        opened = open_generator({"generator": "local", "chat": {"model_name_or_path": str(tiny_model)}, "threads": 1},
                            tiny_model)
        opened.start()
    yield opened
    opened.close()


@pytest.fixture
def short() -> Decoding:
    """Return a greedy decoding of a few tokens."""
    return Decoding(max_new_tokens=24)


@pytest.fixture
def endless() -> Decoding:
    """Return a decoding that takes the tiny model many seconds."""
    return Decoding(max_new_tokens=3500)
