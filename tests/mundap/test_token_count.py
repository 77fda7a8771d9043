from __future__ import annotations

from pathlib import Path

import pytest

from mundap.errors import ModelError
from mundap.token_count import token_counter


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
