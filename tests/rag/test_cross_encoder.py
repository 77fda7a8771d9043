"""A cross-encoder over hits, with a real (tiny, random) model in a folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from mundap.errors import ModelError
from rag.search.cross_encoder import CrossEncoder
from rag.search.hit import Hit
from tests.rag.small_index import reports


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a BERT of one layer that scores a pair of texts; its tokens are the letters of the reports."""
    import torch
    from tokenizers import Regex, Tokenizer, models, pre_tokenizers, processors
    from transformers import BertConfig, BertForSequenceClassification, PreTrainedTokenizerFast

    path = tmp_path_factory.mktemp("cross-encoder")
    letters = sorted({letter for chunk in reports() for letter in chunk.text if letter.strip()})
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", *letters]
    tokenizer = Tokenizer(models.WordLevel({word: at for at, word in enumerate(words)}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex("."), "isolated")
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=[("[CLS]", 2), ("[SEP]", 3)])
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, pad_token="[PAD]", unk_token="[UNK]", cls_token="[CLS]",
                            sep_token="[SEP]", model_max_length=64).save_pretrained(path)
    torch.manual_seed(0)
    BertForSequenceClassification(BertConfig(
        vocab_size=len(words), hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16, num_labels=1,
        initializer_range=1.0,   # scores far apart: padding moves their last digits
    )).save_pretrained(path)
    return path


@pytest.mark.slow
def test_hits_are_put_in_the_order_of_the_models_scores(folder: Path) -> None:
    from sentence_transformers import CrossEncoder as Model

    found = [Hit(chunk=one, score=0.0, rank=rank, retriever="dense") for rank, one in enumerate(reports(), 1)]
    reranked = CrossEncoder(folder).rerank("가온누리전자 매출액", found)
    scores = Model(str(folder)).predict([("가온누리전자 매출액", f"{hit.chunk.breadcrumbs}\n{hit.chunk.text}") for hit in found])
    expected = sorted(zip(scores.tolist(), [hit.chunk.chunk_id for hit in found], strict=True), reverse=True)
    assert [hit.chunk.chunk_id for hit in reranked] == [name for _, name in expected]
    assert [hit.rank for hit in reranked] == [1, 2, 3, 4, 5]
    assert [hit.score for hit in reranked] == pytest.approx([score for score, _ in expected], abs=1e-3)
    assert CrossEncoder(folder).rerank("가온", []) == []


@pytest.mark.slow
def test_a_broken_model_folder_is_told(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}", encoding="utf-8")
    found = [Hit(chunk=reports()[0], score=0.0, rank=1, retriever="dense")]
    with pytest.raises(ModelError, match="cannot be loaded"):
        CrossEncoder(tmp_path).rerank("가온", found)
