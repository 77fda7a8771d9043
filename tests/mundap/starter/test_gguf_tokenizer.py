"""The tokenizer rebuilt from a vocabulary, and what trimming keeps; on a toy vocabulary."""

from __future__ import annotations

import json

import pytest

from mundap.starter import gguf_tokenizer, trim, vocabulary
from mundap.starter.vocabulary import Kind, Vocabulary


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
