from __future__ import annotations

from pathlib import Path

import pytest

from mundap.errors import ConfigError
from mundap.synonyms import load_synonyms


def test_a_synonym_file_is_checked(tmp_path: Path) -> None:
    assert load_synonyms(None, tmp_path) == {}
    (tmp_path / "bad.yaml").write_text("매출액: 매출\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"^bad\.yaml: every entry must be `term: \[name, name\]`\."):
        load_synonyms("bad.yaml", tmp_path)
    with pytest.raises(ConfigError, match=r"^none\.yaml: there is no such file\."):
        load_synonyms("none.yaml", tmp_path)


def test_terms_come_with_their_other_names(tmp_path: Path) -> None:
    (tmp_path / "good.yaml").write_text("매출액: [매출, 영업수익]\n", encoding="utf-8")
    assert load_synonyms(str(tmp_path / "good.yaml"), tmp_path) == {"매출액": ["매출", "영업수익"]}
