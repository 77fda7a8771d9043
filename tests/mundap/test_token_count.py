from __future__ import annotations

import os
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mundap.errors import ModelError
from mundap.token_count import WordCount, token_counter

E5 = Path(__file__).resolve().parents[2] / "models/multilingual-e5-small"


def write_tokenizer(folder: Path) -> Path:
    from tokenizers import Tokenizer
    from tokenizers.models import WordLevel
    from tokenizers.pre_tokenizers import WhitespaceSplit
    from tokenizers.processors import TemplateProcessing

    tokenizer = Tokenizer(WordLevel({"[UNK]": 0, "<s>": 1}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = WhitespaceSplit()
    tokenizer.post_processor = TemplateProcessing(single="<s> $A", special_tokens=[("<s>", 1)])
    tokenizer.enable_truncation(8)
    folder.mkdir()
    tokenizer.save(str(folder / "tokenizer.json"))
    return folder


def test_counts_include_specials_and_are_not_cut_by_the_tokenizers_own_limit(tmp_path: Path) -> None:
    count = token_counter(write_tokenizer(tmp_path / "model"))
    assert count("가 나 다") == 4
    assert count("가 " * 5000) == 5001
    assert count("") == 1


def test_a_tokenizer_json_may_be_named_itself(tmp_path: Path) -> None:
    assert token_counter(write_tokenizer(tmp_path / "model") / "tokenizer.json")("가 나") == 3


def test_a_missing_or_broken_file_says_how_to_get_one(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="(?s)no tokenizer.json here.*mundap models"):
        token_counter(tmp_path / "nothing")
    (tmp_path / "tokenizer.json").write_text("{}", encoding="utf-8")
    with pytest.raises(ModelError, match="cannot be read"):
        token_counter(tmp_path)


def write_unigram(folder: Path, *, pre_tokenizer: object = None) -> Path:
    """Write a small tokenizer of e5's shape: the same normalisers, cut at blanks, then Metaspace, Unigram."""
    from tokenizers import Regex, Tokenizer, normalizers
    from tokenizers.models import Unigram
    from tokenizers.pre_tokenizers import Metaspace, Sequence, WhitespaceSplit
    from tokenizers.processors import TemplateProcessing

    pieces = ["<s>", "</s>", "<unk>", "▁", "▁매출", "액", "▁1,", "00", "0", "1", "2", ",", ".", "▁당사", "는", "다.", "니다", "습",
              "A", "B", "AB", "▁A", "주", "㈜", "1)"]
    tokenizer = Tokenizer(Unigram([(piece, -float(at)) for at, piece in enumerate(pieces)], unk_id=2))
    tokenizer.add_special_tokens(["<s>", "</s>", "<unk>"])
    tokenizer.normalizer = normalizers.Sequence([
        normalizers.Replace(Regex("[\x01\x0b\x1c\x7f]"), ""), normalizers.Replace(Regex("[\t\n\r\u200b\ufeff▁]"), " "),
        normalizers.NFKC(), normalizers.Replace(Regex(" {2,}"), " ")])
    tokenizer.pre_tokenizer = pre_tokenizer or Sequence([WhitespaceSplit(), Metaspace(prepend_scheme="always")])
    tokenizer.post_processor = TemplateProcessing(single="<s> $A </s>", special_tokens=[("<s>", 0), ("</s>", 1)])
    folder.mkdir()
    tokenizer.save(str(folder / "tokenizer.json"))
    return folder


ODD = st.lists(st.sampled_from([
    *"가나다매출액는당사습니.,012AB㈜①１ｆ´¨\u0301ᄀ\u1161\u11a8", *" \n\t\u3000\xa0\u200b\ufeff\x0b\x0c\x1c\x85\u2028▁",
    "<s>", "</s>", " 매출액 ", " 1,200 "]), max_size=30).map("".join)


@pytest.fixture(scope="module")
def unigram(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_unigram(tmp_path_factory.mktemp("tokenizer") / "model")


@settings(max_examples=1500, deadline=None)
@given(text=ODD)
def test_the_count_by_words_is_the_tokenizers_own(unigram: Path, text: str) -> None:
    count = token_counter(unigram)
    assert isinstance(count, WordCount)
    assert count(text) == whole(unigram)(text)


@settings(max_examples=800, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.one_of(ODD, st.text(max_size=40)))
@pytest.mark.real_home
def test_the_count_by_words_is_e5s_own(text: str) -> None:
    if not E5.is_dir():
        pytest.skip("models/multilingual-e5-small is not unpacked: mundap models")
    assert isinstance(token_counter(E5), WordCount)
    assert token_counter(E5)(text) == whole(E5)(text)


@pytest.mark.skipif("MUNDAP_SAMPLES" not in os.environ, reason="MUNDAP_SAMPLES names no folder of real filings")
@pytest.mark.real_home
def test_the_lines_of_real_filings_are_counted_exactly() -> None:
    if not E5.is_dir():
        pytest.skip("models/multilingual-e5-small is not unpacked: mundap models")
    folder = Path(os.environ["MUNDAP_SAMPLES"]) / "dart/xml_cp949"
    lines = [line for file in sorted(folder.glob("*.xhml"))[:6]
             for line in file.read_bytes().decode("cp949", errors="replace").splitlines()]
    assert len(lines) > 3000
    count, own = token_counter(E5), whole(E5)
    assert [line for line in lines if count(line) != own(line)] == []


@pytest.mark.parametrize("pre_tokenizer", ["Metaspace", "ByteLevel", "Punctuation"])
def test_a_tokenizer_that_may_look_over_a_blank_encodes_every_text_whole(tmp_path: Path, pre_tokenizer: str) -> None:
    from tokenizers import pre_tokenizers

    model = write_unigram(tmp_path / "model", pre_tokenizer=getattr(pre_tokenizers, pre_tokenizer)())
    count = token_counter(model)
    assert not isinstance(count, WordCount)
    assert count("매출액 1,200 당사는") == whole(model)("매출액 1,200 당사는")


def test_a_normaliser_that_takes_blanks_away_is_not_trusted(tmp_path: Path) -> None:
    from tokenizers import Tokenizer, normalizers

    model = write_unigram(tmp_path / "model")
    tokenizer = Tokenizer.from_file(str(model / "tokenizer.json"))
    tokenizer.normalizer = normalizers.Replace(" ", "")
    tokenizer.save(str(model / "tokenizer.json"))
    assert not isinstance(token_counter(model), WordCount)


@lru_cache
def whole(model: Path) -> Callable[[str], int]:
    """Return a function that encodes the whole text, the plain way."""
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(model / "tokenizer.json"))
    tokenizer.no_truncation()
    return lambda text: len(tokenizer.encode(text).ids)
